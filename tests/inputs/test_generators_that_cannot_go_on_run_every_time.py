"""Where a reuse could not leave a random generator where the run left it, the function runs."""

import random

import numpy as np
import pytest

from counting import quiet, told, warned
from remade import make

__all__ = ["quiet"]


def twice(made, arguments, *parts):
    """Two runs of one call, each on arguments of its own; the first tells, the second says why."""
    with warned(*parts):
        one = made(*arguments())
    with told() as events:
        two = made(*arguments())
    assert [event.ran for event in events] == [True]
    return one, two, " ".join(map(str, events[0].reasons))


def draw(rng, *_):
    return rng.random()


class Own(random.Random):
    pass


class Holder:
    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def random(self):
        return self.rng.random()


def given_attribute(seed):
    rng = random.Random(seed)
    rng.random = lambda: 4
    return rng


@pytest.mark.parametrize(
    ("argument", "part"),
    [
        (lambda: Own(3), "changed its argument rng"),
        (lambda: Holder(3), "changed its argument rng"),
        (random.SystemRandom, "no state"),
        (lambda: given_attribute(3), "no version"),
        (lambda: random.Random, None),
    ],
)
def test_subclasses_and_what_has_no_state_run(argument, part, cachedir):
    if part is None:
        assert make(lambda kind: kind(3).random(), cachedir=cachedir, name="f")(argument())
        return
    one, two, _ = twice(make(draw, cachedir=cachedir), lambda: [argument()], part)
    if part.startswith("changed"):
        assert one == two


def test_generators_in_containers_run(cachedir):
    @make(cachedir=cachedir)
    def first(rngs):
        return rngs[0].random()

    one, two, why = twice(first, lambda: [[random.Random(3)]], "changed its argument rngs")
    assert (one, "rngs" in why) == (two, True)


@pytest.mark.parametrize(
    "place", [lambda rng: rng, lambda rng: [1, rng], lambda rng: {"a": (rng,)}]
)
def test_a_generator_in_the_result_runs(place, cachedir):
    @make(cachedir=cachedir)
    def draws(rng, count):
        [rng.random() for _ in range(count)]
        return place(rng)

    part = "the random generator rng is, or may be, a part of the result"
    for count in (0, 2):
        draws.clear()
        _, _, why = twice(
            draws, lambda count=count: [random.Random(3), count], *[part][count // 2 :]
        )
        assert "a part of the result" in why


def test_the_bit_generator_in_the_result_runs(cachedir):
    @make(cachedir=cachedir)
    def draws(rng):
        return rng.random(), rng.bit_generator

    twice(draws, lambda: [np.random.default_rng(3)], "a part of the result")


def shared_bits():
    bits = np.random.PCG64(3)
    return [np.random.Generator(bits), np.random.Generator(bits)]


def shared_seeds():
    seeds = np.random.SeedSequence(3)
    return [np.random.default_rng(seeds), np.random.default_rng(seeds)]


def one_twice():
    return [random.Random(3)] * 2


def bits_alone():
    rng = np.random.default_rng(3)
    return [rng, rng.bit_generator]


def in_a_list():
    rng = np.random.default_rng(3)
    return [rng, [rng]]


def apart():
    return [random.Random(3), random.Random(3)]


def both(one, other):
    return [one.random(), getattr(other, "random", lambda: None)()]


@pytest.mark.parametrize("arguments", [shared_bits, shared_seeds, one_twice, bits_alone])
def test_arguments_that_share_a_generator_run(arguments, cachedir):
    expected = both(*arguments())
    one, two, why = twice(make(both, cachedir=cachedir), arguments, "shares its state with another")
    assert one == two == expected
    assert "shares its state" in why


def test_a_generator_that_is_a_part_of_another_argument_runs(cachedir):
    one, two, _ = twice(make(both, cachedir=cachedir), in_a_list, "changed its argument other")
    assert one == two == both(*in_a_list())


def test_generators_apart_do_not_answer_for_one_that_is_shared(cachedir):
    made = make(both, cachedir=cachedir)
    values = made(*apart())
    assert made(*apart()) == values == both(*apart())
    with warned("shares its state"), told() as events:
        assert made(*one_twice()) == both(*one_twice())
    assert [event.ran for event in events] == [True]
    with told() as events:
        assert made(*apart()) == values
    assert [event.ran for event in events] == [True]


def test_another_bit_generator_in_the_same_generator_runs(cachedir):
    @make(cachedir=cachedir)
    def swaps(rng):
        rng.__init__(np.random.PCG64(99))
        return rng.random()

    twice(swaps, lambda: [np.random.default_rng(3)], "got another bit generator")


def test_a_global_generator_is_a_channel_as_before(cachedir):
    rng = random.Random(3)

    @make(cachedir=cachedir)
    def draws():
        return rng.random()

    with warned("both reads and changes"):
        draws()
    state = rng.getstate()
    with told() as events:
        draws()
    assert [event.ran for event in events] == [False]
    assert rng.getstate() == state
