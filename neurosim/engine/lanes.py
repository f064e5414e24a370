"""Explicit vectors for kernels: sixteen, eight or four numbers side by side, as a numba type.

What is computed with them is in the order in which it is written, with the roundings that are written, whatever LLVM makes of
it: one vector register, or as many as the processor needs.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.extending import intrinsic, register_model


class Lanes(types.Type):
    """Some numbers side by side."""

    def __init__(self, element: str, count: int) -> None:
        self.element = element
        self.count = count
        super().__init__(name=f"lanes_{count}_{element}")

    @property
    def scalar(self) -> types.Type:
        """The type of one of the numbers."""
        return getattr(types, self.element)

    @property
    def vector(self) -> ir.VectorType:
        """LLVM's type for them."""
        return ir.VectorType(_ELEMENTS[self.element], self.count)


_ELEMENTS = {"float32": ir.FloatType(), "float64": ir.DoubleType()}
_INDEX = ir.IntType(32)


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager, lanes):
        super().__init__(manager, lanes, lanes.vector)


def _zeros(kind):
    @intrinsic
    def zeros(typing):
        def generate(context, builder, signature, arguments):
            return ir.Constant(kind.vector, [0.0] * kind.count)

        return kind(), generate

    return zeros


sixteen32, eight32, four32 = (_zeros(Lanes("float32", count)) for count in (16, 8, 4))
sixteen64, eight64, four64 = (_zeros(Lanes("float64", count)) for count in (16, 8, 4))


@intrinsic
def store(typing, address, lanes):
    """Write the numbers to an address."""

    def generate(context, builder, signature, arguments):
        builder.store(arguments[1], builder.inttoptr(arguments[0], lanes.vector.as_pointer()), align=4)
        return context.get_dummy_value()

    return (types.void(types.int64, lanes), generate) if isinstance(lanes, Lanes) else None


def _beyond(builder, base, offset, kind):
    """A pointer so many bytes behind an address: LLVM then still knows into what it points, which it does not of a sum."""
    byte = builder.inttoptr(base, ir.IntType(8).as_pointer())
    return builder.bitcast(builder.gep(byte, [offset]), kind.as_pointer())


@intrinsic
def load_at(typing, base, offset, like):
    """As many numbers as another vector has, from so many bytes behind an address."""

    def generate(context, builder, signature, arguments):
        return builder.load(_beyond(builder, *arguments[:2], like.vector), align=4)

    return (like(types.int64, types.int64, like), generate) if isinstance(like, Lanes) else None


@intrinsic
def store_at(typing, base, offset, lanes):
    """Write the numbers so many bytes behind an address."""

    def generate(context, builder, signature, arguments):
        builder.store(arguments[2], _beyond(builder, *arguments[:2], lanes.vector), align=4)
        return context.get_dummy_value()

    return (types.void(types.int64, types.int64, lanes), generate) if isinstance(lanes, Lanes) else None


@intrinsic
def repeat_like(typing, number, like):
    """The same number in every lane that another vector has."""

    def generate(context, builder, signature, arguments):
        none = ir.Constant(like.vector, ir.Undefined)
        first = builder.insert_element(none, arguments[0], _INDEX(0))
        return builder.shuffle_vector(first, none, ir.Constant(ir.VectorType(_INDEX, like.count), [0] * like.count))

    return (like(like.scalar, like), generate) if isinstance(like, Lanes) else None


def _pairwise(build, meaning):
    """An operation on two vectors, lane by lane."""

    @intrinsic
    def operation(typing, a, b):
        def generate(context, builder, signature, arguments):
            return build(builder, *arguments)

        return (a(a, a), generate) if isinstance(a, Lanes) else None

    operation.__doc__ = f"{meaning}, lane by lane."
    return operation


plus = _pairwise(lambda builder, a, b: builder.fadd(a, b), "a + b")
minus = _pairwise(lambda builder, a, b: builder.fsub(a, b), "a − b")
times = _pairwise(lambda builder, a, b: builder.fmul(a, b), "a b")
over = _pairwise(lambda builder, a, b: builder.fdiv(a, b), "a / b")
least = _pairwise(lambda builder, a, b: builder.select(builder.fcmp_ordered("<", a, b), a, b), "the smaller of a and b")
most = _pairwise(lambda builder, a, b: builder.select(builder.fcmp_ordered(">", a, b), a, b), "the larger of a and b")


@intrinsic
def fma(typing, a, b, c):
    """a b + c with one rounding, lane by lane."""

    def generate(context, builder, signature, arguments):
        name = f"llvm.fma.v{a.count}{'f32' if a.element == 'float32' else 'f64'}"
        kind = ir.FunctionType(a.vector, [a.vector] * 3)
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), arguments)

    return (a(a, a, a), generate) if isinstance(a, Lanes) else None


@intrinsic
def single_fma(typing, a, b, c):
    """a b + c with one rounding, of single numbers."""

    def generate(context, builder, signature, arguments):
        form = arguments[0].type
        kind = ir.FunctionType(form, [form] * 3)
        name = f"llvm.fma.{'f32' if a == types.float32 else 'f64'}"
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), arguments)

    return (a(a, a, a), generate) if a in (types.float32, types.float64) else None


@intrinsic
def lanes_sum(typing, a):
    """All lanes, halves upon halves: the order is fixed."""

    def generate(context, builder, signature, arguments):
        total, count = arguments[0], a.count
        while count > 1:
            count //= 2
            places = [ir.Constant(ir.VectorType(_INDEX, count), [*range(s, s + count)]) for s in (0, count)]
            halves = [builder.shuffle_vector(total, total, place) for place in places]
            total = builder.fadd(*halves)
        return builder.extract_element(total, _INDEX(0))

    return (a.scalar(a), generate) if isinstance(a, Lanes) else None


def lane(index):
    """What takes one lane out of a vector."""

    @intrinsic
    def taken(typing, lanes):
        def generate(context, builder, signature, arguments):
            return builder.extract_element(arguments[0], _INDEX(index))

        return (lanes.scalar(lanes), generate) if isinstance(lanes, Lanes) and index < lanes.count else None

    return taken


def with_lane(index):
    """What puts one lane of a vector."""

    @intrinsic
    def put(typing, lanes, number):
        def generate(context, builder, signature, arguments):
            return builder.insert_element(*arguments, _INDEX(index))

        return (lanes(lanes, lanes.scalar), generate) if isinstance(lanes, Lanes) and index < lanes.count else None

    return put


@intrinsic
def first_lanes(typing, lanes, count):
    """The first lanes as they are, and zeros after them."""

    def generate(context, builder, signature, arguments):
        many = ir.VectorType(ir.IntType(64), lanes.count)
        none = ir.Constant(many, ir.Undefined)
        spread = ir.Constant(ir.VectorType(_INDEX, lanes.count), [0] * lanes.count)
        counts = builder.shuffle_vector(builder.insert_element(none, arguments[1], _INDEX(0)), none, spread)
        kept = builder.icmp_signed("<", ir.Constant(many, [*range(lanes.count)]), counts)
        return builder.select(kept, arguments[0], ir.Constant(lanes.vector, [0.0] * lanes.count))

    return (lanes(lanes, types.int64), generate) if isinstance(lanes, Lanes) else None


def _of_sixteen(kind):
    """Load sixteen numbers, and the same number sixteen times."""

    @intrinsic
    def load(typing, address):
        def generate(context, builder, signature, arguments):
            return builder.load(builder.inttoptr(arguments[0], kind.vector.as_pointer()), align=4)

        return kind(types.int64), generate

    @intrinsic
    def repeat(typing, number):
        def generate(context, builder, signature, arguments):
            none = ir.Constant(kind.vector, ir.Undefined)
            first = builder.insert_element(none, arguments[0], _INDEX(0))
            return builder.shuffle_vector(first, none, ir.Constant(ir.VectorType(_INDEX, kind.count), [0] * kind.count))

        return kind(kind.scalar), generate

    return load, repeat


load32, repeat32 = _of_sixteen(Lanes("float32", 16))
load64, repeat64 = _of_sixteen(Lanes("float64", 16))
