"""What compiled kernels need beyond numba: memory at addresses, numbers in table cells, calls through addresses.

A program is a table of 64-bit cells; a kernel is called as `kernel(row, context)` with pointers to its row and to the
context (step, rows, part, parts). Cells hold addresses, byte strides, counts, or the bits of a float64.
"""

from __future__ import annotations

from llvmlite import ir
from numba import carray, njit, types
from numba.core import cgutils
from numba.extending import intrinsic

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


@intrinsic
def scratch(typing, size):
    """The address of so many bytes, until they are released: C's own, for numba's would need numba to be there."""

    def generate(context, builder, signature, arguments):
        kind = ir.FunctionType(ir.IntType(8).as_pointer(), [ir.IntType(64)])
        given = builder.call(cgutils.get_or_insert_function(builder.module, kind, "malloc"), arguments)
        return builder.ptrtoint(given, ir.IntType(64))

    return types.int64(types.int64), generate


@intrinsic
def release(typing, address):
    """Give back what `scratch` gave."""

    def generate(context, builder, signature, arguments):
        byte = ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [byte])
        free = cgutils.get_or_insert_function(builder.module, kind, "free")
        builder.call(free, [builder.inttoptr(arguments[0], byte)])
        return context.get_dummy_value()

    return types.void(types.int64), generate


@intrinsic(prefer_literal=True)
def spare(typing, size):
    """The address of so many bytes that last as long as the function's call; their number is written as a number."""
    if not isinstance(size, types.IntegerLiteral):
        return None

    def generate(context, builder, signature, arguments):
        place = cgutils.alloca_once(builder, ir.ArrayType(ir.IntType(64), -(-size.literal_value // 8)))
        return builder.ptrtoint(place, ir.IntType(64))

    return types.int64(size), generate


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
