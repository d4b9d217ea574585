"""A comparison that cannot be made, or that changes what it compares, gives no wrong result."""

import os

import numpy as np
import pytest

from counting import records, told, warned
from remade import PickleFile, allclose, make


def test_what_raises_is_told_and_the_new_result_is_saved(cachedir):
    def fails(old, new):
        raise ZeroDivisionError("by 0")

    result = make(lambda x: x, cachedir=cachedir, name="f", cutoff=fails)
    assert result(1.0) == 1.0
    with warned(("could not compare", "ZeroDivisionError", "by 0")):
        assert result(2.0) == 2.0
    with told() as events:
        assert result(2.0) == 2.0
    assert [event.ran for event in events] == [False]


def test_an_answer_that_is_neither_is_told(cachedir):
    result = make(lambda x: np.full(2, x), cachedir=cachedir, name="f", cutoff=np.isclose)
    result(1.0)
    with warned("should return True or False"):
        assert result(1.0 + 1e-12)[0] == 1.0 + 1e-12


def test_numpys_own_and_plain_functions_compare(cachedir):
    result = make(lambda x: np.full(2, x), cachedir=cachedir, name="f", cutoff=np.allclose)
    assert result(1.0)[0] == result(1.0 + 1e-12)[0] == 1.0


def test_an_old_result_that_cannot_be_loaded_is_told(tmp_path, cachedir, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", os.devnull)  # no place for a key, so no seal
    path = tmp_path / "f.pkl"
    result = make(
        lambda x: [x], cachedir=cachedir, output=PickleFile(path), cutoff=allclose(), name="f"
    )
    result(1.0)
    os.chmod(path, 0o666)  # a pickle without a seal, which others can write, is not loaded
    with warned(("could not compare", "f.pkl")):
        assert result(1.0 + 1e-12) == [1.0 + 1e-12]


def test_an_interrupt_is_one(cachedir):
    def stopped(old, new):
        raise KeyboardInterrupt

    result = make(lambda x: x, cachedir=cachedir, name="f", cutoff=stopped)
    result(1.0)
    with pytest.raises(KeyboardInterrupt):
        result(2.0)


def test_what_a_comparison_does_to_the_old_value_does_not_count(cachedir):
    def destroys(old, new):
        old[:] = -1
        return True

    result = make(lambda x: np.full(2, x), cachedir=cachedir, name="f", cutoff=destroys)
    total = make(lambda a: float(a.sum()), cachedir=cachedir, name="g")
    assert total(result(1.0)) == 2.0
    assert (result(2.0)[0], total(result(3.0))) == (1.0, 2.0)


def test_the_cutoff_is_code_for_what_was_kept_and_for_nothing_else(cachedir, marks):
    mark = marks.mark

    def made(cutoff):
        @make(cachedir=cachedir, name="f", cutoff=cutoff, keep="all")
        def result(x):
            mark("f")
            return x

        return result

    assert [made(allclose(rtol=1e-3))(x) for x in (1.0, 1.0001)] == [1.0, 1.0]
    marks.new()
    assert marks.of(made(allclose(rtol=1e-4)), 1.0) == (1.0, [])
    assert marks.of(made(allclose(rtol=1e-5)), 1.0001) == (1.0001, ["f"])  # 1.0 was kept
    assert marks.of(made(allclose(rtol=1e-3)), 1.0) == (1.0, [])


def test_an_outer_function_is_of_the_cutoff_inside(cachedir, marks):
    mark = marks.mark

    def program(rtol):
        inner = make(lambda x: x, cachedir=cachedir, name="inner", cutoff=allclose(rtol=rtol))

        @make(cachedir=cachedir, name="outer")
        def outer(x):
            mark("outer")
            return inner(x) * 2

        return outer

    program(1e-3)(1.0)
    assert marks.of(program(1e-3), 1.0) == (2.0, [])
    assert marks.of(program(1e-6), 1.0) == (2.0, ["outer"])


@pytest.mark.parametrize(
    ("cutoff", "sentence"),
    [
        (allclose, "not the class allclose itself"),
        (1e-9, "a function of the old and the new result"),
        (True, "a function of the old and the new result"),
    ],
)
def test_what_cannot_compare_is_refused(cutoff, sentence):
    with pytest.raises(TypeError, match=sentence):
        make(abs, cutoff=cutoff)


@pytest.mark.parametrize("options", [{"rtol": -1}, {"atol": float("nan")}])
def test_tolerances_are_not_negative(options):
    with pytest.raises(ValueError, match="from 0 on"):
        allclose(**options)
    with pytest.raises(TypeError, match="takes a number"):
        allclose(**dict.fromkeys(options, "1"))


def test_a_run_that_raises_leaves_the_old_result(cachedir):
    @make(cachedir=cachedir, name="f", cutoff=allclose())
    def result(x):
        return 1 / x

    result(1.0)
    before = records(cachedir)
    with pytest.raises(ZeroDivisionError):
        result(0.0)
    assert records(cachedir) == before
