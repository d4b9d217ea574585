"""Nested lists, tuples and dicts of persisters, constants, classes."""

import json

import numpy as np
import pytest

from counting import aside, warned
from remade import NumpyFile, Persister, PickleFile, make


class Json(Persister):
    extension = ".json"

    def save(self, value):
        with open(self.filename, "w") as file:
            json.dump(value, file)

    def load(self):
        with open(self.filename) as file:
            return json.load(file)


def test_a_tuple_a_list_and_a_dict(tmp_path):
    output = (
        NumpyFile(tmp_path / "a.npy"),
        [PickleFile(tmp_path / "b.pkl"), Json(tmp_path / "c.json")],
        {"d": NumpyFile(tmp_path / "d.npy"), 1: None, (2, "x"): "constant"},
    )

    @make(cachedir=tmp_path / "c", output=output)
    def f(n):
        return (
            np.arange(n),
            [{1, 2}, {"n": n}],
            {"d": np.ones(n), 1: None, (2, "x"): "constant"},
        )

    for _ in range(3):
        a, (b, c), d = f(2)
        np.testing.assert_array_equal(a, [0, 1])
        assert (b, c) == ({1, 2}, {"n": 2})
        assert list(d) == ["d", 1, (2, "x")]
        assert (d[1], d[2, "x"]) == (None, "constant")
        np.testing.assert_array_equal(d["d"], [1, 1])
    assert f.cache_info().ran == 1
    assert json.loads((tmp_path / "c.json").read_text()) == {"n": 2}
    # One of four files is gone: all of them are made again.
    (tmp_path / "b.pkl").unlink()
    f(2)
    assert f.cache_info().ran == 2
    assert aside(tmp_path) == []


def test_each_part_is_known_down_the_chain(tmp_path):
    runs = []

    @make(cachedir=tmp_path, output=(NumpyFile, {"b": NumpyFile}))
    def f(n):
        return np.arange(n), {"b": np.ones(n)}

    @make(cachedir=tmp_path, unknown="rerun", keep="all")
    def g(x):
        runs.append(1)
        return float(x.sum())

    for _ in range(3):
        a, b = f(3)
        assert (g(a), g(b["b"]), g(a[1:])) == (3.0, 3.0, 3.0)
    assert runs == [1, 1, 1]


def test_the_order_of_a_dict_is_that_of_the_result(tmp_path):
    made = make(
        lambda: {"b": [1], "a": [2]},
        cachedir=tmp_path,
        output={"a": PickleFile(tmp_path / "a"), "b": PickleFile(tmp_path / "b")},
    )
    assert [list(made()) for _ in range(3)] == [["b", "a"]] * 3


@pytest.mark.parametrize(
    ("output", "result", "sentence"),
    [
        ((PickleFile, PickleFile), (1, 2, 3), "expects 2 values"),
        ((PickleFile, PickleFile), [1, 2], "expects a tuple"),
        ([PickleFile, PickleFile], (1, 2), "expects a list"),
        ([PickleFile], 1, "expects a list"),
        ({"a": PickleFile}, {"b": 1}, "expects the key 'a'"),
        ({"a": PickleFile}, {"a": 1, "b": 2}, "a dict of 1 values"),
        ({"a": PickleFile}, [1], "expects a dict"),
        ((PickleFile, None), (1, 2), "the constant None"),
        ((PickleFile, "a"), (1, "b"), "the constant 'a'"),
        ((PickleFile, 1), (1, True), "the constant 1"),
        (((PickleFile,), [PickleFile]), ((1,), [1, 2]), "result[1]"),
    ],
)
def test_a_result_of_another_structure_is_returned_and_not_saved(
    tmp_path, output, result, sentence
):
    made = make(lambda: result, cachedir=tmp_path, output=output)
    for _ in range(2):
        with warned(("could not be saved", sentence)):
            assert made() is result
    assert list(tmp_path.rglob("*.pkl")) == []


def test_a_constant_that_can_change_is_given_out_as_it_was(tmp_path):
    made = make(lambda: (1, {7}), cachedir=tmp_path, output=(PickleFile, {7}))
    for _ in range(3):
        _, constant = made()
        assert constant == {7}
        constant.add(8)
    assert made.cache_info().ran == 1


def test_named_tuples_are_no_structure(tmp_path):
    import collections

    pair = collections.namedtuple("pair", "a b")
    with warned("expects a tuple"):
        make(lambda: pair(1, 2), cachedir=tmp_path, output=(PickleFile, PickleFile))()


def test_another_output_is_a_reason_to_run(tmp_path):
    def f():
        return [1]

    def ran(output):
        made = make(f, cachedir=tmp_path / "c", output=output)
        made()
        assert made() == [1]
        return made.cache_info().ran

    for output in (None, PickleFile, PickleFile(tmp_path / "a"), PickleFile(tmp_path / "b"), Json):
        assert [ran(output), ran(output)] == [1, 0], output
    assert [ran([Json]), ran([Json])] == [1, 0]
    # The file that an earlier output named stays.
    assert (tmp_path / "a").exists()


def test_another_structure_is_a_reason_to_run_and_no_damage(tmp_path):
    results = {"tuple": (1, "a"), "list": [1, "a"], "dict": {"a": 1, "b": "a"}}

    def ran(output, kind):
        made = make(lambda: results[kind], cachedir=tmp_path, output=output, name="f")
        value = made()
        assert made() == value
        return made.cache_info().ran

    for output, kind in (
        ((PickleFile, "a"), "tuple"),
        ([PickleFile, "a"], "list"),
        ({"a": PickleFile, "b": "a"}, "dict"),
        ({"b": "a", "a": PickleFile}, "dict"),
    ):
        assert [ran(output, kind), ran(output, kind)] == [1, 0]


def test_the_order_of_output_does_not_change_what_is_what(tmp_path):
    def f():
        return {"a": "of a", "b": "of b"}

    for output in ({"a": PickleFile, "b": PickleFile}, {"b": PickleFile, "a": PickleFile}):
        made = make(f, cachedir=tmp_path, output=output)
        for _ in range(3):
            assert made() == f()


def test_another_constant_never_replaces_what_was_returned(tmp_path):
    for constant in ("a", {1, 2}, "x" * 5000):
        made = make(lambda: (1, constant), cachedir=tmp_path, output=(PickleFile, constant))
        assert [made(), made()] == [(1, constant)] * 2
        for other in ("b", {3}, None):
            changed = make(made.__wrapped__, cachedir=tmp_path, output=(PickleFile, other))
            with warned("the constant"):
                assert changed() == (1, constant)
            try:
                assert changed.load() == (1, constant)
            except LookupError:
                pass
