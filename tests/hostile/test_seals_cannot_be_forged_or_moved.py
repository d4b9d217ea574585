"""A seal is good for these bytes, this part of this result of this run, and nothing else."""

import os
import pickle
import shutil

import pytest

from counting import records, told, warned
from hostility import (
    KINDS, Victim, agree, edit, pair, parse, pickled, plain, plant, same, text_of, trap, write,
)  # fmt: skip
from remade import NumpyFile, PickleFile, make

# -- Forged ------------------------------------------------------------------------------------------

FORGED = {
    "zeros": lambda seal: seal[:9] + "0" * 64,
    "random": lambda seal: seal[:9] + os.urandom(32).hex(),
    "one bit": lambda seal: seal[:-1] + format(int(seal[-1], 16) ^ 1, "x"),
    "first digit": lambda seal: seal[:9] + format(int(seal[9], 16) ^ 8, "x") + seal[10:],
    "another key": lambda seal: format(int(seal[:8], 16) ^ 1, "08x") + seal[8:],
    "reversed": lambda seal: seal[:9] + seal[:8:-1],
}
MALFORMED = {
    "empty": "",
    "short": "00000000:" + "0" * 63,
    "long": "00000000:" + "0" * 65,
    "no key": ":" + "0" * 64,
    "no colon": "0" * 72,
    "capitals": "ABCDEF00:" + "A" * 64,
    "signs": "+0000000:" + "0" * 64,
    "spaces": " 0000000:" + "0" * 64,
    "number": 7,
    "list": ["00000000", "0" * 64],
    "true": True,
}


@pytest.mark.parametrize("planted", [False, True])
@pytest.mark.parametrize("name", FORGED)
def test_a_seal_that_was_made_up(tmp_path, name, planted):
    victim = Victim(tmp_path).run()
    if planted:
        plant(victim.record, victim.pickle, trap(victim.canary), strip=False)
    change = FORGED[name]

    def forge(fields):
        pickled(fields)["seal"] = change(pickled(fields)["seal"])

    edit(victim.record, forge)
    told = "with another key" if name == "another key" else "its seal is broken"
    victim.runs_again("cannot be loaded", told)


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_no_seal_is_no_record(tmp_path, name):
    victim = Victim(tmp_path).run()
    plant(victim.record, victim.pickle, trap(victim.canary), strip=False)
    edit(victim.record, lambda fields: pickled(fields).update(seal=MALFORMED[name]))
    victim.runs_again("is damaged")


# -- Under another key -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_seal_of_somebody_else(tmp_path, kind, monkeypatch):
    """An attacker who has a key, but not this one, writes everything as it should be."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "attacker"))
    attacker = Victim(tmp_path, kind).run()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    attacker.runs_again("cannot be loaded", "with another key", "REMADE_KEY_FILE", "remade.trust")


def test_a_key_that_was_replaced_is_another_key(tmp_path):
    victim = Victim(tmp_path).run()
    key = tmp_path / "config" / "remade" / "key"
    assert victim.made().check_call_in_cache(3)
    key.unlink()
    victim.runs_again("with another key")
    again = victim.made()
    again(3)
    assert again.cache_info()[:2] == (1, 0)


# -- The bytes ---------------------------------------------------------------------------------------

BYTES = {
    "one more": lambda whole: whole + b".",
    "one less": lambda whole: whole[:-1],
    "half": lambda whole: whole[: len(whole) // 2],
    "empty": lambda whole: b"",
    "twice": lambda whole: whole * 2,
    "first bit": lambda whole: bytes([whole[0] ^ 1]) + whole[1:],
    "last bit": lambda whole: whole[:-2] + bytes([whole[-2] ^ 1]) + whole[-1:],
    "middle bit": lambda whole: flipped(whole, len(whole) // 2),
    "another result": lambda whole: pickle.dumps({"number": 3, "parts": {1, 2, 3}}, 5),
}


def flipped(whole, place):
    return whole[:place] + bytes([whole[place] ^ 64]) + whole[place + 1 :]


@pytest.mark.parametrize("size", [3, 100_000, 2_000_000])
@pytest.mark.parametrize("name", BYTES)
def test_every_byte_counts(tmp_path, name, size):
    """The record agrees with the changed file in every way, but for the seal: only it can tell. Small
    files are kept in memory, large ones read without the lock of Python."""
    victim = Victim(tmp_path, function=filled).run(size)
    plant(victim.record, victim.pickle, BYTES[name](victim.pickle.read_bytes()), strip=False)
    victim.runs_again("cannot be loaded", "its seal is broken", n=size)


def filled(n):
    return {"number": n, "parts": {1, 2}, "rest": bytes(n)}


# -- The record --------------------------------------------------------------------------------------


def some(name, value):
    return pytest.param(lambda fields: fields.update({name: value}), id=name)


EDITS = [
    some("label", "2"),
    some("was", "old.f"),
    some("given", "0" * 32),
    some("fingerprint", "0" * 32),
    some("code", {}),
    some("sources", [{"path": "d.csv", "version": "0" * 32}]),
    some("started", "2020-01-01T00:00:00Z"),
    some("seconds", 0.5),
    some("host", "elsewhere"),
    some("pid", 1),
    some("language", "python 2.5.0"),
    some("packages", {"numpy": "1.0.0"}),
    some("items", [{"position": "", "version": "0" * 32, "content": "0" * 32}]),
    some("changed_returned", True),
    some("accepted", [{"who": "me", "when": "now", "why": "so", "what": []}]),
    pytest.param(lambda fields: fields["arguments"][0].update(version="0" * 32), id="argument"),
    pytest.param(lambda fields: fields["arguments"][0].update(short="4"), id="short"),
    pytest.param(lambda fields: fields["arguments"].clear(), id="arguments"),
    pytest.param(lambda fields: fields["nested"].update(unversioned=None, calls=[
        {"function": "g", "record": "0" * 32, "started": "now", "store": None}]), id="calls"),
    pytest.param(lambda fields: fields["results"][0].update(version="0" * 32), id="version"),
    pytest.param(lambda fields: fields["results"][0].update(position="[0]"), id="position"),
    pytest.param(lambda fields: fields["implicit"].append({
        "name": "x", "locator": None, "version": None, "short": "", "changed": True,
        "origins": []}), id="implicit"),
]  # fmt: skip


@pytest.mark.parametrize("change", EDITS)
def test_everything_that_a_record_says_counts(tmp_path, change):
    victim = Victim(tmp_path).run()
    before = parse(victim.record)
    edit(victim.record, change)
    if parse(victim.record) == {**before, "digest": parse(victim.record)["digest"]}:
        pytest.skip("that is what it says already")
    victim.runs_again("cannot be loaded", "its seal is broken")


def test_an_old_result_is_not_made_fresh_by_an_edited_record(tmp_path):
    """A setting was changed since, and a forged record says that it was as it is now."""
    import sys
    import types

    module = types.ModuleType("hostile_settings")
    exec("table = {'w': 1}\ndef f(n):\n    return {'n': n, 'parts': {table['w']}}", module.__dict__)
    sys.modules["hostile_settings"] = module
    victim = Victim(tmp_path, function=module.f).run()
    old = parse(victim.record), victim.pickle.read_bytes()
    module.table["w"] = 2
    victim.run()
    fields = {**old[0], "implicit": parse(victim.record)["implicit"]}
    if fields["implicit"] == old[0]["implicit"]:
        pytest.fail("the setting is no implicit input")
    write(victim.record, fields)
    victim.pickle.write_bytes(old[1])
    agree(victim.record, victim.pickle)
    victim.runs_again("cannot be loaded", "its seal is broken")


# -- Moved -------------------------------------------------------------------------------------------


def two(tmp_path, n=3, other=4, names=("f", "f"), kind="chosen"):
    """Two results of one store, and the record and pickle of each."""
    made = []
    for name, number in zip(names, (n, other), strict=True):
        one = Victim(tmp_path, kind, name=name, keep="all")
        before = set(records(one.cache))
        one.run(number)
        (record,) = set(records(one.cache)) - before
        (path,) = [one.cache.parent / file["path"] for file in [pickled(parse(record))]]
        made.append((record, path))
    return made


@pytest.mark.parametrize("names", [("f", "f"), ("f", "g")], ids=["call", "function"])
@pytest.mark.parametrize("what", ["pickle", "pickle and seal", "record", "results"])
def test_to_another_call(tmp_path, what, names):
    (record, path), (other_record, other_path) = two(tmp_path, names=names)
    wanted, other = parse(record), parse(other_record)
    path.write_bytes(other_path.read_bytes())
    if what == "pickle and seal":
        pickled(wanted)["seal"] = pickled(other)["seal"]
        write(record, wanted)
    elif what == "record":
        # The whole record of the other call, under the name and the key of this one.
        here = pickled(wanted)
        fields = {**other, "function": wanted["function"], "key": wanted["key"]}
        pickled(fields).update(path=here["path"], staged=here["staged"])
        write(record, fields)
    elif what == "results":
        fields = {**wanted, "results": other["results"]}
        pickled(fields).update(path=pickled(parse(record))["path"])
        write(record, fields)
    agree(record, path)
    again = make(plain, cachedir=tmp_path / "project" / "cache", name=names[0], keep="all")
    with told() as seen, warned(("cannot be loaded", "its seal is broken")):
        assert again(3) == plain(3)
    assert seen[0].ran


def twice(n):
    return {"number": n, "parts": {1}}, {"number": -n, "parts": {2}}


@pytest.mark.parametrize("seals", [False, True], ids=["pickles", "pickles and seals"])
def test_to_another_place_of_the_same_result(tmp_path, seals):
    paths = [tmp_path / "one.pkl", tmp_path / "two.pkl"]
    output = [PickleFile(path) for path in paths]

    def again():
        return make(twice, cachedir=tmp_path / "c", output=tuple(output), name="twice")

    again()(3)
    (record,) = records(tmp_path / "c")
    one, two = (path.read_bytes() for path in paths)
    paths[0].write_bytes(two), paths[1].write_bytes(one)

    def swap(fields):
        for file, path in zip((one["file"] for one in fields["results"]), paths, strict=True):
            stamp = path.stat()
            file["stamp"] = {
                "size": stamp.st_size, "mtime": stamp.st_mtime_ns, "inode": stamp.st_ino,
            }  # fmt: skip
        first, second = (one["file"] for one in fields["results"])
        for name in ["content", *(["seal"] if seals else [])]:
            first[name], second[name] = second[name], first[name]

    edit(record, swap)
    with told() as seen, warned(("cannot be loaded", "its seal is broken")):
        assert again()(3) == twice(3)
    assert seen[0].ran


def test_to_the_place_of_another_persister(tmp_path):
    """A result of one class of persister is none of another, also when the record says so."""
    path = tmp_path / "f.pkl"
    make(plain, cachedir=tmp_path / "c", output=PickleFile(path), name="f")(3)
    (record,) = records(tmp_path / "c")
    old = pickled(parse(record))["seal"]
    victim = Victim(tmp_path, "subclass", name="f")
    other = make(plain, cachedir=tmp_path / "c", output=KINDS["subclass"][1](tmp_path), name="f")
    other(3)
    edit(record, lambda fields: pickled(fields).update(seal=old))
    again = make(plain, cachedir=tmp_path / "c", output=KINDS["subclass"][1](tmp_path), name="f")
    with told() as seen, warned(("cannot be loaded", "its seal is broken")):
        assert again(3) == victim.function(3)
    assert seen[0].ran


def test_to_another_run_of_the_same_call(tmp_path):
    """The old pickle with the new record, and the new pickle with the old record."""
    victim = Victim(tmp_path, function=drawn).run()
    old = victim.record.read_bytes(), victim.pickle.read_bytes()
    victim.made().call(3)
    new = victim.record.read_bytes(), victim.pickle.read_bytes()
    for record, content in [(old[0], new[1]), (new[0], old[1])]:
        victim.record.write_bytes(record)
        victim.pickle.write_bytes(content)
        agree(victim.record, victim.pickle)
        again = victim.made()
        with warned(("cannot be loaded", "its seal is broken")):
            again(3)
        assert again.cache_info().ran == 1


def drawn(n):
    return {"drawn": os.urandom(16), "parts": {n}}


def test_the_record_and_the_pickle_of_an_old_run_together_are_an_old_result(tmp_path):
    """What a seal does not prevent, as the manual says: both were written here, for this call."""
    victim = Victim(tmp_path, function=drawn)
    first = victim.made()(3)
    old = victim.record.read_bytes(), victim.pickle.read_bytes()
    assert victim.made().call(3) != first
    victim.record.write_bytes(old[0])
    victim.pickle.write_bytes(old[1])
    assert victim.made()(3) == first


@pytest.mark.parametrize("kind", ["chosen", "in a tuple"])
def test_a_copy_of_the_whole_project_is_as_good(tmp_path, kind):
    """The other side: a seal does not depend on where things lie, nor on their names."""
    victim = Victim(tmp_path, kind).run()
    copy = Victim(make_folder(tmp_path / "elsewhere"), kind)
    shutil.rmtree(copy.folder)
    shutil.copytree(victim.folder, copy.folder)
    again = copy.made()
    assert same(again(3), victim.function(3))
    assert again.cache_info()[:2] == (1, 0)


def make_folder(path):
    path.mkdir()
    return path


def test_a_copy_of_the_store_under_another_name_is_as_good(tmp_path):
    victim = Victim(tmp_path).run()
    shutil.copytree(victim.cache, victim.folder / "another")
    again = make(plain, cachedir=victim.folder / "another", name="f")
    assert again(3) == plain(3)
    assert again.cache_info()[:2] == (1, 0)


@pytest.mark.parametrize("strange", [b"", b"{}", b"[]", b"\x80\x05.", b"cos\nsystem\n."])
def test_what_is_no_pickle_of_ours_is_not_even_parsed(tmp_path, strange):
    victim = Victim(tmp_path).run()
    plant(victim.record, victim.pickle, strange, strip=False)
    victim.runs_again("its seal is broken")


def test_records_that_a_forger_writes_read_like_ours(tmp_path):
    """Otherwise the tests here would test nothing but the digest."""
    victim = Victim(tmp_path).run()
    victim.record.write_bytes(text_of(parse(victim.record)))
    again = victim.made()
    again(3)
    assert again.cache_info()[:2] == (1, 0)
    made = make(pair, cachedir=tmp_path / "c", output=(PickleFile, NumpyFile), name="p")
    made(3)
    for record in records(tmp_path / "c"):
        edit(record, lambda fields: None)
    made = make(pair, cachedir=tmp_path / "c", output=(PickleFile, NumpyFile), name="p")
    made(3)
    assert made.cache_info()[:2] == (1, 0)
