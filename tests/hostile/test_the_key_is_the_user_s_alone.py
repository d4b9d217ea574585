"""The key is made once, for the user alone; one that others know is not used, and that is told."""

import os
import subprocess
import sys

import pytest

from counting import in_process, records, warned
from hostility import STRANGER, Victim, needs_root, no_hang, parse, pickled
from remade import make


@pytest.fixture
def key(tmp_path):
    return tmp_path / "config" / "remade" / "key"


def is_sealed(victim):
    return "seal" in pickled(parse(victim.record))


def test_it_is_made_on_first_use_for_the_user_alone(tmp_path, key):
    victim = Victim(tmp_path, function=number).run()
    assert not key.exists()  # a number needs none
    victim = Victim(tmp_path, name="g")
    make(victim.function, cachedir=victim.cache, name="g")(3)
    assert key.stat().st_mode & 0o7777 == 0o600
    assert key.parent.stat().st_mode & 0o7777 == 0o700
    assert os.listdir(key.parent) == ["key"]
    assert len(bytes.fromhex(key.read_text())) == 32


def number(n):
    return n


def test_no_two_are_the_same(tmp_path, monkeypatch):
    keys = set()
    for name in "abcd":
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / name))
        make(lambda: {1, 2}, cachedir=tmp_path / name)()
        keys.add((tmp_path / name / "remade" / "key").read_text())
    assert len(keys) == 4


def test_many_processes_make_one(tmp_path, key):
    program = """
import sys, time
from remade import make
f = make(lambda n: {n}, cachedir="cache-" + sys.argv[1], name="f")
while time.time() < float(sys.argv[2]):
    pass
print(f(3))
"""
    import time

    start = time.time() + 2
    running = [
        subprocess.Popen([sys.executable, "-c", program, str(n), str(start)], cwd=tmp_path)
        for n in range(12)
    ]
    assert [one.wait() for one in running] == [0] * 12
    assert os.listdir(key.parent) == ["key"]
    name = {pickled(parse(record))["seal"][:8] for record in records(tmp_path)}
    assert len(name) == 1


def of_all_to_read(key):
    key.chmod(0o604)
    return "chmod go-rwx"


def of_all_to_write(key):
    key.chmod(0o602)
    return "chmod go-rwx"


def of_the_group(key):
    key.chmod(0o640)
    return "chmod go-rwx"


def of_a_stranger(key):
    os.chown(key, STRANGER, -1)
    return f"it belongs to the user of number {STRANGER}"


def folder_of_all(key):
    key.parent.chmod(0o777)
    return "everybody can write its folder"


def folder_of_a_stranger(key):
    os.chown(key.parent, STRANGER, -1)
    return f"the user of number {STRANGER} can write its folder"


def empty(key):
    key.write_text("")
    return "holds no key"


def short(key):
    key.write_text("ab" * 31 + "\n")
    return "holds no key"


def no_digits(key):
    key.write_text("xy" * 32 + "\n")
    return "holds no key"


def signs(key):
    key.write_text("+1" * 32 + "\n")
    return "holds no key"


def long(key):
    key.write_bytes(b"ab" * 10_000)
    return "cannot be read"


def folder(key):
    key.unlink()
    key.mkdir()
    return "cannot be read"


def pipe(key):
    key.unlink()
    os.mkfifo(key)
    key.chmod(0o600)
    return "cannot be read"


SPOILT = [
    of_all_to_read, of_all_to_write, of_the_group, folder_of_all, empty, short, no_digits, signs,
    long, folder, pipe,
    *(pytest.param(one, marks=needs_root) for one in (of_a_stranger, folder_of_a_stranger)),
]  # fmt: skip


@pytest.mark.parametrize("spoil", SPOILT)
def test_a_key_that_must_not_be_used(tmp_path, key, spoil):
    """Pickles are saved without a seal, which is told once; and those with one load all the same
    where nobody else can write."""
    victim = Victim(tmp_path).run()
    told = spoil(key)
    program = f"""
from remade import make
made = make(lambda n: {{n}}, cachedir={str(tmp_path / "other")!r}, keep="all")
print(made(3), made(4), made(3))
"""
    with no_hang():
        out, err = in_process(tmp_path, program)
    assert out == "{3} {4} {3}\n"
    assert err.count("RemadeWarning") == 1
    for text in ("the key", "is not used", told, "saved without a seal"):
        assert text in err, err
    again = victim.made()
    again(3)
    assert again.cache_info()[:2] == (1, 0)
    victim.pickle.chmod(0o666)
    victim_again = victim.made()
    import warnings

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        victim_again(3)
    texts = [str(one.message) for one in caught]
    assert any("whose seal cannot be read, because of the key" in text for text in texts), texts
    assert victim_again.cache_info().ran == 1


@pytest.mark.parametrize("home", ["no home", "not a folder", "gone", "read-only"])
def test_where_no_key_can_be_made_everything_works_without(tmp_path, home, monkeypatch):
    monkeypatch.delenv("XDG_CONFIG_HOME")
    if home == "no home":
        monkeypatch.delenv("HOME")
    elif home == "not a folder":
        (tmp_path / "home").write_text("")
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
    elif home == "gone":
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
    else:
        monkeypatch.setenv("HOME", "/proc")
    victim = Victim(tmp_path).run()
    assert not is_sealed(victim)
    again = victim.made()
    again(3)
    assert again.cache_info()[:2] == (1, 0)
    assert not (tmp_path / "home").is_dir()


def test_without_a_configuration_folder_it_is_in_the_home(tmp_path, monkeypatch):
    for name in ("", "relative"):
        monkeypatch.setenv("XDG_CONFIG_HOME", name)
        monkeypatch.setenv("HOME", str(tmp_path))
        Victim(tmp_path).run()
        assert (tmp_path / ".config" / "remade" / "key").exists()


# -- A key of one's own ------------------------------------------------------------------------------


def test_a_key_that_a_group_shares(tmp_path, monkeypatch):
    """Two with other homes and one key load what the other saved, also where the group can write."""
    shared = tmp_path / "group-key"
    monkeypatch.setenv("REMADE_KEY_FILE", str(shared))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "one"))
    victim = Victim(tmp_path).run()
    assert shared.stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "one").exists()
    shared.chmod(0o640)
    victim.pickle.chmod(0o666)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "other"))
    again = victim.made()
    again(3)
    assert again.cache_info()[:2] == (1, 0)


@needs_root
def test_a_shared_key_may_be_a_colleague_s(tmp_path, monkeypatch):
    shared = tmp_path / "group-key"
    monkeypatch.setenv("REMADE_KEY_FILE", str(shared))
    Victim(tmp_path, name="g").run()
    shared.chmod(0o640)
    os.chown(shared, STRANGER, -1)
    again = Victim(tmp_path, name="g").made()
    again(3)
    assert again.cache_info()[:2] == (1, 0)


@pytest.mark.parametrize(
    ("mode", "told"),
    [(0o644, "g-w,o-rwx"), (0o641, "g-w,o-rwx"), (0o660, "g-w,o-rwx"), (0o602, "g-w,o-rwx")],
)
def test_a_shared_key_that_others_know(tmp_path, monkeypatch, mode, told):
    shared = tmp_path / "group-key"
    monkeypatch.setenv("REMADE_KEY_FILE", str(shared))
    Victim(tmp_path).run()
    shared.chmod(mode)
    out, err = in_process(
        tmp_path, "from remade import make\nprint(make(lambda: {1}, cachedir='c')())\n"
    )
    assert out == "{1}\n"
    assert err.count("RemadeWarning") == 1
    assert f"chmod {told} {shared}" in err


def test_a_key_file_that_cannot_be_made_is_told(tmp_path):
    program = "from remade import make\nprint(make(lambda: {1}, cachedir='c')())\n"
    path = tmp_path / "no such folder" / "key"
    os.environ["REMADE_KEY_FILE"] = str(path)
    try:
        out, err = in_process(tmp_path, program)
    finally:
        del os.environ["REMADE_KEY_FILE"]
    assert out == "{1}\n"
    assert err.count("RemadeWarning") == 1
    assert f"the key {path} is not used: it cannot be made" in err


def test_the_key_is_in_no_message_and_in_no_record(tmp_path, key):
    victim = Victim(tmp_path).run()
    secret = key.read_text().strip()
    for path in (tmp_path / "project").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert secret.encode() not in content
            assert bytes.fromhex(secret) not in content
    with warned("with another key"):
        key.unlink()
        victim.made()(3)
