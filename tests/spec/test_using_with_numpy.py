"""The chapter "Using with numpy": arrays are known by the call that they came from."""

import numpy as np
import pytest

from remade import NumpyFile, make


@pytest.fixture
def f_and_g(tmp_path):
    cachedir = str(tmp_path)

    @make(cachedir=cachedir, output=NumpyFile(cachedir + "/f.npy"))
    def f(x):
        print("A long-running calculation, with parameter", x)
        return np.hamming(x)

    @make(cachedir=cachedir, output=NumpyFile(cachedir + "/g.npy"))
    def g(x):
        print("A second long-running calculation, using f(x)")
        return np.vander(x)

    return f, g


def test_a_function_of_an_array_from_a_made_function_runs_once(f_and_g, capsys):
    f, g = f_and_g
    a = f(3)
    assert capsys.readouterr().out == "A long-running calculation, with parameter 3\n"
    np.testing.assert_allclose(a, [0.08, 1.0, 0.08])
    np.testing.assert_array_equal(f(3), a)
    assert capsys.readouterr().out == ""
    b = g(a)
    assert capsys.readouterr().out == "A second long-running calculation, using f(x)\n"
    b2 = g(a)
    assert capsys.readouterr().out == ""
    np.testing.assert_allclose(b2, [[0.0064, 0.08, 1], [1, 1, 1], [0.0064, 0.08, 1]])
    assert np.allclose(b, b2)


def test_another_object_of_the_same_call_is_as_good(f_and_g, capsys):
    f, g = f_and_g
    a = f(3)
    b = g(a)
    capsys.readouterr()
    a2 = f(3)
    b3 = g(a2)
    assert capsys.readouterr().out == ""
    assert np.allclose(b, b3)
    assert a2 is not a
    assert np.allclose(a2, a)
    # They share no memory either: who changes one does not change the other.
    assert not np.shares_memory(a, a2)
    a2[:] = 0
    assert f(3)[1] == 1.0


def test_the_object_of_an_earlier_call_is_not_mistaken_for_that_of_a_later_one(f_and_g, capsys):
    f, g = f_and_g
    a3, a4 = f(3), f(4)
    assert g(a3).shape == (3, 3)
    assert g(a4).shape == (4, 4)
    capsys.readouterr()
    assert g(a4).shape == (4, 4)
    assert capsys.readouterr().out == ""
    assert g(a3).shape == (3, 3)
    assert capsys.readouterr().out == "A second long-running calculation, using f(x)\n"
