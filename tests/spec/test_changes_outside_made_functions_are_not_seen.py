"""The gotcha "do not break the chain of trust"."""

import numpy as np
import pytest

from counting import warned
from remade import NumpyFile, make


@pytest.fixture
def f_and_g(tmp_path):
    cachedir = str(tmp_path)

    @make(cachedir=cachedir, output=NumpyFile(cachedir + "/f.npy"))
    def f(x):
        return np.array(x)

    @make(cachedir=cachedir, output=NumpyFile(cachedir + "/g.npy"))
    def g(x):
        print(f"Running g({x})")
        return x**2

    return f, g


def test_the_stored_result_answers_although_the_array_was_changed(f_and_g, capsys):
    f, g = f_and_g
    a = f([1])
    np.testing.assert_array_equal(a, [1])
    g(a)
    assert capsys.readouterr().out == "Running g([1])\n"
    a *= 2
    with warned(("the argument x", "changed outside made functions")):
        b = g(a)
    assert capsys.readouterr().out == ""
    np.testing.assert_array_equal(b, [1])


def test_what_was_changed_before_the_first_run_is_never_recorded_as_unchanged(f_and_g, capsys):
    f, g = f_and_g
    a = f([1])
    a *= 2
    with warned(("the argument x", "changed outside made functions")):
        np.testing.assert_array_equal(g(a), [4])
    assert capsys.readouterr().out == "Running g([2])\n"
    np.testing.assert_array_equal(g(f([1])), [1])
    assert capsys.readouterr().out == "Running g([1])\n"


def test_changes_inside_a_made_function_keep_the_chain(f_and_g, tmp_path, capsys):
    f, g = f_and_g

    @make(cachedir=tmp_path, output=NumpyFile(tmp_path / "doubled.npy"))
    def doubled(x):
        x *= 2
        return x

    a = doubled(f([1]))
    np.testing.assert_array_equal(g(a), [4])
    np.testing.assert_array_equal(g(doubled(f([1]))), [4])
    assert capsys.readouterr().out == "Running g([2])\n"


def test_verify_reads_every_argument(f_and_g, tmp_path, capsys):
    f, _ = f_and_g

    @make(cachedir=tmp_path, output=NumpyFile(tmp_path / "h.npy"), verify=True)
    def h(x):
        print(f"Running h({x})")
        return x**2

    a = f([1])
    h(a)
    a *= 2
    with warned("changed outside made functions"):
        np.testing.assert_array_equal(h(a), [4])
    assert capsys.readouterr().out == "Running h([1])\nRunning h([2])\n"
