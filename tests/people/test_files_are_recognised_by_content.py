"""A result that was touched, copied, restored or moved with its store is the same result."""

import os
import shutil

import numpy as np
import pytest

from counting import aside, in_process, lines, records, told
from remade import NumpyFile, PickleFile, make


def f(n):
    return np.arange(n)


@pytest.fixture
def made(tmp_path):
    return make(f, cachedir=tmp_path / "c", output=NumpyFile(tmp_path / "f.npy"))


def copied(path):
    shutil.copy(path, str(path) + "~")
    os.replace(str(path) + "~", path)


def rewritten(path):
    content = path.read_bytes()
    path.write_bytes(b"")
    path.write_bytes(content)


CHANGES = {
    "touched": os.utime,
    "dated back": lambda path: os.utime(path, (0, 0)),
    "dated into the future": lambda path: os.utime(path, (2**32, 2**32)),
    "copied": copied,
    "rewritten": rewritten,
    "saved again": lambda path: np.save(path, np.load(path)),
    "linked": lambda path: os.link(path, str(path) + ".second"),
    "made read-only": lambda path: os.chmod(path, 0o400),
}


@pytest.mark.parametrize("name", CHANGES)
def test_it_is_reused(made, tmp_path, name):
    made(3)
    CHANGES[name](tmp_path / "f.npy")
    for one in (made, make(f, cachedir=tmp_path / "c", output=NumpyFile(tmp_path / "f.npy"))):
        with told() as seen:
            for _ in range(2):
                np.testing.assert_array_equal(one(3), [0, 1, 2])
        assert [event.ran for event in seen] == [False, False]
        assert one.check_call_in_cache(3)
    one(4)
    assert aside(tmp_path) == []


def test_one_that_was_changed_and_restored_is_reused(made, tmp_path):
    made(3)
    path = tmp_path / "f.npy"
    shutil.copy2(path, tmp_path / "backup")
    np.save(path, [7])
    assert not made.check_call_in_cache(3)
    shutil.copy2(tmp_path / "backup", path)
    assert made.check_call_in_cache(3)
    np.testing.assert_array_equal(made(3), [0, 1, 2])


def test_deleting_the_result_or_the_record_runs_it_again(made, tmp_path):
    made(3)
    (tmp_path / "f.npy").unlink()
    made(3)
    records(tmp_path)[0].unlink()
    made(3)
    assert made.cache_info().ran == 3
    assert aside(tmp_path) == []
    made(3)
    assert made.cache_info().reused == 1


PROGRAM = """
    import numpy as np
    from remade import File, NumpyFile, PickleFile, make

    def ran(name):
        with open("runs", "a") as file:
            file.write(name + "\\n")

    @make(cachedir="store/cache", output=NumpyFile("results/a.npy"))
    def a(file):
        ran("a")
        with open(file) as stream:
            return np.array([float(x) for x in stream.read().split()])

    @make(cachedir="store/cache", output=PickleFile("store/b.pkl"))
    def b(x):
        ran("b")
        return {"sum": float(x.sum())}

    @make(cachedir="store/cache")
    def c(x):
        ran("c")
        return x["sum"] + 1

    print(c(b(a(File("store/data.txt")))), end="")
"""


@pytest.mark.parametrize("move", [shutil.move, shutil.copytree, "cp -r", "cp -a", "mv"])
def test_a_project_that_was_moved_or_copied_is_reused(tmp_path, move):
    old, new = tmp_path / "old", tmp_path / "deep" / "new"
    (old / "store").mkdir(parents=True)
    (tmp_path / "deep").mkdir()
    (old / "store" / "data.txt").write_text("1 2 3")
    program = PROGRAM.replace("results/", "store/")
    assert in_process(old, program) == ("7.0", "")
    if callable(move):
        move(old, new)
    else:
        os.system(f"{move} '{old}' '{new}'")
    assert in_process(new, program) == ("7.0", "")
    assert lines(new / "runs") == ["a", "b", "c"]
    if old.exists():
        (old / "store" / "data.txt").write_text("4")
        assert in_process(old, program) == ("5.0", "")
        assert in_process(new, program) == ("7.0", "")
        assert lines(new / "runs") == ["a", "b", "c"]


def test_results_outside_the_project_are_named_by_their_whole_path(tmp_path):
    outside = tmp_path / "outside" / "f.pkl"
    made = make(f, cachedir=tmp_path / "project" / "cache", output=PickleFile(outside))
    made(3)
    shutil.copytree(tmp_path / "project", tmp_path / "copy")
    again = make(f, cachedir=tmp_path / "copy" / "cache", output=PickleFile(outside))
    np.testing.assert_array_equal(again(3), [0, 1, 2])
    assert again.cache_info().reused == 1
