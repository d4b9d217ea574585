"""Read-only, or something in the way: results are computed all the same."""

import os
import subprocess

import numpy as np
import pytest

from counting import staged, told, warned
from remade import NumpyFile, PickleFile, SaveError, make


@pytest.fixture
def read_only(tmp_path):
    """Makes a folder read-only, also for root."""
    mounted = []

    def freeze(folder):
        subprocess.run(["mount", "--bind", str(folder), str(folder)], check=True)
        mounted.append(folder)
        subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)

    if os.geteuid() == 0:
        probe = tmp_path / "probe"
        probe.mkdir()
        command = ["mount", "--bind", str(probe), str(probe)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("needs the right to mount a file system")
        subprocess.run(["umount", str(probe)], check=True)
        probe.rmdir()
        yield freeze
        for folder in mounted:
            subprocess.run(["umount", str(folder)], check=True)
    else:
        folders = []

        def protect(folder):
            for path, _, _ in os.walk(folder):
                folders.append(path)
                os.chmod(path, 0o500)

        yield protect
        for path in folders:
            os.chmod(path, 0o700)


def f(n):
    return np.arange(n)


def test_a_folder_where_nothing_can_be_made(tmp_path, read_only):
    (tmp_path / "ro").mkdir()
    read_only(tmp_path / "ro")
    made = make(f, cachedir=tmp_path / "ro" / "cache")
    with warned((str(tmp_path / "ro" / "cache"), "Read-only" if os.geteuid() == 0 else "denied")):
        assert [made(3).size, made(3).size, made(4).size] == [3, 3, 4]
    assert made.cache_info().ran == 3


def test_a_store_that_became_read_only_still_answers(tmp_path, read_only):
    made = make(f, cachedir=tmp_path / "cache")
    made(3)
    read_only(tmp_path / "cache")
    for one in (made, make(f, cachedir=tmp_path / "cache")):
        assert one(3).size == 3
        assert one.check_call_in_cache(3)
        assert one.load().size == 3
    with warned(str(tmp_path / "cache")):
        assert [made(4).size, made(4).size, made(5).size] == [4, 4, 5]
    assert made(3).size == 3


@pytest.mark.parametrize("way", ["cache", "cache/v1"])
def test_a_file_in_the_way(tmp_path, way):
    (tmp_path / way).parent.mkdir(exist_ok=True)
    (tmp_path / way).write_text("important")
    made = make(f, cachedir=tmp_path / "cache")
    with warned((str(tmp_path / "cache"), "name another cachedir")):
        assert [made(3).size, made(3).size, made(4).size] == [3, 3, 4]
    assert (tmp_path / way).read_text() == "important"
    assert not made.check_call_in_cache(3)
    with pytest.raises(LookupError):
        made.load()
    made.clear()


def test_with_raise_errors_it_is_an_error_that_carries_the_value(tmp_path):
    (tmp_path / "cache").write_text("important")
    made = make(f, cachedir=tmp_path / "cache", raise_errors=True)
    with warned(str(tmp_path / "cache")), pytest.raises(SaveError) as raised:
        made(3)
    assert raised.value.value.size == 3


def test_functions_of_one_store_warn_once_together(tmp_path):
    (tmp_path / "cache").write_text("important")
    with warned(str(tmp_path / "cache")):
        for name in ("f", "g"):
            make(f, cachedir=tmp_path / "cache", name=name)(3)


@pytest.mark.parametrize("what", ["folder", "full folder", "link", "dangling link", "pipe"])
def test_something_in_the_way_of_the_result(tmp_path, what):
    path = tmp_path / "f.npy"
    other = tmp_path / "other"
    if "folder" in what:
        path.mkdir()
        if what == "full folder":
            (path / "x").write_text("important")
    elif what == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(other)
        if what == "link":
            other.write_text("important")
    made = make(f, cachedir=tmp_path / "c", output=NumpyFile(path))
    with warned((str(path), "not a regular file")):
        assert made(3).size == 3
    assert not path.is_file() or path.is_symlink()
    assert what != "link" or other.read_text() == "important"
    assert what != "full folder" or (path / "x").read_text() == "important"
    assert what != "dangling link" or not other.exists()
    assert staged(tmp_path) == []


def test_a_file_in_the_way_of_the_folder_of_the_result(tmp_path):
    (tmp_path / "out").write_text("important")
    made = make(f, cachedir=tmp_path / "c", output=NumpyFile(tmp_path / "out" / "f.npy"))
    with warned((str(tmp_path / "out"), "could not be saved")):
        assert made(3).size == 3
    assert (tmp_path / "out").read_text() == "important"


def test_a_pickle_without_a_seal_that_others_can_write_is_not_loaded(tmp_path, monkeypatch):
    (tmp_path / "no-home").write_text("")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "no-home"))
    made = make(lambda: {1, 2}, cachedir=tmp_path / "c", output=PickleFile(tmp_path / "f.pkl"))
    made()
    os.chmod(tmp_path / "f.pkl", 0o666)
    again = make(made.__wrapped__, cachedir=tmp_path / "c", output=PickleFile(tmp_path / "f.pkl"))
    with told() as seen, warned((str(tmp_path / "f.pkl"), "everybody can write")):
        assert again() == {1, 2}
    assert seen[0].ran
    assert again() == {1, 2}  # it was written anew, by this user
    assert again.cache_info().ran == 1


def test_the_store_is_the_user_s_alone(tmp_path):
    made = make(f, cachedir=tmp_path / "deep" / "cache")
    made(3)
    assert (tmp_path / "deep" / "cache").stat().st_mode & 0o777 == 0o700
    tag = (tmp_path / "deep" / "cache" / "CACHEDIR.TAG").read_text()
    assert tag.startswith("Signature: 8a477f597d28d172789f06886806bc55")
    assert (tmp_path / "deep" / "cache" / ".gitignore").read_text() == "*\n"
