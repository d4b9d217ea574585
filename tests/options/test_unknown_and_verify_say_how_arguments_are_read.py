"""`unknown="rerun"` and `verify=True`; arguments that have no version at all."""

import io

import numpy as np

from counting import warned
from remade import NumpyFile, make


def source(folder):
    return make(
        lambda n: np.arange(float(n)), cachedir=folder, output=NumpyFile(folder / "a.npy"), name="a"
    )


def test_rerun_takes_nothing_by_its_content_but_values(tmp_path):
    runs = []

    @make(cachedir=tmp_path, unknown="rerun")
    def f(x):
        runs.append(1)
        return 1

    for known in (1, "a", None, (1, 2.0), source(tmp_path)(3)):
        runs.clear()
        f(known)
        f(known)
        assert runs == [1], known


def test_rerun_runs_for_an_array_from_elsewhere(tmp_path):
    runs = []

    @make(cachedir=tmp_path, unknown="rerun")
    def f(x):
        runs.append(1)
        return 1

    array = np.arange(3)
    f(array)
    f(array)
    assert runs == [1, 1]


def test_verify_trusts_no_history(tmp_path):
    runs = []

    @make(cachedir=tmp_path, verify=True, keep="all")
    def f(x):
        runs.append(1)
        return float(x.sum())

    array = source(tmp_path)(3)
    assert [f(array), f(array)] == [3.0, 3.0]
    assert runs == [1]
    array[0] = 7
    with warned("changed outside made functions"):
        assert f(array) == 10.0
    assert f(array) == 10.0
    array[0] = 0
    assert f(array) == 3.0
    assert runs == [1, 1]


def test_what_has_no_version_runs_every_time_and_says_so_once(tmp_path):
    runs = []

    @make(cachedir=tmp_path)
    def f(stream, x=1):
        runs.append(1)
        return x

    stream = (n for n in range(3))
    with warned(("parameter stream", "ignore=")):
        assert [f(stream), f(stream), f(stream)] == [1, 1, 1]
    assert runs == [1, 1, 1]


def test_what_has_no_version_can_be_ignored(tmp_path):
    made = make(lambda stream, x: x, cachedir=tmp_path, ignore=("stream",))
    assert [made(io.StringIO(), 1), made(iter([]), 1)] == [1, 1]
    assert made.cache_info().ran == 1
