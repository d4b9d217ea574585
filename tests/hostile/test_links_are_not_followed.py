"""A link, a pipe, a folder or a device in the place of a file of the store: nothing behind it is
read, written, or removed, and nothing waits."""

import os
import shutil
import socket

import numpy as np
import pytest

from counting import records, warned
from hostility import Victim, files, needs_root, no_hang, parse, trap
from remade import NumpyFile, PickleFile, make


def lock(victim):
    return victim.record.with_suffix(".lock")


def code(victim):
    return next((victim.cache / "v1" / "code").iterdir())


PLACES = {
    "record": lambda victim: victim.record,
    "result": lambda victim: victim.pickle,
    "last": lambda victim: victim.place / "last",
    "forgotten": lambda victim: victim.place / "forgotten",
    "lock": lock,
    "code": code,
    "id": lambda victim: victim.cache / "v1" / "id",
    "tag": lambda victim: victim.cache / "CACHEDIR.TAG",
    "ignore": lambda victim: victim.cache / ".gitignore",
}


def exercise(victim):
    """All that touches a store."""
    import warnings

    with warnings.catch_warnings(), no_hang():
        warnings.simplefilter("ignore")
        made = victim.made()
        for n in (3, 4, 3):
            assert made(n) == victim.function(n)
        made.check_call_in_cache(3)
        made.explain(5)
        made.cache_info()
        every = victim.made(keep="all", output=None)
        assert [every(n) == victim.function(n) for n in (6, 7)] == [True, True]
        assert victim.made(version="2")(3) == victim.function(3)
        try:
            victim.made().load()
            victim.made().accept(3, reason="none")
        except (LookupError, ValueError, OSError):
            pass
        try:
            victim.made().clear()
        except OSError:
            pass
        assert victim.made()(3) == victim.function(3)
    assert not victim.canary.exists()


@pytest.mark.parametrize("kind", ["chosen", "PickleFile"])
@pytest.mark.parametrize("target", ["text", "trap", "own content", "nothing"])
@pytest.mark.parametrize("place", PLACES)
def test_a_link_in_the_place_of_a_file(tmp_path, place, target, kind):
    victim = Victim(tmp_path, kind).run()
    path = PLACES[place](victim)
    precious = tmp_path / "precious"
    before = path.read_bytes() if path.exists() else b"\n"
    content = {
        "text": b"precious\n", "trap": trap(victim.canary), "own content": before, "nothing": None,
    }[target]  # fmt: skip
    if content is not None:
        precious.write_bytes(content)
    path.unlink(missing_ok=True)
    path.symlink_to(precious)
    exercise(victim)
    if content is None:
        assert not precious.exists()
    else:
        assert precious.read_bytes() == content


FOLDERS = {
    "function": lambda victim: victim.place,
    "format": lambda victim: victim.cache / "v1",
    "code": lambda victim: victim.cache / "v1" / "code",
    "sources": lambda victim: victim.cache / "v1" / "sources",
}


@pytest.mark.parametrize("target", ["empty", "copy", "nothing"])
@pytest.mark.parametrize("folder", FOLDERS)
def test_a_link_in_the_place_of_a_folder(tmp_path, folder, target):
    victim = Victim(tmp_path).run()
    path = FOLDERS[folder](victim)
    elsewhere = tmp_path / "elsewhere"
    path.mkdir(exist_ok=True)
    if target == "empty":
        elsewhere.mkdir()
    elif target == "copy":
        shutil.copytree(path, elsewhere)
    shutil.rmtree(path)
    path.symlink_to(elsewhere)
    before = sorted(elsewhere.rglob("*")) if elsewhere.exists() else None
    exercise(victim)
    assert (sorted(elsewhere.rglob("*")) if elsewhere.exists() else None) == before
    assert path.is_symlink()


@pytest.mark.parametrize("folder", ["function", "format"])
def test_a_store_in_which_folders_are_links_is_not_used(tmp_path, folder):
    victim = Victim(tmp_path).run()
    path = FOLDERS[folder](victim)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    victim.runs_again("is not used", "is a link, and links inside a store are not followed")
    with pytest.raises(PermissionError, match="is a link"):
        victim.made().clear()
    assert (tmp_path / "elsewhere").exists()


def test_the_cachedir_itself_may_be_a_link(tmp_path):
    victim = Victim(tmp_path)
    (tmp_path / "scratch").mkdir()
    victim.cache.symlink_to(tmp_path / "scratch")
    victim.run()
    again = victim.made()
    again(3)
    assert again.cache_info()[:2] == (1, 0)


def test_a_result_that_the_user_named_may_be_read_through_a_link(tmp_path):
    made = make(np.arange, cachedir=tmp_path / "c", output=NumpyFile(tmp_path / "f.npy"), name="f")
    made(3)
    (tmp_path / "f.npy").rename(tmp_path / "moved.npy")
    (tmp_path / "f.npy").symlink_to("moved.npy")
    again = make(np.arange, cachedir=tmp_path / "c", output=NumpyFile(tmp_path / "f.npy"), name="f")
    assert again(3).size == 3
    assert again.cache_info()[:2] == (1, 0)


def pipe(path):
    os.mkfifo(path)


def folder(path):
    path.mkdir()
    (path / "precious").write_text("precious")


def device(path):
    os.mknod(path, 0o666 | 0o020000, os.makedev(1, 5))  # /dev/zero: reading never ends


def unix_socket(path):
    here = os.getcwd()
    os.chdir(path.parent)  # the name of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(path.name)
    finally:
        os.chdir(here)


ODD = [pipe, folder, pytest.param(device, marks=needs_root), unix_socket]


@pytest.mark.parametrize("kind", ["chosen", "PickleFile"])
@pytest.mark.parametrize("what", ODD)
@pytest.mark.parametrize("place", PLACES)
def test_something_else_in_the_place_of_a_file(tmp_path, place, what, kind):
    victim = Victim(tmp_path, kind).run()
    path = PLACES[place](victim)
    path.unlink(missing_ok=True)
    what(path)
    exercise(victim)
    if what is folder:
        assert (path / "precious").read_text() == "precious"


@pytest.mark.parametrize("place", ["record", "result"])
def test_a_second_name_of_a_file_is_no_way_in(tmp_path, place):
    """A hard link to a file of the user's own, which holds code."""
    victim = Victim(tmp_path).run()
    path = PLACES[place](victim)
    own = tmp_path / "own"
    own.write_bytes(trap(victim.canary))
    path.unlink()
    os.link(own, path)
    exercise(victim)
    assert own.read_bytes() == trap(victim.canary)


def test_staged_names_of_the_dead_are_removed_and_not_what_they_link_to(tmp_path):
    victim = Victim(tmp_path).run()
    precious = tmp_path / "precious"
    precious.write_text("precious")
    name = next(iter(staged_names(victim)))
    link = victim.place / name
    link.symlink_to(precious)
    victim.made()(4)
    assert precious.read_text() == "precious"
    assert not os.path.lexists(link)


def staged_names(victim):
    """A name that a process which is dead by now could have staged."""
    for path in records(victim.cache):
        for file in files(parse(path)):
            marker, _, rest = file["staged"].partition("-")
            host, _, tail = rest.partition("-")
            _, _, digits = tail.partition("-")
            yield f"{marker}-{host}-{2**22 + 7}-{digits}"


def test_a_staged_folder_that_somebody_left_costs_no_result(tmp_path):
    victim = Victim(tmp_path).run()
    name = next(iter(staged_names(victim)))
    (victim.place / name).mkdir()
    made = victim.made()
    assert [made(4), made(4)] == [victim.function(4)] * 2
    assert made.cache_info()[:2] == (1, 1)


def test_what_lies_in_the_way_of_a_named_result_is_left_there(tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("precious")
    (tmp_path / "f.pkl").symlink_to(precious)
    made = make(lambda: {1}, cachedir=tmp_path / "c", output=PickleFile(tmp_path / "f.pkl"))
    with warned("not a regular file"):
        assert made() == {1}
    assert precious.read_text() == "precious"
