"""`explain` runs nothing, loads no result, leaves the store as it is, and reads no known array."""

import numpy as np

from remade import NumpyFile, Persister, make


class Counting(Persister):
    loaded = 0

    def save(self, value):
        with open(self.filename, "w") as file:
            file.write(value)

    def load(self):
        Counting.loaded += 1
        with open(self.filename) as file:
            return file.read()


def contents(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_nothing_is_run_loaded_or_written(marks, cachedir, tmp_path):
    mark = marks.mark

    def body(x):
        mark("run")
        return "x" * x

    f = make(body, name="f", cachedir=cachedir, output=Counting(tmp_path / "f.txt"))
    assert f.explain(3).reasons[0].kind == "never_ran"
    assert not cachedir.exists()
    f(3)
    before = contents(tmp_path)
    loaded = Counting.loaded
    assert f.explain(3).fresh
    assert not f.explain(4).fresh
    assert marks.new() == ["run"]
    assert Counting.loaded == loaded
    assert contents(tmp_path) == before


def test_a_known_array_is_not_read(cachedir, tmp_path):
    """Its pages could not be read: they lie in a file that was cut off since."""
    source = make(
        lambda n: np.arange(n), name="source", cachedir=cachedir,
        output=NumpyFile(tmp_path / "a.npy", mmap_mode="r"),
    )  # fmt: skip
    f = make(lambda x: None, name="f", cachedir=cachedir)
    source(1 << 20)
    array = source(1 << 20)
    assert isinstance(array, np.memmap)
    f(array)
    with open(tmp_path / "a.npy", "r+b") as file:
        file.truncate(4096)
    assert f.explain(array).fresh
    assert f.explain(array[10:]).reasons[0].kind == "argument_changed"
