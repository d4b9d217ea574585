"""A `File` in a result is a file that the function wrote by itself."""

import os
import shutil

import pytest

from counting import in_process, lines, note
from remade import File, make


@pytest.fixture
def made(tmp_path):
    @make(cachedir=tmp_path / "cache")
    def convert(text, path):
        note(path + ".runs")
        with open(path, "w") as file:
            file.write(text)
        return File(path)

    return convert


def test_it_is_reused_while_the_file_is_as_it_was(made, tmp_path):
    path = str(tmp_path / "out.txt")
    for _ in range(3):
        assert made("a", path) == File(path)
    assert lines(path + ".runs") == ["run"]
    os.utime(path)
    made("a", path)
    assert lines(path + ".runs") == ["run"]


def test_it_runs_again_when_the_file_is_gone_or_changed(made, tmp_path):
    path = str(tmp_path / "out.txt")
    made("a", path)
    os.remove(path)
    made("a", path)
    assert lines(path + ".runs") == ["run"] * 2
    with open(path, "w") as file:
        file.write("b")
    made("a", path)
    assert lines(path + ".runs") == ["run"] * 3
    assert open(path).read() == "a"


def test_as_an_argument_it_counts_by_its_content(made, tmp_path):
    path = str(tmp_path / "out.txt")

    @make(cachedir=tmp_path / "cache")
    def count(file):
        note(path + ".counts")
        with open(file) as stream:
            return len(stream.read())

    assert [count(made("a", path)), count(made("a", path))] == [1, 1]
    assert lines(path + ".counts") == ["run"]
    assert count(made("abc", path)) == 3


def test_a_folder_is_one_too(tmp_path):
    @make(cachedir=tmp_path / "cache")
    def split(folder):
        note(folder + ".runs")
        os.makedirs(folder, exist_ok=True)
        for name in "ab":
            with open(os.path.join(folder, name), "w") as file:
                file.write(name)
        return {"parts": [File(folder)]}

    folder = str(tmp_path / "parts")
    split(folder), split(folder)
    assert lines(folder + ".runs") == ["run"]
    os.remove(os.path.join(folder, "a"))
    split(folder)
    assert lines(folder + ".runs") == ["run"] * 2


def test_one_that_is_not_there_is_recorded_as_such(tmp_path):
    path = tmp_path / "none"
    made = make(lambda path: File(path), cachedir=tmp_path / "cache")
    assert [made(str(path)), made(str(path))] == [File(path)] * 2
    assert made.cache_info().ran == 1
    path.write_text("by hand")
    made(str(path))
    assert made.cache_info().ran == 2


PROGRAM = """
    from remade import File, make

    @make
    def convert(text):
        with open("runs", "a") as file:
            file.write("run\\n")
        with open("out.txt", "w") as file:
            file.write(text)
        return WRAP(File("out.txt"))

    def found(value):
        return value if isinstance(value, File) else found(value[0])

    print(found(convert("a")).path, end="")
"""


@pytest.mark.parametrize("wrap", ["", "lambda file: [file] + 2000 * ['x']"], ids=["short", "long"])
def test_in_a_project_that_was_moved_it_names_the_file_there(tmp_path, wrap):
    program = PROGRAM.replace("WRAP(", f"({wrap})(" if wrap else "(")
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    assert in_process(old, program) == (str(old / "out.txt"), "")
    shutil.move(old, new)
    assert in_process(new, program) == (str(new / "out.txt"), "")
    assert lines(new / "runs") == ["run"]


def test_it_is_named_as_the_function_named_it(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for name in ("link/out.txt", "real/out.txt", "real/*.txt", "real"):
        made = make(lambda path: [File(path)], cachedir=tmp_path / "cache")
        path = str(tmp_path / name)
        (tmp_path / "real" / "out.txt").write_text("x")
        assert [made(path)[0].path for _ in range(3)] == [path] * 3
        assert made.cache_info().ran == 1
