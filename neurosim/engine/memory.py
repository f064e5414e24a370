"""What compiled kernels need beyond numba: arrays at addresses, numbers in table cells, calls through addresses, BLAS.

A program is a table of 64-bit cells; a kernel is called as `kernel(row, context)` with pointers to its row and to the
context (step, rows, part, parts). Cells hold addresses, byte strides, counts, or the bits of a float64.
"""

from __future__ import annotations

from llvmlite import ir
from numba import carray, njit, types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.extending import intrinsic, register_model

SIGNATURE = types.void(types.CPointer(types.int64), types.CPointer(types.int64))
ENDLESS = 1 << 40


@intrinsic
def _pointer32(typing, address):
    def generate(context, builder, signature, arguments):
        return builder.inttoptr(arguments[0], ir.FloatType().as_pointer())

    return types.CPointer(types.float32)(types.int64), generate


@intrinsic
def _pointer64(typing, address):
    def generate(context, builder, signature, arguments):
        return builder.inttoptr(arguments[0], ir.DoubleType().as_pointer())

    return types.CPointer(types.float64)(types.int64), generate


@njit(inline="always")
def floats32(address):
    """The float32 numbers that begin at an address."""
    return carray(_pointer32(address), ENDLESS)


@njit(inline="always")
def floats64(address):
    """The float64 numbers that begin at an address."""
    return carray(_pointer64(address), ENDLESS)


@intrinsic
def _pointer_to_integers(typing, address):
    def generate(context, builder, signature, arguments):
        return builder.inttoptr(arguments[0], ir.IntType(32).as_pointer())

    return types.CPointer(types.int32)(types.int64), generate


@njit(inline="always")
def integers(address):
    """The 32-bit integers that begin at an address."""
    return carray(_pointer_to_integers(address), ENDLESS)


@intrinsic
def number(typing, cell):
    """The float64 whose bits a cell holds."""

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.int64), generate


@intrinsic
def call(typing, address, table, row, context):
    """Call the kernel at an address with its row of the table and the context."""

    def generate(target, builder, signature, arguments):
        cells = ir.IntType(64).as_pointer()
        kernel = builder.inttoptr(arguments[0], ir.FunctionType(ir.VoidType(), [cells, cells]).as_pointer())
        rows = cgutils.create_struct_proxy(signature.args[1])(target, builder, value=arguments[1])
        width = builder.extract_value(rows.shape, 1)
        state = cgutils.create_struct_proxy(signature.args[3])(target, builder, value=arguments[3])
        builder.call(kernel, [builder.gep(rows.data, [builder.mul(arguments[2], width)]), state.data])
        return target.get_dummy_value()

    return types.void(types.int64, table, types.intp, context), generate


def _gemm(real):
    """BLAS gemm through its address, in column-major terms; scalars are passed by reference from the stack."""

    @intrinsic
    def gemm(typing, address, flip_a, flip_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc):
        def generate(context, builder, signature, arguments):
            byte, integer, pointer = ir.IntType(8), ir.IntType(32), ir.IntType(8).as_pointer()
            floating = ir.FloatType() if real == types.float32 else ir.DoubleType()

            def reference(value):
                slot = cgutils.alloca_once(builder, value.type)
                builder.store(value, slot)
                return builder.bitcast(slot, pointer)

            def flag(value):
                return reference(builder.select(builder.icmp_signed("!=", value, value.type(0)), byte(84), byte(78)))

            def count(value):
                return reference(builder.trunc(value, integer))

            target, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc = arguments
            kind = ir.FunctionType(ir.VoidType(), [pointer] * 13)
            passed = [
                flag(ta),
                flag(tb),
                count(m),
                count(n),
                count(k),
                reference(alpha),
                builder.inttoptr(a, pointer),
                count(lda),
                builder.inttoptr(b, pointer),
                count(ldb),
                reference(beta),
                builder.inttoptr(c, pointer),
                count(ldc),
            ]
            assert passed[5].type == pointer and floating is not None
            builder.call(builder.inttoptr(target, kind.as_pointer()), passed)
            return context.get_dummy_value()

        whole = types.int64
        return types.void(
            whole, whole, whole, whole, whole, whole, real, whole, whole, whole, whole, real, whole, whole
        ), generate

    return gemm


gemm32 = _gemm(types.float32)
gemm64 = _gemm(types.float64)


def _atomic(typing_rule, build):
    @intrinsic
    def operation(typing, array, index):
        def generate(context, builder, signature, arguments):
            view = cgutils.create_struct_proxy(signature.args[0])(context, builder, value=arguments[0])
            return build(builder, builder.gep(view.data, [arguments[1]]))

        return typing_rule(array, types.intp), generate

    return operation


atomic_increment = _atomic(types.int64, lambda b, p: b.atomic_rmw("add", p, ir.IntType(64)(1), "seq_cst"))
atomic_load = _atomic(types.int64, lambda b, p: b.load_atomic(p, "seq_cst", 8))


@intrinsic
def atomic_store(typing, array, index, value):
    """Store one cell so that other threads see it, and everything written before it."""

    def generate(context, builder, signature, arguments):
        view = cgutils.create_struct_proxy(signature.args[0])(context, builder, value=arguments[0])
        builder.store_atomic(arguments[2], builder.gep(view.data, [arguments[1]]), "seq_cst", 8)
        return context.get_dummy_value()

    return types.void(array, types.intp, types.int64), generate


@intrinsic
def give_way(typing):
    """Let another thread have this core (sched_yield)."""

    def generate(context, builder, signature, arguments):
        kind = ir.FunctionType(ir.IntType(32), [])
        builder.call(cgutils.get_or_insert_function(builder.module, kind, "sched_yield"), [])
        return context.get_dummy_value()

    return types.void(), generate


@intrinsic
def fetch(typing, address):
    """Ask for the cache line at an address, which will be read and written soon; any address will do."""

    def generate(context, builder, signature, arguments):
        byte, whole = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, whole, whole, whole])
        prefetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        builder.call(prefetch, [builder.inttoptr(arguments[0], byte), whole(0), whole(3), whole(1)])
        return context.get_dummy_value()

    return types.void(types.int64), generate


class Lanes(types.Type):
    """Sixteen numbers side by side: one vector register, or as many as the processor needs for it."""

    def __init__(self, element: str) -> None:
        self.element = element
        super().__init__(name=f"lanes_{element}")


LANES = 16
_ELEMENTS = {"float32": ir.FloatType(), "float64": ir.DoubleType()}


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager, lanes):
        super().__init__(manager, lanes, ir.VectorType(_ELEMENTS[lanes.element], LANES))


def _access(kind, vector):
    """Load and store lanes at an address."""

    @intrinsic
    def load(typing, address):
        def generate(context, builder, signature, arguments):
            return builder.load(builder.inttoptr(arguments[0], vector.as_pointer()), align=4)

        return kind(types.int64), generate

    @intrinsic
    def store(typing, address, lanes):
        def generate(context, builder, signature, arguments):
            builder.store(arguments[1], builder.inttoptr(arguments[0], vector.as_pointer()), align=4)
            return context.get_dummy_value()

        return types.void(types.int64, kind), generate

    return load, store


def _arithmetic(kind, vector, scalar):
    """The same number in every lane, and addition and multiplication lane by lane, and the sum of all lanes."""

    @intrinsic
    def repeat(typing, number):
        def generate(context, builder, signature, arguments):
            none = ir.Constant(vector, ir.Undefined)
            first = builder.insert_element(none, arguments[0], ir.IntType(32)(0))
            return builder.shuffle_vector(first, none, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))

        return kind(scalar), generate

    @intrinsic
    def plus(typing, a, b):
        def generate(context, builder, signature, arguments):
            return builder.fadd(*arguments)

        return kind(kind, kind), generate

    @intrinsic
    def times(typing, a, b):
        def generate(context, builder, signature, arguments):
            return builder.fmul(*arguments)

        return kind(kind, kind), generate

    @intrinsic
    def lanes_sum(typing, a):
        """All lanes, halves upon halves: the order is fixed."""

        def generate(context, builder, signature, arguments):
            total, count = arguments[0], LANES
            while count > 1:
                count //= 2
                places = [ir.Constant(ir.VectorType(ir.IntType(32), count), [*range(s, s + count)]) for s in (0, count)]
                halves = [builder.shuffle_vector(total, total, place) for place in places]
                total = builder.fadd(*halves)
            return builder.extract_element(total, ir.IntType(32)(0))

        return scalar(kind), generate

    return repeat, plus, times, lanes_sum


def _multiply_add(form, name, result):
    """a b + c with one rounding, of lanes or of single numbers."""

    @intrinsic
    def fused(typing, a, b, c):
        def generate(context, builder, signature, arguments):
            kind = ir.FunctionType(form, [form] * 3)
            return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), arguments)

        return result(result, result, result), generate

    return fused


def _lanes(element):
    """Load, store, repeat, add, multiply, add up and multiply-add for lanes of one element, and multiply-add for one number."""
    kind, scalar, single = Lanes(element), getattr(types, element), _ELEMENTS[element]
    vector, suffix = ir.VectorType(single, LANES), "f32" if element == "float32" else "f64"
    fma = _multiply_add(vector, f"llvm.fma.v{LANES}{suffix}", kind)
    return *_access(kind, vector), *_arithmetic(kind, vector, scalar), fma, _multiply_add(single, f"llvm.fma.{suffix}", scalar)


load32, store32, repeat32, plus32, times32, lanes_sum32, fma32, single_fma32 = _lanes("float32")
load64, store64, repeat64, plus64, times64, lanes_sum64, fma64, single_fma64 = _lanes("float64")
