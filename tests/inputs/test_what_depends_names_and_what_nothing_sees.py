"""Files and variables count where they are named; clocks, random state and the rest do not."""

import os
import random

import pytest

from remade import Env, File, make


@pytest.fixture
def runs(cachedir, marks):
    mark = marks.mark

    def build(**options):
        def f(x):
            mark("f")
            return x

        return make(f, cachedir=cachedir, keep="all", **options)

    return build


def test_a_variable(runs, marks, monkeypatch):
    f = runs(depends=(Env("LAB"),))
    monkeypatch.delenv("LAB", raising=False)
    assert marks.of(f, 1) == (1, ["f"])
    monkeypatch.setenv("LAB", "")
    assert marks.of(f, 1) == (1, ["f"])
    monkeypatch.setenv("LAB", "x")
    assert marks.of(f, 1) == (1, ["f"])
    monkeypatch.delenv("LAB")
    assert marks.of(f, 1) == (1, [])


def test_a_file_a_folder_and_a_pattern(runs, marks, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "a.csv").write_text("1")
    (data / "b.txt").write_text("1")
    functions = {
        "file": runs(depends=(File(data / "a.csv"),), name="file"),
        "folder": runs(depends=(File(data),), name="folder"),
        "pattern": runs(depends=(File(data / "*.csv"),), name="pattern"),
    }

    def stale():
        return {name for name, f in functions.items() if marks.of(f, 1) == (1, ["f"])}

    assert stale() == {"file", "folder", "pattern"}
    assert stale() == set()
    (data / "a.csv").write_text("2")
    assert stale() == {"file", "folder", "pattern"}
    (data / "b.txt").write_text("2")
    assert stale() == {"folder"}
    (data / "c.csv").write_text("2")
    assert stale() == {"folder", "pattern"}
    (data / "a.csv").unlink()
    assert stale() == {"file", "folder", "pattern"}
    os.utime(data / "b.txt", (1, 1))
    assert stale() == set()


def test_a_change_of_the_same_size_and_time_is_seen(runs, marks, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("1")
    f = runs()
    assert marks.of(f, File(path))[1] == ["f"]
    before = path.stat()
    path.write_text("2")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert marks.of(f, File(path))[1] == ["f"]


def test_random_state_and_the_working_directory_are_not_seen(
    cachedir, marks, monkeypatch, tmp_path
):
    mark = marks.mark

    @make(cachedir=cachedir)
    def draw():
        mark("draw")
        return random.random(), os.getcwd()

    value, runs = marks.of(draw)
    assert runs == ["draw"]
    random.seed(12345)
    monkeypatch.chdir(tmp_path)
    assert marks.of(draw) == (value, [])
