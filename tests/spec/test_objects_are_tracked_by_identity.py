"""What the specification left open between names and identities, and "How it works"."""

import numpy as np
import pytest

from remade import NumpyFile, make


@pytest.fixture
def f_and_g(tmp_path):
    @make(cachedir=tmp_path, output=NumpyFile(tmp_path / "f.npy"))
    def f(x):
        return np.array(x)

    @make(cachedir=tmp_path)
    def g(x, y=None):
        print(f"Running g({x}, {y})")

    return f, g


@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: [x]], ids=["number", "list"])
def test_swapped_arguments_are_another_call(f_and_g, capsys, wrap):
    f, g = f_and_g
    a, b = f(wrap(1)), f(wrap(2))
    g(a, b)
    a, b = b, a
    g(a, b)
    assert capsys.readouterr().out == (
        f"Running g({wrap(1)}, {wrap(2)})\nRunning g({wrap(2)}, {wrap(1)})\n"
    )
    g(a, b)
    assert capsys.readouterr().out == ""


def test_a_copy_is_recognised_by_its_content(f_and_g, capsys):
    f, g = f_and_g
    a = f([1])
    g(a)
    g(a.copy())
    assert capsys.readouterr().out == "Running g([1], None)\n"


def test_without_a_history_it_runs_every_time_if_so_asked(f_and_g, tmp_path, capsys):
    f, _ = f_and_g

    @make(cachedir=tmp_path, unknown="rerun")
    def h(x):
        print(f"Running h({x})")

    a = f([1])
    h(a)
    h(a)
    assert capsys.readouterr().out == "Running h([1])\n"


def test_the_first_value_comes_back_and_the_second_is_what_the_file_gives(tmp_path):
    """The gotcha "Persisting can have side-effects"."""

    @make(cachedir=tmp_path, output=NumpyFile(tmp_path / "f.npy"))
    def f(x):
        return x

    first, second = f(1), f(1)
    assert type(first) is int
    assert first == 1
    assert type(second) is np.ndarray
    assert second.shape == ()
    assert second == 1
