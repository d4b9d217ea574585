"""`f.output_path(...)`: the file, nothing, or the structure of `output=`."""

from pathlib import Path

import numpy as np

from remade import NumpyFile, Persister, PickleFile, make


class Nowhere(Persister):
    def __init__(self):
        pass

    def save(self, value):
        pass

    def load(self):
        return None


def test_the_name_that_the_user_gave(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = make(lambda x: x, output=PickleFile("out/f.pkl"))
    assert made.output_path(1) == str(tmp_path / "out" / "f.pkl")
    assert made.output_path(x=2) == str(tmp_path / "out" / "f.pkl")
    assert list(tmp_path.iterdir()) == []


def test_the_template_filled_in(tmp_path):
    made = make(
        lambda x, y=2: x, cachedir=tmp_path, output=PickleFile(tmp_path / "{x}-{y:02d}.pkl")
    )
    assert made.output_path("a") == str(tmp_path / "a-02.pkl")
    made("a")
    assert Path(made.output_path("a")).exists()


def test_the_structure_of_output(tmp_path):
    a, b = str(tmp_path / "a.npy"), str(tmp_path / "b.pkl")
    made = make(
        lambda: ([np.arange(2), 1], {"b": 2, "c": None}),
        cachedir=tmp_path,
        output=([NumpyFile(a), 1], {"b": PickleFile(b), "c": None}),
    )
    assert made.output_path() == ([a, None], {"b": b, "c": None})
    made()
    assert Path(a).exists()
    assert Path(b).exists()


def test_a_persister_without_a_file(tmp_path):
    assert make(lambda: 1, cachedir=tmp_path, output=Nowhere()).output_path() is None


def test_a_class_and_the_engine_names_the_file(tmp_path):
    made = make(lambda: np.arange(3), cachedir=tmp_path, output=NumpyFile)
    path = Path(made.output_path())
    assert path.suffix == ".npy"
    assert tmp_path in path.parents
    made()
    np.testing.assert_array_equal(np.load(path), [0, 1, 2])


def test_several_classes_have_a_file_each(tmp_path):
    made = make(lambda: (np.arange(3), "b"), cachedir=tmp_path, output=(NumpyFile, PickleFile))
    made()
    one, other = map(Path, made.output_path())
    assert one != other
    assert one.exists()
    assert other.exists()


def test_without_output_it_is_known_after_the_run(tmp_path):
    short = make(lambda: 1, cachedir=tmp_path, name="short")
    array = make(lambda: np.arange(3), cachedir=tmp_path, name="array")
    other = make(lambda: {1, 2}, cachedir=tmp_path, name="other")
    for made, suffix in ((short, None), (array, ".npy"), (other, ".pkl")):
        assert made.output_path() is None
        made()
        path = made.output_path()
        assert path is None if suffix is None else Path(path).suffix == suffix
        assert suffix is None or Path(path).exists()
