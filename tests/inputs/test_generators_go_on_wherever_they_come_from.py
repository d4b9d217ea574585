"""Children, surplus and default arguments, nested calls, parts of objects, coroutines: all go on."""

import asyncio
import functools
import pickle
import random

import numpy as np
import pytest

from counting import quiet
from remade import make

__all__ = ["quiet"]


def forgets_seeds(generator):
    """Whether this numpy leaves the sequence of seeds out of a pickle: what arrives has another."""
    bits = getattr(generator, "bit_generator", None)
    return bits and pickle.loads(pickle.dumps(bits))._seed_seq.entropy != bits._seed_seq.entropy


def test_children_are_spawned_again(cachedir, marks):
    mark = marks.mark

    @make(cachedir=cachedir, keep="all")
    def parts(rng, count):
        mark("parts")
        return [child.random() for child in rng.spawn(count)]

    def program(parts, rng):
        return parts(rng, 3), parts(rng, 2), rng.spawn(1)[0].random(), rng.random()

    if not hasattr(np.random.Generator, "spawn"):
        pytest.skip("this numpy cannot spawn")
    expected = program(parts.__wrapped__, np.random.default_rng(5))
    marks.new()
    assert marks.of(program, parts, np.random.default_rng(5)) == (expected, ["parts", "parts"])
    assert marks.of(program, parts, np.random.default_rng(5)) == (expected, [])
    elsewhere = np.random.default_rng(np.random.SeedSequence(5, spawn_key=(1,)))
    elsewhere.bit_generator.state = np.random.default_rng(5).bit_generator.state
    assert marks.of(program, parts, elsewhere)[1] == ["parts", "parts"]


def test_nested_calls_and_surplus_arguments_go_on(cachedir, marks):
    mark = marks.mark

    @make(cachedir=cachedir, keep="all")
    def inner(rng, count):
        mark("inner")
        return [rng.random() for _ in range(count)]

    @make(cachedir=cachedir)
    def outer(*generators, **more):
        mark("outer")
        return [inner(one, 2) for one in (*generators, *more.values())]

    def program(outer):
        generators = [random.Random(seed) for seed in range(3)]
        values = outer(generators[0], generators[1], last=generators[2])
        return values, [one.random() for one in generators]

    expected = program(functools.partial(outer.__wrapped__))
    marks.new()
    assert marks.of(program, outer) == (expected, ["outer"])
    assert marks.of(program, outer) == (expected, [])
    outer.clear()
    assert marks.of(program, outer) == (expected, ["outer"])


def test_what_holds_a_generator_loses_its_history(cachedir, marks):
    mark = marks.mark

    @make(cachedir=cachedir, keep="all")
    def model(seed):
        return Model(seed)

    @make(cachedir=cachedir, keep="all")
    def noise(rng):
        mark("noise")
        return rng.random()

    @make(cachedir=cachedir, keep="all")
    def state(model):
        mark("state")
        return model.rng.bit_generator.state["state"]["state"]

    def program():
        one = model(3)
        return state(one), noise(one.rng), state(one), noise(one.rng)

    expected, runs = marks.of(program)
    assert runs == ["state", "noise", "state", "noise"]
    assert len({*expected}) == 4
    if not forgets_seeds(np.random.default_rng(3)):
        assert marks.of(program) == (expected, [])


class Model:
    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)


def test_coroutines_go_on(cachedir, marks):
    mark = marks.mark

    @make(cachedir=cachedir, keep="all")
    async def noise(rng, count):
        mark("noise")
        await asyncio.sleep(0)
        return [rng.random() for _ in range(count)]

    async def program():
        rng = random.Random(3)
        return [await noise(rng, 2), await noise(rng, 2), rng.random()]

    values, runs = marks.of(asyncio.run, program())
    assert runs == ["noise", "noise"]
    assert values[0] != values[1]
    assert marks.of(asyncio.run, program()) == (values, [])


def test_a_generator_as_a_default_goes_on(cachedir, shop):
    shop.write(
        main="""
        import numpy as np
        from remade import make
        from marks import mark

        @make(keep="all")
        def noise(n, rng=np.random.default_rng(3)):
            mark("noise")
            return rng.normal(size=n)

        def program():
            return [*noise(3), *noise(3), *noise(1)]
    """
    )
    values, runs = shop.call("program()")
    rng = np.random.default_rng(3)
    assert values == [*rng.normal(size=3), *rng.normal(size=3), *rng.normal(size=1)]
    again, runs = shop.call("program()")
    assert again == values
