"""A store that everybody can write, or that belongs to somebody else: told once, and nothing of it is
used or kept. The value is never lost."""

import os
import pickle

import pytest

from counting import in_process, records, warned
from hostility import STRANGER, Victim, needs_root, plant, trap
from remade import SaveError, make, trust


def everything(path):
    """What lies there, to the last bit."""
    return {one: one.read_bytes() for one in path.rglob("*") if one.is_file()}


def root_of_all(victim):
    victim.cache.chmod(0o777)
    return victim.cache, "everybody can write", "chmod o-w"


def root_of_all_though_sticky(victim):
    victim.cache.chmod(0o1777)
    return victim.cache, "everybody can write", "chmod o-w"


def root_that_others_can_only_write(victim):
    victim.cache.chmod(0o702)
    return victim.cache, "everybody can write", "chmod o-w"


def format_of_all(victim):
    (victim.cache / "v1").chmod(0o777)
    return victim.cache / "v1", "everybody can write", "chmod o-w"


def folder_of_all(victim):
    victim.place.chmod(0o777)
    return victim.place, "everybody can write", "chmod o-w"


def root_of_a_stranger(victim):
    os.chown(victim.cache, STRANGER, -1)
    return victim.cache, f"belongs to the user of number {STRANGER}", "remade.trust"


def root_of_a_stranger_that_a_group_can_write(victim):
    os.chown(victim.cache, STRANGER, STRANGER)
    victim.cache.chmod(0o2770)
    return victim.cache, f"belongs to the user of number {STRANGER}", "remade.trust"


def format_of_a_stranger(victim):
    os.chown(victim.cache / "v1", STRANGER, -1)
    return victim.cache / "v1", f"belongs to the user of number {STRANGER}", "Remove"


def folder_of_a_stranger(victim):
    os.chown(victim.place, STRANGER, -1)
    return victim.place, f"belongs to the user of number {STRANGER}", "Remove"


WAYS = [
    root_of_all, root_of_all_though_sticky, root_that_others_can_only_write, format_of_all,
    folder_of_all,
    *(
        pytest.param(way, marks=needs_root)
        for way in [
            root_of_a_stranger, root_of_a_stranger_that_a_group_can_write, format_of_a_stranger,
            folder_of_a_stranger,
        ]
    ),
]  # fmt: skip
KINDS = ["chosen", "PickleFile", "subclass"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", WAYS)
def test_nothing_of_it_is_used(tmp_path, way, kind, monkeypatch):
    victim = Victim(tmp_path, kind).run()
    plant(victim.record, victim.pickle, trap(victim.canary))
    path, *texts = way(victim)
    before = everything(victim.folder)
    # A store is told once in a process, so another one asks here.
    out, err = ask(tmp_path, victim, "print([made(3), made(3), made(4)], made.cache_info().ran)")
    assert out == f"{[victim.function(n) for n in (3, 3, 4)]} 3\n"
    assert err.count("RemadeWarning") == 1
    for text in (str(path), "is not used", "results are computed and not saved", *texts):
        assert text in err
    assert everything(victim.folder) == before
    assert not victim.canary.exists()


@pytest.mark.parametrize("way", WAYS)
def test_no_result_of_it_is_given(tmp_path, way):
    """Not even one that is whole, and no code."""
    victim = Victim(tmp_path, function=number).run()
    way(victim)
    out, _ = ask(
        tmp_path, victim,
        """
        print(made(3), made.cache_info().ran, made.check_call_in_cache(3), made.explain(3).fresh)
        try:
            made.load()
        except LookupError:
            print("nothing")
        try:
            made.clear()
        except PermissionError as error:
            print("refused")
        """,
    )  # fmt: skip
    assert out == "3 1 False False\nnothing\nrefused\n"
    assert records(victim.cache)


def number(n):
    return n


@pytest.mark.parametrize("way", WAYS)
def test_with_raise_errors_the_value_is_carried(tmp_path, way):
    victim = Victim(tmp_path).run()
    way(victim)
    out, _ = ask(
        tmp_path, victim,
        """
        from remade import SaveError
        made = make(function, cachedir=made_cache, name="f", raise_errors=True)
        try:
            made(3)
        except SaveError as error:
            print(error.value == function(3), error)
        """,
    )  # fmt: skip
    assert out.startswith("True ")
    assert "could not be saved" in out


@pytest.mark.parametrize("way", WAYS)
def test_mended_it_is_used_again(tmp_path, way):
    victim = Victim(tmp_path).run()
    way(victim)
    for path in (victim.cache, victim.cache / "v1", victim.place):
        os.chown(path, os.geteuid(), os.getegid())
        path.chmod(0o700)
    again = victim.made()
    again(3)
    assert again.cache_info()[:2] == (1, 0)


def ask(tmp_path, victim, program):
    import textwrap

    return in_process(
        tmp_path,
        f"""
import sys
sys.path[:0] = {[os.path.dirname(os.path.dirname(__file__)), os.path.dirname(__file__)]!r}
from pathlib import Path
from hostility import KINDS, {victim.function.__name__ if victim.function is not number else "plain"} as _
from remade import make
def number(n): return n
number.__module__ = {victim.function.__module__!r}
function = number if {victim.function is number} else _
made_cache = {str(victim.cache)!r}
output = {{k: v[1] for k, v in KINDS.items()}}[{kind_of(victim)!r}](Path({str(victim.folder)!r}))
made = make(function, cachedir=made_cache, output=output, name="f")
{textwrap.dedent(program)}
""",
    )


def kind_of(victim):
    from hostility import KINDS as ALL

    output = victim.options["output"]
    for kind in ("chosen", "PickleFile", "subclass"):
        if type(ALL[kind][1](victim.folder)) is type(output):
            return kind
    raise AssertionError(output)


def test_a_warning_turned_into_an_error_is_one(tmp_path):
    victim = Victim(tmp_path).run()
    root_of_all(victim)
    with warned("is not used"):
        victim.made()(3)
    made = victim.made(raise_errors=True)
    with pytest.raises(SaveError) as raised:
        made(3)
    assert raised.value.value == victim.function(3)


@needs_root
def test_a_store_of_root_is_used(tmp_path):
    """Everything here belongs to root: a daemon's, an administrator's."""
    victim = Victim(tmp_path).run()
    assert victim.cache.stat().st_uid == 0
    assert victim.made().check_call_in_cache(3)


@needs_root
def test_a_store_of_a_group_is_used_by_its_owner_and_its_folders_are_the_group_s(tmp_path):
    cache = tmp_path / "cache"
    cache.mkdir()
    os.chown(cache, 0, STRANGER)
    cache.chmod(0o2770)
    for _ in range(2):
        made = make(lambda n: {n}, cachedir=cache, name="f")
        assert made(3) == {3}
    assert made.cache_info()[:2] == (1, 0)
    for folder in (cache / "v1", records(cache)[0].parent, cache / "v1" / "code"):
        found = folder.stat()
        assert (found.st_mode & 0o7777, found.st_gid) == (0o2770, STRANGER)


@needs_root
def test_a_folder_that_another_member_made_is_used(tmp_path):
    victim = Victim(tmp_path)
    victim.cache.mkdir()
    victim.cache.chmod(0o2770)
    os.chown(victim.cache, 0, STRANGER)
    victim.run()
    for path in [victim.place, *victim.place.iterdir()]:
        os.chown(path, STRANGER, STRANGER)
    again = victim.made()
    again(3)
    assert again.cache_info()[:2] == (1, 0)


@needs_root
def test_a_store_of_a_colleague_is_used_once_one_vouched_for_it(tmp_path):
    victim = Victim(tmp_path).run()
    for path in [victim.cache, *victim.cache.rglob("*")]:
        os.chown(path, STRANGER, -1)
    with warned("is not used"):
        victim.made()(3)
    done = trust(victim.cache)
    assert (done.records, done.already, done.skipped) == (1, 1, ())
    again = victim.made()
    again(3)
    assert again.cache_info()[:2] == (1, 0)
    # Of that owner only, and of no other store.
    os.chown(victim.cache, STRANGER + 1, -1)
    assert not victim.made().check_call_in_cache(3)


@needs_root
@pytest.mark.parametrize("spoil", ["others can write", "somebody else's", "no list", "garbage"])
def test_the_list_of_those_stores_is_the_user_s_own(tmp_path, spoil):
    victim = Victim(tmp_path).run()
    os.chown(victim.cache, STRANGER, -1)
    trust(victim.cache)
    listed = tmp_path / "config" / "remade" / "stores"
    assert listed.stat().st_mode & 0o777 == 0o600
    if spoil == "others can write":
        listed.chmod(0o622)
    elif spoil == "somebody else's":
        os.chown(listed, STRANGER, -1)
    elif spoil == "no list":
        listed.unlink()
    else:
        listed.write_bytes(pickle.dumps(1))
    assert not victim.made().check_call_in_cache(3)
