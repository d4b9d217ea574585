"""A result that a person corrected is the result from then on; what depends on it is stale."""

import pickle

import numpy as np
import pytest

from counting import aside, in_process, records
from remade import File, NumpyFile, Persister, PickleFile, make


class TextFile(Persister):
    def save(self, value):
        with open(self.filename, "w") as file:
            file.write(value)

    def load(self):
        with open(self.filename) as file:
            return file.read()


KINDS = {
    "array": (NumpyFile, np.arange(3), np.array([7, 8, 9]), np.save),
    "array of another shape": (NumpyFile, np.arange(3), np.zeros((2, 2)), np.save),
    "pickle": (
        PickleFile,
        {"a": [1]},
        {"a": [2]},
        lambda path, v: path.write_bytes(pickle.dumps(v)),
    ),
    "text": (TextFile, "before", "after", lambda path, v: path.write_text(v)),
}


@pytest.fixture(params=KINDS)
def kind(request):
    return KINDS[request.param]


def steps(tmp_path, kind):
    persister, value, _, _ = kind
    path = tmp_path / "result.npy"
    first = make(
        lambda: value, name="first", cachedir=tmp_path / "c", output=persister(path),
    )  # fmt: skip
    second = make(lambda x: repr(x), name="second", cachedir=tmp_path / "c")
    return path, first, second


def equal(one, other):
    np.testing.assert_array_equal(np.asarray(one), np.asarray(other))
    return True


def test_its_content_is_the_result_and_what_depends_on_it_is_stale(tmp_path, kind):
    _, value, corrected, write = kind
    path, first, second = steps(tmp_path, kind)
    second(first())
    write(path, corrected)
    content, stat = path.read_bytes(), path.stat()
    first.accept(reason="corrected by hand")
    assert first.explain().fresh
    for _ in range(2):  # what this process knows already, and what a new one finds
        result = first()
        assert equal(result, corrected)
        assert second(result) == repr(result)
        _, first, second = steps(tmp_path, kind)
    assert second(first()) == repr(result)
    assert (first.cache_info().ran, second.cache_info().ran) == (0, 0)
    assert (path.read_bytes(), path.stat().st_ino) == (content, stat.st_ino)
    assert aside(tmp_path) == []


def test_a_run_replaces_it_without_a_word(tmp_path, kind):
    """It was accepted, so a record explains it."""
    _, value, corrected, write = kind
    path, first, _ = steps(tmp_path, kind)
    first()
    write(path, corrected)
    first.accept(reason="r")
    assert equal(first.call(), value)
    assert aside(tmp_path) == []


def test_with_code_that_changed_as_well(tmp_path):
    path = tmp_path / "f.npy"
    make(lambda: np.arange(3), name="f", cachedir=tmp_path / "c", output=NumpyFile(path))()
    np.save(path, [7])
    after = make(
        lambda: np.arange(1 + 2), name="f", cachedir=tmp_path / "c", output=NumpyFile(path)
    )
    after.accept(reason="both")
    assert after().tolist() == [7]
    assert after.cache_info().ran == 0


def test_one_file_of_several(tmp_path):
    output = (NumpyFile(tmp_path / "a.npy"), PickleFile(tmp_path / "b.pkl"))
    made = make(lambda: (np.arange(3), [1]), name="f", cachedir=tmp_path / "c", output=output)
    made()
    (tmp_path / "b.pkl").write_bytes(pickle.dumps([2]))
    made.accept(reason="r")
    array, other = made()
    assert (array.tolist(), other, made.cache_info().ran) == ([0, 1, 2], [2], 1)


def test_a_file_that_the_function_wrote_by_itself(tmp_path):
    def body():
        (tmp_path / "own.txt").write_text("by the run")
        return File(tmp_path / "own.txt")

    made = make(body, name="f", cachedir=tmp_path / "c")
    read = make(lambda file: open(file).read(), name="read", cachedir=tmp_path / "c")
    assert read(made()) == "by the run"
    (tmp_path / "own.txt").write_text("by hand")
    made.accept(reason="r")
    assert read(made()) == "by hand"
    assert (made.cache_info().ran, read.cache_info().ran) == (1, 2)


def test_what_cannot_be_loaded_is_refused(tmp_path, kind):
    path, first, _ = steps(tmp_path, kind)
    first()
    if kind is KINDS["text"]:
        path.write_bytes(b"\xff\xfe\xff")
    else:
        path.write_bytes(b"no such format")
    (record,) = records(tmp_path)
    before = record.read_bytes()
    with pytest.raises(ValueError, match=r"cannot be accepted: .*result\.npy cannot be loaded"):
        first.accept(reason="r")
    assert record.read_bytes() == before


def test_in_another_process(tmp_path):
    program = """
        import sys
        import numpy as np
        from remade import NumpyFile, make

        @make(output=NumpyFile("mask.npy"))
        def mask():
            print("ran", end=" ")
            return np.arange(3)

        @make
        def total(mask):
            print("summed", end=" ")
            return int(mask.sum())

        if sys.argv[1:] == ["accept"]:
            mask.accept(reason="corrected")
        else:
            print(total(mask()))
    """
    assert in_process(tmp_path, program)[0] == "ran summed 3\n"
    np.save(tmp_path / "mask.npy", [5, 5])
    in_process(tmp_path, program, "accept")
    assert in_process(tmp_path, program)[0] == "summed 10\n"
    assert in_process(tmp_path, program)[0] == "10\n"
