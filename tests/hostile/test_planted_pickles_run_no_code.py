"""Whoever can write a store, or a folder above it, can put a pickle there. It is not unpickled."""

import os

import pytest

from hostility import (
    KINDS, STRANGER, Victim, agree, edit, needs_root, pickled, plant, trap, without_seal,
)  # fmt: skip
from remade import RemadeWarning

# -- Who can write what ------------------------------------------------------------------------------


def file_of_all(victim):
    victim.pickle.chmod(0o666)
    return "everybody can write the file"


def file_of_a_stranger(victim):
    os.chown(victim.pickle, STRANGER, -1)
    return f"the user of number {STRANGER} can write the file"


def file_of_a_group(victim):
    os.chown(victim.pickle, -1, STRANGER)
    victim.pickle.chmod(0o660)
    return f"the group of number {STRANGER} can write the file"


def folder_of_a_group(victim):
    os.chown(victim.pickle.parent, -1, STRANGER)
    victim.pickle.parent.chmod(0o770)
    return f"the group of number {STRANGER} can write the folder"


def record_of_all(victim):
    victim.record.chmod(0o666)
    return "everybody can write"


def record_of_a_stranger(victim):
    os.chown(victim.record, STRANGER, -1)
    return f"the user of number {STRANGER} can write"


def store_of_a_group(victim):
    os.chown(victim.cache, -1, STRANGER)
    victim.cache.chmod(0o2770)
    return f"the group of number {STRANGER} can write the folder"


def project_of_all(victim):
    victim.folder.chmod(0o777)
    return "everybody can write the folder"


def project_of_a_stranger(victim):
    os.chown(victim.folder, STRANGER, -1)
    return f"the user of number {STRANGER} can write the folder"


def project_of_a_stranger_though_sticky(victim):
    os.chown(victim.folder, STRANGER, -1)
    victim.folder.chmod(0o1777)
    return f"the user of number {STRANGER} can write the folder"


def link_from_a_folder_of_all(victim):
    """The project is reached through a link, and everybody can write the folder of the link."""
    real = victim.folder.with_name("real")
    open_folder = victim.folder.with_name("open")
    victim.folder.rename(real)
    open_folder.mkdir()
    open_folder.chmod(0o777)
    (open_folder / "link").symlink_to(real)
    victim.folder.symlink_to(open_folder / "link")
    return "everybody can write the folder"


WAYS = [file_of_all, record_of_all, project_of_all, link_from_a_folder_of_all]
ROOT_WAYS = [
    file_of_a_stranger, file_of_a_group, folder_of_a_group, record_of_a_stranger, store_of_a_group,
    project_of_a_stranger, project_of_a_stranger_though_sticky,
]  # fmt: skip
ALL_WAYS = [*WAYS, *(pytest.param(way, marks=needs_root) for way in ROOT_WAYS)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", ALL_WAYS)
def test_without_a_seal(tmp_path, way, kind):
    victim = Victim(tmp_path, kind).run()
    plant(victim.record, victim.pickle, trap(victim.canary))
    who = way(victim)
    victim.runs_again("cannot be loaded", "which can run any code", who, "remade.trust")


@pytest.mark.parametrize("way", ALL_WAYS)
def test_the_result_itself_without_a_seal_is_as_suspect(tmp_path, way):
    victim = Victim(tmp_path).run()
    without_seal(victim)
    who = way(victim)
    victim.runs_again("cannot be loaded", who)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", [None, *WAYS])
def test_under_the_seal_that_was_there(tmp_path, way, kind):
    """Also where nobody else can write: a bad seal is always refused."""
    victim = Victim(tmp_path, kind).run()
    plant(victim.record, victim.pickle, trap(victim.canary), strip=False)
    if way:
        way(victim)
    victim.runs_again("cannot be loaded", "its seal is broken")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "own load"])
@pytest.mark.parametrize("way", ALL_WAYS)
def test_with_a_good_seal_it_loads_wherever_it_lies(tmp_path, way, kind):
    """The other side: a store of a group can be used."""
    victim = Victim(tmp_path, kind).run()
    way(victim)
    again = victim.made()
    again(3)
    assert again.cache_info()[:2] == (1, 0)


@pytest.mark.parametrize("way", ALL_WAYS)
def test_a_load_of_ones_own_reads_the_file_twice_so_a_seal_is_not_enough(tmp_path, way):
    victim = Victim(tmp_path, "own load").run()
    who = way(victim)
    victim.runs_again("cannot be loaded", who, "leave load to PickleFile")


@pytest.mark.parametrize("kind", KINDS)
def test_where_nobody_else_can_write_a_pickle_needs_no_seal(tmp_path, kind):
    victim = Victim(tmp_path, kind).run()
    without_seal(victim)
    again = victim.made()
    again(3)
    assert again.cache_info()[:2] == (1, 0)


@pytest.mark.parametrize("kind", ["chosen", "PickleFile", "template"])
@pytest.mark.parametrize("way", ALL_WAYS)
def test_load_without_a_call(tmp_path, way, kind):
    victim = Victim(tmp_path, kind).run()
    plant(victim.record, victim.pickle, trap(victim.canary))
    way(victim)
    with pytest.raises(LookupError):
        victim.made().load()
    assert not victim.canary.exists()


@pytest.mark.parametrize("way", [file_of_all, record_of_all])
def test_accept_and_cutoff_unpickle_no_more(tmp_path, way):
    from remade import allclose

    victim = Victim(tmp_path, "PickleFile").run()
    plant(victim.record, victim.pickle, trap(victim.canary))
    way(victim)
    with pytest.raises(ValueError, match="which can run any code"):
        victim.made(version="2").accept(3, reason="nothing changed")
    with pytest.warns(RemadeWarning, match="could not compare"):
        victim.made(cutoff=allclose()).call(3)
    assert not victim.canary.exists()


def test_a_pickle_of_the_user_s_own_that_lies_elsewhere_is_none_of_the_store(tmp_path):
    """A record that others can write names a pickle that only the user can."""
    victim = Victim(tmp_path, "PickleFile").run()
    own = victim.folder / "download.pkl"
    own.write_bytes(trap(victim.canary))
    (victim.folder / "f.pkl").unlink()
    edit(victim.record, lambda fields: pickled(fields).update(path="download.pkl"))
    agree(victim.record, own, strip=True)
    victim.record.chmod(0o666)
    with pytest.raises(LookupError):
        victim.made().load()
    assert not victim.canary.exists()
    assert own.read_bytes() == trap(victim.canary)
