"""A run whose result cannot be saved is told like any other, with the path that was in the way."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from remade import NumpyFile, PickleFile, RemadeWarning, events, make


def told(function, *arguments):
    """Events and warnings of one call."""
    found = []
    with events(found.append), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        function(*arguments)
    return found, [str(warning.message) for warning in warned]


def test_a_run_that_was_not_saved_has_an_event(tmp_path):
    @make(cachedir=tmp_path / "cache")
    def unpicklable(x):
        return lambda: x

    (event,), (warning,) = told(unpicklable, 1)
    assert (event.ran, event.reasons, event.files) == (True, ("never ran",), ())
    assert "could not be saved" in warning


def test_a_folder_in_the_way_is_named(tmp_path):
    (tmp_path / "f.pkl").mkdir()

    @make(cachedir=tmp_path / "cache", output=PickleFile(tmp_path / "f.pkl"))
    def f():
        return [1]

    _, (warning,) = told(f)
    assert f"could not be saved in {tmp_path / 'f.pkl'}: something that is not" in warning
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "f.pkl"]


def test_a_store_that_cannot_be_used_is_told_once(tmp_path):
    (tmp_path / "cache").write_text("a file")

    @make(cachedir=tmp_path / "cache")
    def f(x):
        return [x]

    @make(cachedir=tmp_path / "cache")
    def g(x):
        return x

    events_of_f, (warning,) = told(f, 1)
    assert f"the store {tmp_path / 'cache'} cannot be used" in warning
    assert [event.ran for event in events_of_f] == [True]
    assert told(f, 1)[1] == told(g, 1)[1] == []


def test_a_store_that_cannot_be_used_is_an_error_where_errors_are_raised(tmp_path):
    (tmp_path / "cache").write_text("a file")

    @make(cachedir=tmp_path / "cache", raise_errors=True)
    def f(x):
        return [x]

    for _ in range(2):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RemadeWarning)
            with pytest.raises(Exception, match="could not be saved") as raised:
                f(1)
        assert raised.value.value == [1]


def test_values_whose_short_form_is_the_same_are_told_apart(tmp_path):
    @make(cachedir=tmp_path / "cache", output=NumpyFile(tmp_path / "f.npy"))
    def f(x):
        return x

    f(np.zeros(3))
    (event,), _ = told(f, np.ones(3))
    assert event.reasons == ("argument x changed: another ndarray float64 (3)",)
