"""`remade.trust`: a store that was copied in is used once its user says so."""

import os
import shutil

import pytest

from counting import records, warned
from hostility import (
    KINDS, STRANGER, Victim, agree, edit, needs_root, parse, pickled, plant, trap, without_seal,
)  # fmt: skip
from remade import make, trust


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """A store that somebody with another key filled."""

    def copied(kind="chosen"):
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "elsewhere"))
        victim = Victim(tmp_path, kind).run()
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
        return victim

    return copied


@pytest.mark.parametrize("kind", KINDS)
def test_a_store_from_another_machine(copied, kind):
    victim = copied(kind)
    assert trust(victim.cache) == (1, 1, 0, ())
    again = victim.made()
    again(3)
    assert again.cache_info()[:2] == (1, 0)
    assert trust(victim.cache) == (1, 0, 1, ())


@pytest.mark.parametrize("kind", ["chosen", "PickleFile", "class", "template", "in a tuple"])
def test_pickles_without_a_seal(tmp_path, kind):
    victim = Victim(tmp_path, kind).run()
    without_seal(victim)
    assert trust(str(victim.cache)) == (1, 1, 0, ())
    victim.pickle.chmod(0o666)
    assert victim.made().check_call_in_cache(3)
    again = victim.made()
    again(3)
    assert again.cache_info()[:2] == (1, 0)


def test_nothing_is_unpickled_and_nothing_changes_its_owner(tmp_path):
    victim = Victim(tmp_path).run()
    plant(victim.record, victim.pickle, trap(victim.canary))
    before = victim.pickle.stat()
    assert trust(victim.cache) == (1, 1, 0, ())
    assert victim.pickle.stat() == before
    assert not victim.canary.exists()


def test_what_its_record_does_not_say_is_skipped(copied):
    victim = copied()
    victim.pickle.write_bytes(trap(victim.canary))
    done = trust(victim.cache)
    assert done[:3] == (1, 0, 0)
    ((path, why),) = done.skipped
    assert (path, why) == (str(victim.pickle), "it is not there, or not what the record says")
    victim.runs_again("is not what was saved there")


def test_a_pickle_that_is_gone_is_skipped(copied):
    victim = copied()
    path = victim.pickle
    path.unlink()
    assert trust(victim.cache) == (1, 0, 0, ((str(path), trust_says_gone()),))


def trust_says_gone():
    return "it is not there, or not what the record says"


@pytest.mark.parametrize("what", ["damaged", "newer", "of another call", "folder", "link", "pipe"])
def test_what_is_no_record_is_skipped(copied, what, tmp_path):
    victim = copied()
    path = victim.record
    whole = path.read_bytes()
    if what == "damaged":
        path.write_bytes(whole[:-5])
    elif what == "newer":
        edit(path, lambda fields: fields.update(format=2))
    elif what == "of another call":
        edit(path, lambda fields: fields.update(function="g"))
    else:
        path.unlink()
        if what == "folder":
            path.mkdir()
        elif what == "link":
            (tmp_path / "record").write_bytes(whole)
            path.symlink_to(tmp_path / "record")
        else:
            os.mkfifo(path)
    done = trust(victim.cache)
    assert done[:3] == (0, 0, 0)
    assert [one for one, _ in done.skipped] == [str(path)]
    assert done.skipped[0][1]


def test_links_inside_the_store_are_not_followed(copied, tmp_path):
    victim = copied()
    place = victim.place
    place.rename(tmp_path / "outside")
    place.symlink_to(tmp_path / "outside")
    assert trust(victim.cache) == (0, 0, 0, ())


def test_a_pickle_behind_a_link_is_skipped(copied, tmp_path):
    victim = copied()
    path = victim.pickle
    path.rename(tmp_path / "outside.pkl")
    path.symlink_to(tmp_path / "outside.pkl")
    done = trust(victim.cache)
    assert done[:3] == (1, 0, 0)
    assert len(done.skipped) == 1


def test_a_path_that_leads_elsewhere_is_not_sealed(copied, tmp_path):
    victim = copied("PickleFile")
    own = victim.folder / "own.pkl"
    own.write_bytes(trap(victim.canary))
    edit(victim.record, lambda fields: pickled(fields).update(path="own.pkl", named=False))
    assert trust(victim.cache).sealed == 0


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o703])
@pytest.mark.parametrize("which", ["root", "format"])
def test_a_store_that_everybody_can_write_is_refused(copied, mode, which):
    victim = copied()
    (victim.cache if which == "root" else victim.cache / "v1").chmod(mode)
    before = victim.record.read_bytes()
    with pytest.raises(PermissionError, match="everybody can write .*chmod o-w"):
        trust(victim.cache)
    assert victim.record.read_bytes() == before


def test_a_folder_that_everybody_can_write_is_skipped(copied):
    victim = copied()
    victim.place.chmod(0o777)
    done = trust(victim.cache)
    assert done[:3] == (0, 0, 0)
    assert done.skipped[0][0] == str(victim.place)
    assert "everybody can write" in done.skipped[0][1]


@pytest.mark.parametrize("what", ["nothing", "folder", "file", "link"])
def test_what_is_no_store_is_told(tmp_path, what):
    path = tmp_path / "cache"
    if what == "folder":
        path.mkdir()
    elif what == "file":
        path.write_text("")
    elif what == "link":
        (tmp_path / "v1").mkdir()
        path.mkdir()
        (path / "v1").symlink_to(tmp_path / "v1")
    with pytest.raises(ValueError, match="there is no store in .*cache"):
        trust(path)


def test_without_a_place_for_a_key_it_is_an_error(copied, monkeypatch):
    victim = copied()
    monkeypatch.setenv("XDG_CONFIG_HOME", os.devnull)
    with pytest.raises(OSError, match="no key to seal with"):
        trust(victim.cache)


def test_with_a_key_that_others_know_it_is_an_error(copied, tmp_path):
    victim = copied()
    trust(victim.cache)
    (tmp_path / "config" / "remade" / "key").chmod(0o644)
    with pytest.raises(PermissionError, match="others than its owner"):
        trust(victim.cache)


def test_all_functions_and_all_calls_are_sealed(tmp_path, copied):
    victim = copied()
    for name in ("g", "h"):
        many = make(victim.function, cachedir=victim.cache, name=name, keep="all")
        [many(n) for n in range(5)]
    shorts = make(lambda n: n, cachedir=victim.cache, name="short", keep="all")
    [shorts(n) for n in range(5)]
    for record in records(victim.cache):
        edit(record, lambda fields: [file["file"].pop("seal", None) for file in fields["results"]])
    assert trust(victim.cache) == (16, 11, 0, ())


def test_a_result_that_is_no_pickle_gets_no_seal(tmp_path):
    victim = Victim(tmp_path, "in a tuple").run()
    trust(victim.cache)
    seals = [one["file"].get("seal") for one in parse(victim.record)["results"]]
    assert [seal is None for seal in seals] == [False, True]


@needs_root
def test_records_that_cannot_be_written_are_skipped(copied, tmp_path):
    victim = copied()
    import subprocess

    done = subprocess.run(["chattr", "+i", victim.place], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("needs a file system with immutable folders")
    try:
        told = trust(victim.cache)
    finally:
        subprocess.run(["chattr", "-i", victim.place], check=True)
    assert told[:3] == (1, 0, 0)
    assert len(told.skipped) == 1


@needs_root
def test_a_store_of_a_stranger_is_noted_once(tmp_path):
    victim = Victim(tmp_path).run()
    os.chown(victim.cache, STRANGER, -1)
    trust(victim.cache), trust(victim.cache)
    assert len((tmp_path / "config" / "remade" / "stores").read_text().splitlines()) == 1
    copy = victim.folder / "copy"
    shutil.copytree(victim.cache, copy)
    os.chown(copy, STRANGER, -1)
    with warned("is not used"):
        make(victim.function, cachedir=copy, name="f")(3)


def test_a_seal_is_no_older_than_the_bytes(copied):
    """After trust the pickle is as protected as any other."""
    victim = copied()
    trust(victim.cache)
    victim.pickle.write_bytes(trap(victim.canary))
    agree(victim.record, victim.pickle)
    victim.runs_again("its seal is broken")
