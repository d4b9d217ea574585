"""The chapter "Writing your own": `save` and `load`, the file name in the initializer."""

import numpy as np

from remade import Persister, make


class TextFile(Persister):
    """Numbers in a text file."""

    def save(self, value):
        np.savetxt(self.filename, value)

    def load(self):
        return np.loadtxt(self.filename)


class Table(Persister):
    """A table with a separator; the initializer takes more than the name."""

    def __init__(self, filename, separator=","):
        self.filename = filename
        self.separator = separator

    def save(self, value):
        with open(self.filename, "w") as file:
            file.write(self.separator.join(map(str, value)))

    def load(self):
        with open(self.filename) as file:
            return file.read().split(self.separator)


def test_save_and_load_are_all_it_takes(tmp_path, capsys):
    @make(cachedir=tmp_path, output=TextFile(tmp_path / "f.txt"))
    def f(x):
        print(f"Running f({x})")
        return np.arange(x)

    np.testing.assert_array_equal(f(3), [0, 1, 2])
    np.testing.assert_array_equal(f(3), [0, 1, 2])
    assert capsys.readouterr().out == "Running f(3)\n"
    np.testing.assert_array_equal(np.loadtxt(tmp_path / "f.txt"), [0, 1, 2])


def test_an_initializer_of_its_own_needs_not_call_the_one_above(tmp_path, capsys):
    def made(separator):
        @make(cachedir=tmp_path, output=Table(str(tmp_path / "f.txt"), separator))
        def f(x):
            print("Running")
            return ["a", "b", x]

        return f

    assert made(";")("c") == ["a", "b", "c"]
    assert made(";")("c") == ["a", "b", "c"]
    assert (tmp_path / "f.txt").read_text() == "a;b;c"
    assert capsys.readouterr().out == "Running\n"
    # How it is saved is part of what is recorded.
    assert made("|")("c") == ["a", "b", "c"]
    assert (tmp_path / "f.txt").read_text() == "a|b|c"
    assert capsys.readouterr().out == "Running\n"


def test_used_by_hand_it_saves_and_loads(tmp_path):
    file = TextFile(tmp_path / "x.txt")
    file.save([1.0, 2.0])
    np.testing.assert_array_equal(file.load(), [1, 2])
    assert repr(file) == f"TextFile({str(tmp_path / 'x.txt')!r})"


def test_what_it_gives_back_is_known_down_the_chain(tmp_path, capsys):
    """A persister may round: the run and the file then count as the same."""

    class Rounded(TextFile):
        def save(self, value):
            np.savetxt(self.filename, value, fmt="%.1f")

    @make(cachedir=tmp_path, output=Rounded(tmp_path / "f.txt"))
    def f(x):
        print("f")
        return np.array([x / 3, 1.0])

    @make(cachedir=tmp_path)
    def g(x):
        print("g")
        return float(x[1])

    g(f(1))
    g(f(1))
    g(f(1))
    assert capsys.readouterr().out == "f\ng\n"
