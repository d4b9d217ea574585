"""A folder that holds the store is an input without the store: running would change it otherwise."""

import pytest

from remade import File, PickleFile, make


@pytest.mark.parametrize("pattern", [".", "**", "**/*", "*"])
def test_a_whole_project_is_an_input(tmp_path, monkeypatch, pattern):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_text("1")
    runs = []
    made = make(lambda files: runs.append(1), cachedir="data/cache", name="f")
    made(File(pattern)), made(File(pattern))
    assert runs == [1]
    for file in ["b.csv", "data/b.csv", "data/cache/b.csv"]:
        (tmp_path / file).write_text("2")
        runs.clear()
        made(File(pattern)), made(File(pattern))
        assert runs == [1], file


def test_a_folder_that_only_looks_like_a_store_counts(tmp_path):
    (tmp_path / "in" / "v1").mkdir(parents=True)
    (tmp_path / "in" / "CACHEDIR.TAG").write_text(
        "Signature: 8a477f597d28d172789f06886806bc55\n# of another program\n"
    )
    runs = []
    folder = File(tmp_path / "in")
    made = make(lambda folder: runs.append(1), cachedir=tmp_path / "c", name="f")
    made(folder), made(folder)
    (tmp_path / "in" / "v1" / "x").write_text("1")
    made(folder), made(folder)
    assert runs == [1, 1]


def test_a_result_in_the_folder_that_is_read_is_seen(tmp_path, monkeypatch):
    """It is a file of the user's like any other: such a function changes what it reads."""
    monkeypatch.chdir(tmp_path)
    runs = []
    made = make(lambda f: runs.append(1), cachedir="c", output=PickleFile("out.pkl"), name="f")
    made(File(".")), made(File(".")), made(File("."))
    assert runs == [1, 1]
