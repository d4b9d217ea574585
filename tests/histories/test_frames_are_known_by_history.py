"""Frames are known by history, and what changes them is found."""

import numpy as np
import pytest

from remade import make
from workshop import told

pd = pytest.importorskip("pandas")
pytestmark = pytest.mark.filterwarnings("ignore::remade.RemadeWarning")


@pytest.fixture
def made(cachedir, marks):
    """A made function whose runs are counted, that keeps everything."""
    mark = marks.mark

    def build(function):
        def body(x):
            mark("run")
            return function(x)

        name = f"made_{build.count}"
        build.count += 1
        return make(body, cachedir=cachedir, name=name, keep="all")

    build.count = 0
    return build


def frame(n):
    return pd.DataFrame({"a": np.arange(n), "b": np.arange(n) / 2, "c": list("abcdefgh"[:n])})


def test_a_changed_frame(made, marks):
    def bump(df):
        df.loc[0, "a"] = 10
        return df

    source, ask = made(frame), made(lambda df: float(df["a"].sum()))
    df = source(4)
    assert marks.of(ask, df) == (6.0, ["run"])
    assert marks.of(ask, source(4)) == (6.0, [])
    made(bump)(df)
    assert marks.of(ask, df) == (16.0, ["run"])


def test_a_frame_around_changed_memory(made, marks):
    def bump(a):
        a.flags.writeable = True
        a[0] = 10

    source, ask = made(frame), made(lambda df: float(df["a"].sum()))
    df = source(4)
    memory = df["a"].to_numpy()
    assert marks.of(ask, df) == (6.0, ["run"])
    made(bump)(memory)
    assert marks.of(ask, df) == (float(df["a"].sum()), ["run"] if df["a"][0] == 10 else [])


@pytest.mark.parametrize(
    "edit",
    [
        lambda df: df.__setitem__("a", 1),
        lambda df: df.insert(0, "new", 1),
        lambda df: df.pop("b"),
        lambda df: df.loc.__setitem__((0, "a"), 10),
        lambda df: df.iloc.__setitem__((1, 1), 10.5),
        lambda df: setattr(df, "columns", list("xyz")),
    ],
)
def test_a_frame_changed_outside_warns_or_runs_true(edit, made, marks):
    source, ask = made(frame), made(lambda df: df.to_dict("list"))
    df = source(4)
    before = ask(df)
    edit(df)
    (value, warnings), runs = marks.of(told, ask, df)
    assert (value, runs, len(warnings)) == (before, [], 1)
    df = source(5)
    edit(df)
    (value, warnings), runs = marks.of(told, ask, df)
    assert (value, len(warnings)) == (df.to_dict("list"), 1)
    assert runs[-1] == "run"
