"""A random generator as an argument counts by its state, and a reuse leaves it where the run did."""

import pickle
import random

import numpy as np
import pytest

from counting import quiet, records, told, warned
from remade import NumpyFile, Persister, make

__all__ = ["quiet"]

BITS = [np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937, np.random.Philox, np.random.SFC64]
KINDS = {
    **{kind.__name__: lambda seed, kind=kind: np.random.Generator(kind(seed)) for kind in BITS},
    **{f"bare {kind.__name__}": kind for kind in BITS},
    "RandomState": np.random.RandomState,
    "RandomState of SFC64": lambda seed: np.random.RandomState(np.random.SFC64(seed)),
    "random.Random": random.Random,
}


def forgets_seeds(generator):
    """Whether this numpy leaves the sequence of seeds out of a pickle: what arrives has another."""
    bits = getattr(generator, "bit_generator", None)
    return bits and pickle.loads(pickle.dumps(bits))._seed_seq.entropy != bits._seed_seq.entropy


def drawn(generator, count):
    """Numbers of every kind that a generator keeps something of for the next time."""
    if hasattr(generator, "random_raw"):
        return [int(generator.random_raw()) for _ in range(count)]
    if isinstance(generator, random.Random):
        return [generator.gauss(0, 1) for _ in range(count)] + [generator.getrandbits(70)]
    if isinstance(generator, np.random.RandomState):
        return [float(generator.standard_normal()) for _ in range(count)]
    words = [int(generator.integers(9, dtype=np.uint32)) for _ in range(count)]
    return words + [float(generator.normal())]


@pytest.mark.parametrize("kind", KINDS)
def test_a_program_goes_on_as_if_it_had_run(kind, cachedir, marks):
    mark = marks.mark

    @make(cachedir=cachedir, keep="all")
    def noise(generator, count):
        mark("noise")
        return drawn(generator, count)

    plain, first, again = (KINDS[kind](7) for _ in range(3))
    expected = [drawn(plain, count) for count in (3, 3, 700, 1)]
    for generator, runs in [(first, ["noise"]), (again, [])]:
        for count, values in zip((3, 3, 700), expected, strict=False):
            assert marks.of(noise, generator, count) == (values, runs)
        assert drawn(generator, 1) == expected[3]


@pytest.mark.parametrize("kind", ["PCG64", "MT19937", "random.Random"])
def test_a_state_from_anywhere_is_the_same_state(kind, cachedir, marks):
    mark = marks.mark

    @make(cachedir=cachedir, keep="all")
    def noise(*, generator):
        mark("noise")
        return drawn(generator, 2)

    value, runs = marks.of(noise, generator=KINDS[kind](7))
    assert runs == ["noise"]
    if forgets_seeds(KINDS[kind](7)):
        pytest.skip("a pickled generator has other seeds under this numpy")
    copied = pickle.loads(pickle.dumps(KINDS[kind](7)))
    assert marks.of(noise, generator=copied) == (value, [])
    other, runs = marks.of(noise, generator=KINDS[kind](8))
    assert (other != value, runs) == (True, ["noise"])


def test_another_process_goes_on_as_well(shop):
    shop.write(
        main="""
        import numpy as np
        from remade import make
        from marks import mark

        @make(keep="all")
        def noise(rng, n):
            mark("noise")
            return rng.normal(size=n)

        def program(seed):
            rng = np.random.default_rng(seed)
            return [*noise(rng, 3), *noise(rng, 2), *rng.normal(size=2)]
    """
    )
    rng = np.random.default_rng(5)
    expected = [*rng.normal(size=3), *rng.normal(size=2), *rng.normal(size=2)]
    assert shop.call("program(5)") == (expected, ["noise", "noise"])
    assert shop.call("program(5)") == (expected, [])


def test_asking_and_loading_move_nothing(cachedir):
    @make(cachedir=cachedir, keep="all")
    def noise(rng, count):
        return rng.normal(size=count)

    noise(np.random.default_rng(5), 3)
    rng = np.random.default_rng(5)
    before = rng.bit_generator.state
    assert noise.check_call_in_cache(rng, 3)
    noise.output_path(rng, 3)
    noise.load()
    assert rng.bit_generator.state == before
    with told() as events:
        noise.call(rng, 3)
    assert [event.ran for event in events] == [True]
    assert rng.bit_generator.state != before


def test_a_failed_load_moves_nothing(cachedir, tmp_path, marks):
    mark = marks.mark

    @make(cachedir=cachedir, output=NumpyFile(tmp_path / "noise.npy"))
    def noise(rng, count):
        mark(str(rng.bit_generator.state == np.random.default_rng(5).bit_generator.state))
        return rng.normal(size=count)

    class Broken(Persister):
        def save(self, value):
            np.save(self.filename, value, allow_pickle=False)

        def load(self):
            raise OSError("not today")

    broken = make(noise.__wrapped__, cachedir=cachedir, output=Broken(tmp_path / "broken.npy"))
    values, runs = marks.of(broken, np.random.default_rng(5), 3)
    assert runs == ["True"]
    with warned("not today"):
        again, runs = marks.of(broken, np.random.default_rng(5), 3)
    assert runs == ["True"]
    assert np.array_equal(again, values)


def test_a_run_that_raised_leaves_no_record(cachedir, marks):
    mark = marks.mark

    @make(cachedir=cachedir)
    def fails(rng):
        mark(str(rng.random()))
        raise ValueError("no")

    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            fails(np.random.default_rng(5))
    one, two = marks.new()
    assert one == two
    assert records(cachedir) == []
