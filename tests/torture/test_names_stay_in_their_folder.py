"""Whatever a function, a file or an argument in a file name is called: nothing leaves its folder, no two
share a file unnoticed, and what cannot be a name is refused before the run."""

import os
import warnings

import pytest
from scale import scaled

from remade import PickleFile, RemadeWarning, SaveError, check, make

NAMES = [
    "f", "F", "naïve", "nai\u0308ve", "日本語", "🙂", "<lambda>", "f.<locals>.g", "a/b", "a\\b",
    "../up", "../../../../tmp/up", "/etc/passwd", ".", "..", "...", ".hidden", "-rf", "a b", "a ",
    " a", "a.", "CON", "NUL", "con", "aux.npy", "a\nb", "a\tb", "a\0b", "\u202eevil", "%s", "*", "?",
    "~", "$HOME", "a:b", "x" * 300, "x" * 10_000, "x" * 10_000 + "y", "ä" * 10_000, "code",
    "sources", "id", "last", "\ud800", "\udcff", "\udcfe",
]  # fmt: skip


def tree(folder):
    return sorted(path.relative_to(folder).parts[0] for path in folder.rglob("*"))


def test_functions_of_every_name_live_side_by_side(tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    functions = {}
    for number, name in enumerate(NAMES):
        if name.encode(errors="replace").decode() != name:
            continue  # no text that could be written down
        functions[name] = make(
            lambda x, number=number: [x, number, "y" * 2000],
            cachedir=project / "cache", name=name, output=PickleFile,
        )  # fmt: skip
    for _ in range(2):
        for name, made in functions.items():
            number = NAMES.index(name)
            assert made(1)[:2] == [1, number]
            assert made.load()[1] == number
    assert {made.cache_info().ran for made in functions.values()} == {1}
    folders = [made.cache_info().folder.lower() for made in functions.values()]
    assert len(set(folders)) == len(folders)  # also where upper and lower case are one
    assert {os.path.dirname(folder) for folder in folders} == {str(project / "cache/v1").lower()}
    assert set(tree(tmp_path)) == {"project"}
    assert set(tree(project)) == {"cache"}
    assert check(project / "cache").problems == ()


#: What can stand in the name of one file here.
CAN = {
    "f", "F", "naïve", "nai\u0308ve", "日本語", "🙂", "<lambda>", "f.<locals>.g", "a\\b", "...",
    ".hidden", "-rf", "a b", "a ", " a", "a.", "CON", "NUL", "con", "aux.npy", "a\nb", "a\tb",
    "\u202eevil", "%s", "*", "?", "~", "$HOME", "a:b", "code", "sources", "id", "last",
}  # fmt: skip


@pytest.mark.parametrize("template", ["out/{x}", "out/f-{x}.pkl", "out/{x}.npy", "{x}/f.pkl"])
def test_arguments_in_file_names(tmp_path, template):
    project = tmp_path / "project"
    project.mkdir()
    runs = []

    def body(x):
        runs.append(x)
        return [x]

    made = make(
        body, cachedir=project / "cache", output=PickleFile(project / template), keep="all",
        raise_errors=True,
    )  # fmt: skip
    paths = {}
    for name in [*NAMES, ""]:
        runs.clear()
        error = None
        try:
            assert made(name) == [name]
        except (ValueError, SaveError) as raised:
            error = raised
        if error is not None:
            assert name not in CAN
            if isinstance(error, SaveError):  # too long, say
                assert "could not be saved" in str(error)
                assert error.value == [name]
            else:
                assert "which cannot be part of a file name" in str(error)
                assert runs == []  # it is refused before the run
            continue
        path = made.output_path(name)
        parent = project if template.startswith("{x}/") else project / "out"
        assert os.path.normpath(path).startswith(f"{parent}{os.sep}"), path
        assert path not in paths.values()
        paths[name] = path
    assert CAN <= set(paths)
    for name in paths:  # and none was written over by another
        runs.clear()
        assert (made(name), runs) == ([name], [])
    assert set(tree(tmp_path)) == {"project"}
    assert check(project / "cache").problems == ()


def test_values_that_look_alike_in_a_name_do_not_share_their_results(tmp_path):
    """Two calls whose file has one name: the later takes it, and the earlier is not answered by it."""
    made = make(
        lambda x: [x, type(x).__name__],
        cachedir=tmp_path / "cache", output=PickleFile(tmp_path / "f-{x}.pkl"), keep="all",
    )  # fmt: skip
    alike = [1, "1", True, "True", 1.0, "1.0", None, "None"]
    with warnings.catch_warnings():
        warnings.simplefilter("error", RemadeWarning)
        for _ in range(3):
            for x in alike:
                assert made(x) == [x, type(x).__name__]


def test_random_names(tmp_path):
    """As many as there is time for: each stays in its folder or is refused, and answers for itself."""
    import random

    dice = random.Random(5)
    letters = ["a", "B", ".", "/", "\\", "-", " ", "\n", "é", "\u0301", "🙂", "~", "%", "\0", ":"]
    project = tmp_path / "project"
    made = make(
        lambda x: {"x": x},
        cachedir=project / "cache", output=PickleFile(project / "out" / "{x}.pkl"), keep="all",
    )  # fmt: skip
    saved = {}
    for _ in range(scaled(5000, least=300)):
        name = "".join(dice.choices(letters, k=dice.randint(1, 12)))
        if name in (".", "..") or any(mark in name for mark in "/\0"):
            with pytest.raises(ValueError, match="cannot be part of a file name"):
                made(name)
            continue
        assert made(name) == {"x": name}
        saved[name] = made.output_path(name)
    assert len(set(saved.values())) == len(saved) > 50
    ran = made.cache_info().ran
    assert all(made(name) == {"x": name} for name in saved)
    assert made.cache_info().ran == ran
    assert set(tree(tmp_path)) == {"project"}
    assert set(os.listdir(project / "out")) == {os.path.basename(path) for path in saved.values()}


def test_a_file_name_that_is_no_name_is_refused_at_once(tmp_path):
    for name in ("", ".", "..", "out/", "out/..", "a\0b", "\ud800"):
        with pytest.raises((TypeError, ValueError), match="names a folder|a file name is text"):
            make(lambda x: x, output=PickleFile(f"{tmp_path}/o/{name}"))
    assert not (tmp_path / "o").exists()
