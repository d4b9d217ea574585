"""Frames of pandas, polars and Arrow by labels, types and values, however they came to be."""

import pickle

import numpy as np
import pytest

from known import known
from remade import _remade as remade

pandas = pytest.importorskip("pandas")
polars = pytest.importorskip("polars")
pyarrow = pytest.importorskip("pyarrow")


def frame():
    return pandas.DataFrame(
        {
            "i": [1, 2, 3],
            "f": [0.5, np.nan, -0.0],
            "s": ["a", None, "c"],
            "o": pandas.Series([1, "x", None], dtype=object),
            "t": pandas.date_range("2020", periods=3, tz="UTC"),
            "c": pandas.Categorical(["x", "y", "x"]),
            "n": pandas.array([1, None, 3], dtype="Int64"),
            "b": [True, False, True],
        },
        index=["r", "s", "t"],
    )


def test_equal_frames_have_one_version():
    version = remade._version(frame())
    assert version == remade._version(frame())
    assert version == remade._version(frame().copy())
    assert version == remade._version(pickle.loads(pickle.dumps(frame())))
    parts = frame()
    parts["new"] = 1
    del parts["new"]
    assert version == remade._version(parts)


CHANGES = [
    lambda f: f.assign(i=[1, 2, 4]),
    lambda f: f.assign(f=[0.5, np.nan, 0.0]),
    lambda f: f.assign(s=["a", "", "c"]),
    lambda f: f.assign(n=pandas.array([1, 2, 3], dtype="Int64")),
    lambda f: f.assign(c=pandas.Categorical(["x", "y", "y"])),
    lambda f: f.assign(c=pandas.Categorical(["x", "y", "x"], categories=["y", "x"])),
    lambda f: f.assign(c=pandas.Categorical(["x", "y", "x"], ordered=True)),
    lambda f: f.astype({"i": "int32"}),
    lambda f: f.rename(columns={"i": "j"}),
    lambda f: f.rename(index={"r": "q"}),
    lambda f: f.rename_axis("name"),
    lambda f: f.reset_index(drop=True),
    lambda f: f[f.columns[::-1]],
    lambda f: f.iloc[::-1],
    lambda f: f.iloc[:2],
    lambda f: f.set_flags(allows_duplicate_labels=False),
    lambda f: f.assign(t=f["t"].dt.tz_convert("Europe/Berlin")),
    lambda f: f["i"],
    lambda f: f[["i"]],
    lambda f: f["i"].rename("k"),
]


def test_every_change_of_a_frame_counts():
    versions = [remade._version(frame())] + [remade._version(change(frame())) for change in CHANGES]
    assert len(set(versions)) == len(versions)
    marked = frame()
    marked.attrs["unit"] = "m"
    assert remade._version(marked) not in versions


def test_frames_are_known_by_history():
    for value in (frame(), frame()["i"], polars.DataFrame({"a": [1]}), polars.Series("a", [1])):
        content, nested = remade._version(value), remade._version([value])
        assert not known(value)
        assert remade._remember(value) == 1
        assert known(value)
        assert remade._version_by_history(value) == content
        assert remade._version_by_history([value]) == nested
        assert remade._history(value)[0] == []
        assert remade._verify(value) == []


def test_a_changed_frame_is_found():
    value = frame()
    remade._remember(value)
    value.loc["r", "i"] = 99
    assert remade._verify(value) != []
    assert not known(value)
    other = frame()
    remade._remember(other)
    other["new"] = 1
    assert remade._history(other)[0] != []


def test_polars_frames_by_value():
    def make(**changes):
        columns = {
            "a": [1, None, 3],
            "s": ["x", "", None],
            "l": [[1], [], None],
            "b": [True, None, False],
        }
        return polars.DataFrame({**columns, **changes})

    version = remade._version(make())
    assert version == remade._version(make())
    halves = polars.concat([make()[:1], make()[1:]], rechunk=False)
    assert version == remade._version(halves)
    assert version == remade._version(polars.concat([make(), make()])[3:])
    changes = [
        make(a=[1, 2, 3]),
        make(s=["x", None, None]),
        make(l=[[1], None, None]),
        make(b=[True, True, False]),
        make(a=[1.0, None, 3.0]),
        make().rename({"a": "z"}),
        make()[:2],
        make()["a"],
        make().select("a"),
        make(s=["", "x", None]),
        make(l=[[], [1], None]),
    ]
    versions = [version] + [remade._version(change) for change in changes]
    assert len(set(versions)) == len(versions)


def test_objects_in_a_column_of_polars_count_by_what_they_are():
    class Part:
        def __init__(self, number):
            self.number = number

    def column(*numbers):
        return polars.Series("m", [Part(number) for number in numbers], dtype=polars.Object)

    for make in (column, lambda *numbers: polars.DataFrame({"a": [1, 2], "m": column(*numbers)})):
        one = make(1, 2)
        version = remade._version(one)
        assert version == remade._version(make(1, 2))
        assert version != remade._version(make(1, 3))
        assert version != remade._version(make(2, 1))
        series = one if isinstance(one, polars.Series) else one["m"]
        series.to_list()[1].number = 3
        assert version != remade._version(one)
        assert remade._version(one) == remade._version(make(1, 3))
    named = polars.DataFrame({"a": [{"Object": 1}]})  # a type with that name in it
    assert remade._version(named) == remade._version(named.clone())
    part = column(5)
    assert remade._has_aliases([part, part.to_list()[0]])
    assert not remade._has_aliases([part, column(5)])


def test_arrow_data_does_not_depend_on_chunks():
    whole = pyarrow.chunked_array([[1, 2, None, 4]])
    chunks = pyarrow.chunked_array([[1, 2], [None, 4]])
    assert remade._version(whole) == remade._version(chunks)
    table = pyarrow.table(
        {
            "a": whole,
            "d": pyarrow.array(["x", "y", "x", None]).dictionary_encode(),
            "s": [{"u": 1}, None, {"u": 2}, {"u": None}],
        }
    )
    assert remade._version(table) == remade._version(
        pyarrow.concat_tables([table.slice(0, 2), table.slice(2)])
    )
    assert remade._version(table) != remade._version(table.slice(1))
    assert remade._version(table) != remade._version(table.drop_columns("s"))


def test_a_subclass_keeps_its_own_attributes():
    class Table(pandas.DataFrame):
        _metadata = ["unit"]

    one, other = Table({"a": [1]}), Table({"a": [1]})
    one.unit, other.unit = "m", "s"
    versions = {remade._version(value) for value in (one, other, pandas.DataFrame({"a": [1]}))}
    assert len(versions) == 3
