import pytest

from neurosim.errors import InputError
from neurosim.recording import Quantity, sampling


def test_group_and_name_follow_the_address():
    weights = Quantity("input_to_hidden.weights", (0, 5), (("post", 10), ("pre", 20)))
    assert (weights.group, weights.name) == ("input_to_hidden/weights", "weights")
    assert weights.shape == (2, 10, 20)
    assert weights.nbytes == 2 * 10 * 20 * 4
    alone = Quantity("test_error", (0,), dtype="f8")
    assert (alone.group, alone.name, alone.shape, alone.nbytes) == ("test_error", "test_error", (1,), 8)


@pytest.mark.parametrize(
    ("interval", "trials", "expected"),
    [(10, 30, (0, 10, 20, 30)), (10, 25, (0, 10, 20, 25)), (100, 7, (0, 7)), (1, 2, (0, 1, 2)), (5, 0, (0,))],
)
def test_sampling_holds_the_first_and_the_last_trial(interval, trials, expected):
    assert sampling(interval, trials) == expected


@pytest.mark.parametrize(("interval", "trials"), [(0, 10), (-1, 10), (1, -1)])
def test_sampling_refuses(interval, trials):
    with pytest.raises(InputError):
        sampling(interval, trials)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"address": "hidden/rate"}, "address like"),
        ({"address": "hidden..rate"}, "address like"),
        ({"address": ""}, "address like"),
        ({"trials": ()}, "at least one trial"),
        ({"trials": (0, 5, 5)}, "larger than the one before"),
        ({"trials": (-1, 5)}, "from 0 on"),
        ({"trials": (0.0, 0.5)}, "trial numbers"),
        ({"dtype": "f2"}, "'f2'"),
        ({"dims": (("unit", 3), ("unit", 3))}, "different names"),
        ({"dims": (("trial", 3),)}, "different names"),
        ({"dims": (("rate", 3),)}, "different names"),
        ({"dims": (("unit", 0),)}, "size above 0"),
        ({"dims": (("a/b", 3),)}, "cannot name a dimension"),
    ],
)
def test_a_wrong_description_is_refused(wrong, message):
    with pytest.raises(InputError, match=message):
        Quantity(**({"address": "hidden.rate", "trials": (0, 5)} | wrong))


def test_all_faults_are_told_at_once():
    with pytest.raises(InputError) as caught:
        Quantity("hidden.rate", (), (("unit", -1),), "f2")
    assert len(caught.value.problems) == 3
