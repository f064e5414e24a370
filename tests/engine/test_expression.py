from __future__ import annotations

import ast
import math

import numpy as np
import pytest

from neurosim.engine.expression import Single, separate, source_of
from neurosim.errors import InputError

SCALE, COUNT, FLAG = 2.5, 3, True
TABLE = [1.0]


def helper(x):
    """Its own docstring."""
    return SCALE * math.tanh(x)


def text(function, constants=None) -> str:
    return ast.unparse(source_of(function, constants).result)


def test_that_constants_are_put_in_and_arguments_go() -> None:
    def formula(u, gain, shift=1.0):
        return gain * u + shift

    source = source_of(formula, {"gain": 3.0, "shift": 0.5})
    assert source.arguments == ["u"]
    assert ast.unparse(source.result) == "3.0 * u + 0.5"


def test_that_only_what_leaves_every_bit_is_folded() -> None:
    def one(u, a):
        return a * u * a / a

    def zero(u, a):
        return a + u * a

    assert text(one, {"a": 1.0}) == "u"
    assert text(zero, {"a": 0.0}) == "0.0 + u * 0.0"
    assert text(one, {"a": 2.0}) == "2.0 * u * 2.0 / 2.0"

    def under(u, a):
        return a / u

    assert text(under, {"a": 1.0}) == "1.0 / u"


def test_globals_closures_and_helpers() -> None:
    inner = 0.25

    def formula(u):
        """A docstring."""
        return inner * helper(u) + SCALE + COUNT

    source = source_of(formula)
    assert ast.unparse(source.result) == "0.25 * helper(u) + 2.5 + 3"
    assert [definition.name for definition in source.support] == ["helper"]
    assert source.modules == {"math": "math"}
    scope: dict = {"math": math}
    for definition in (*source.support, source.definition):
        exec(compile(ast.unparse(definition), "made", "exec"), scope)
    for u in (-1.0, 0.3):
        assert scope["formula"](u) == formula(u)


def test_that_an_argument_hides_a_global() -> None:
    def formula(SCALE):
        return SCALE * 2.0

    assert text(formula) == "SCALE * 2.0"


def test_that_a_local_variable_hides_a_constant() -> None:
    def formula(u, gain):
        gain = gain + u
        return gain

    source = source_of(formula, {"gain": 2.0})
    scope: dict = {}
    exec(compile(ast.unparse(source.definition), "made", "exec"), scope)
    assert scope["formula"](1.0) == 3.0


def both(x):
    return x, 2.0 * x


def table_user(u):
    return u * TABLE[0]


def text_user(u):
    return u if __name__ else 0.0


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (table_user, "'TABLE'"),
        (text_user, "'__name__'"),
        (lambda u: u, "def"),
        (math.tanh, "source cannot be read"),
        (eval("lambda u: u"), "source cannot be read"),
        (np.tanh, "source cannot be read"),
        (print, "source cannot be read"),
    ],
)
def test_that_what_cannot_be_a_kernel_is_refused(function, why: str) -> None:
    with pytest.raises(InputError, match="cannot become a kernel") as caught:
        source_of(function)
    assert why in str(caught.value)


def product(function, **constants):
    found = separate(source_of(function, constants))
    return None if found is None else (found.scale, ast.unparse(found.post), ast.unparse(found.pre))


def test_products() -> None:
    def perturbation(pre_rate, post_modulation, post_eligibility, eta):
        return -eta * post_modulation * post_eligibility * pre_rate

    def factors(pre_rate, post_rate, eta):
        return (pre_rate - 0.5) * eta * (post_rate / 2.0)

    def divided(pre_rate, post_rate, post_slope, eta):
        return eta * pre_rate / (post_rate + 1.0) * post_slope

    def inverse(pre_rate, post_rate, eta):
        return 1.0 / post_rate * (eta / pre_rate)

    def calls(pre_rate, post_rate, eta):
        return eta * math.tanh(pre_rate) * helper(post_rate)

    assert product(perturbation, eta=0.5) == (-0.5, "post_modulation * post_eligibility", "pre_rate")
    assert product(factors, eta=0.5) == (0.25, "post_rate", "pre_rate - 0.5")
    assert product(divided, eta=0.5) == (0.5, "1.0 / (post_rate + 1.0) * post_slope", "pre_rate")
    assert product(inverse, eta=0.5) == (0.5, "1.0 / post_rate", "1.0 / pre_rate")
    assert product(calls, eta=0.5) == (0.5, "helper(post_rate)", "math.tanh(pre_rate)")


def test_what_is_no_product() -> None:
    def oja(weight, pre_rate, post_rate, eta):
        return eta * post_rate * (pre_rate - post_rate * weight)

    def summed(pre_rate, post_rate, eta):
        return eta * (post_rate + pre_rate)

    def only_post(post_rate, eta):
        return eta * post_rate

    def statements(pre_rate, post_rate, eta):
        both = pre_rate * post_rate
        return eta * both

    def powered(pre_rate, post_rate, eta):
        return eta * (pre_rate * post_rate) ** 2

    for function in (oja, summed, only_post, statements, powered):
        assert product(function, eta=0.5) is None, function.__name__


def test_that_a_product_is_one_of_real_numbers_that_are_not_divided_by_zero() -> None:
    def divided(pre_rate, post_rate, eta):
        return pre_rate * post_rate / eta

    def turned(pre_rate, post_rate, eta):
        return eta * pre_rate * post_rate * 1j

    def named(pre_rate, post_rate, eta):
        return eta * pre_rate * post_rate * "x"

    for function, constants, found in (
        (divided, {"eta": 0.0}, "division by zero"),
        (divided, {"eta": 10**5000}, "'eta' (int), which is larger than any float"),
        (turned, {"eta": 0.5}, "1j (complex)"),
        (named, {"eta": 0.5}, "'x' (str)"),
    ):
        with pytest.raises(
            InputError, match=rf"line {function.__code__.co_firstlineno}: the formula '{function.__name__}'"
        ) as caught:
            product(function, **constants)
        assert found in str(caught.value)


def test_that_a_function_that_is_called_may_return_several_numbers() -> None:
    def formula(u):
        one, other = both(u)
        return one + other

    assert [definition.name for definition in source_of(formula).support] == ["both"]


def test_that_a_local_name_may_be_that_of_an_attribute() -> None:
    def formula(u):
        tanh = math.tanh(u)
        return tanh

    assert source_of(formula).arguments == ["u"]


def test_that_numbers_become_single_but_exponents_and_flags_do_not() -> None:
    tree = Single().visit(ast.parse("2.0 * u ** 2 + (1 if True else x ** 0.5) + 3 ** u", mode="eval"))
    assert ast.unparse(ast.fix_missing_locations(tree)) == "real(2.0) * u ** 2 + (real(1) if True else x ** 0.5) + real(3) ** u"
