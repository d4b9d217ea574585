"""`explain` and `accept` know of states after a run, and of results that stayed by a cutoff."""

import random

import numpy as np
import pytest

from counting import told
from remade import NumpyFile, allclose, make


def test_a_generator_that_cannot_go_on_is_told(tmp_path):
    f = make(lambda a, b: a.random(), cachedir=tmp_path, name="f")
    f(random.Random(3), random.Random(3))
    one = random.Random(3)
    before = one.getstate()
    why = f.explain(one, one)
    assert [reason.kind for reason in why.reasons] == ["shared"]
    assert one.getstate() == before

    g = make(lambda rng: rng, cachedir=tmp_path, name="g")
    with pytest.warns(UserWarning, match="a part of the result"):
        g(random.Random(3))
    (reason,) = g.explain(random.Random(3)).reasons
    assert (reason.kind, reason.name) == ("not_resumed", "rng")


def test_another_cutoff_is_told(tmp_path):
    def made(rtol):
        return make(lambda x: x, cachedir=tmp_path, name="f", cutoff=allclose(rtol=rtol))

    f = made(1e-3)
    f(1.0), f(1.0001)
    assert f.explain(1.0001).fresh
    (reason,) = made(1e-9).explain(1.0001).reasons
    assert reason.kind == "cutoff_changed"
    assert (reason.before, reason.after) == (repr(allclose(rtol=1e-3)), repr(allclose(rtol=1e-9)))


def test_what_is_accepted_leaves_a_generator_where_its_run_left_it(tmp_path):
    def first(rng):
        return rng.random()

    def second(rng):
        return rng.random() + 0.0

    rng = random.Random(3)
    value, following = make(first, cachedir=tmp_path, name="f")(rng), rng.random()
    f = make(second, cachedir=tmp_path, name="f")
    rng = random.Random(3)
    before = rng.getstate()
    f.accept(rng, reason="the same draw")
    assert rng.getstate() == before
    with told() as events:
        assert (f(rng), rng.random()) == (value, following)
    assert [event.ran for event in events] == [False]


def test_a_corrected_file_is_no_result_of_a_cutoff(tmp_path):
    path = tmp_path / "f.npy"

    def made(cutoff):
        return make(
            lambda x: np.full(2, x),
            cachedir=tmp_path / "c",
            name="f",
            output=NumpyFile(path),
            cutoff=cutoff,
        )

    f = made(allclose(rtol=1e-3))
    f(1.0), f(1.0001)
    np.save(path, np.full(2, 7.0))
    f.accept(1.0001, reason="corrected")
    with told() as events:
        assert made(None)(1.0001)[0] == 7.0
    assert [event.ran for event in events] == [False]
