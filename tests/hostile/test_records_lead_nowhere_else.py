"""Paths, names and counts in a record: they lead out of no folder, and nothing is too much."""

import resource
import subprocess
import sys
import textwrap

import pytest

from counting import records, warned
from hostility import Victim, edit, files, parse, pickled, sealed_text, text_of
from remade import make

# -- Paths -------------------------------------------------------------------------------------------

PATHS = [
    "{victim}", "../precious.pkl", "cache/../../precious.pkl", "cache/v1/../../../precious.pkl",
    "/etc/passwd", "/", "", ".", "..", "../", "cache", "cache/v1", "{victim}/", "precious.pkl\0",
    "./../precious.pkl", "//etc/passwd", "cache/v1/last", "~/precious.pkl",
]  # fmt: skip


@pytest.mark.parametrize("kind", ["chosen", "PickleFile"])
@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("path", PATHS)
def test_the_path_of_a_result(tmp_path, path, named, kind):
    """What it names is neither read as a result, nor moved, nor removed."""
    precious = tmp_path / "precious.pkl"
    precious.write_bytes(b"precious")
    victim = Victim(tmp_path, kind).run()
    where = path.format(victim=precious)
    edit(victim.record, lambda fields: pickled(fields).update(path=where, named=named))
    passwd = open("/etc/passwd", "rb").read()
    victim.is_harmless()
    victim.made()(4)
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        victim.made().clear()
    assert precious.read_bytes() == b"precious"
    assert open("/etc/passwd", "rb").read() == passwd
    assert sorted(p.name for p in tmp_path.iterdir() if p.name != "config") == [
        "precious.pkl", "project",
    ]  # fmt: skip


STAGED = [
    "../precious.pkl", "{victim}", "", ".", "..", "precious.pkl", ".remade-/../../precious.pkl",
    ".remade-../precious.pkl", "sub/.remade-1", ".remade-1\0", "x.remade-1", ".remade", "/.remade-1",
]  # fmt: skip


@pytest.mark.parametrize("kind", ["chosen", "PickleFile"])
@pytest.mark.parametrize("staged", STAGED)
def test_the_staged_name(tmp_path, staged, kind):
    """The result is gone, and the record says that it lies where the attacker wants it taken from."""
    victim = Victim(tmp_path, kind).run()
    whole = victim.pickle.read_bytes()
    precious = tmp_path / "precious.pkl"
    precious.write_bytes(whole)
    (victim.folder / "cache" / "precious.pkl").write_bytes(whole)
    name = pickled(parse(victim.record))["path"]
    (victim.folder / name).unlink()
    where = staged.format(victim=precious)
    edit(victim.record, lambda fields: pickled(fields).update(staged=where))
    victim.is_harmless()
    assert precious.read_bytes() == whole


def test_a_forged_record_renames_nothing_of_the_user_s(tmp_path):
    """It names a file of the user's as the result, and a staged file beside it that is whole."""
    victim = Victim(tmp_path, "PickleFile").run()
    thesis = victim.folder / "thesis.pkl"
    thesis.write_text("precious")
    fields = parse(victim.record)
    name = pickled(fields)["staged"]
    (victim.folder / "f.pkl").rename(victim.folder / name)
    edit(victim.record, lambda fields: pickled(fields).update(path="thesis.pkl"))
    victim.is_harmless()
    assert thesis.read_text() == "precious"


@pytest.mark.parametrize("function", ["g", "../f", "/f", "", "f\0", "f" * 5000, "f\n", "F"])
def test_the_name_of_the_function(tmp_path, function):
    victim = Victim(tmp_path).run()
    edit(victim.record, lambda fields: fields.update(function=function))
    victim.runs_again("is damaged", "the record of another call")


@pytest.mark.parametrize("key", ["0" * 32, "../" + "0" * 29, "", "f", 7, None])
def test_the_key(tmp_path, key):
    victim = Victim(tmp_path).run()
    edit(victim.record, lambda fields: fields.update(key=key))
    victim.is_harmless()


def test_the_last_result_of_another_function_is_not_given(tmp_path):
    """`load` asks for no call, so only the record can tell whose it is."""
    made = [make(lambda n, k=k: [n, k], cachedir=tmp_path, name=f"f{k}") for k in (1, 2)]
    made[0](3), made[1](3)
    one, other = records(tmp_path)
    one.write_bytes(other.read_bytes())
    for k in (1, 2):
        again = make(lambda n, k=k: [n, k], cachedir=tmp_path, name=f"f{k}")
        try:
            assert again.load() == [3, k]
        except LookupError:
            pass


# -- Too much ----------------------------------------------------------------------------------------


def put(name, text):
    """The record with the raw text of one field in the place of what it says."""

    def bomb(fields):
        fields = {key: value for key, value in fields.items() if key != "digest"}
        marker = "\ue000"
        whole = text_of({**fields, name: marker}).rpartition(b',\n  "digest"')[0]
        return sealed_text(whole.replace(f'"{marker}"'.encode(), text))

    return bomb


def times(text, number):
    return b",".join([text] * number)


ARGUMENT = b'{"name":"n","version":null,"short":"","origins":[]}'
SOURCE = b'{"path":"","version":"' + b"0" * 32 + b'"}'
BOMBS = {
    "deep value": put("value", b'{"list":[' * 50_000 + b"]}" * 50_000),
    "deep tuple": put("value", b'{"tuple":[' * 200 + b"]}" * 200),
    "deep short": put("value", b'{"short":' + b'{"list":[' * 5_000 + b"]}" * 5_000 + b"}"),
    "deep nonsense": put("never_fresh", b"[" * 1_000_000),
    "deep braces": put("nested", b'{"a":' * 100_000),
    "wide value": put("value", b'{"list":[' + times(b'"constant"', 1_000_000) + b"]}"),
    "wide short": put("value", b'{"short":{"list":[' + times(b'"none"', 1_500_000) + b"]}}"),
    "wide dict": put("value", b'{"short":{"dict":[' + times(b'["none","none"]', 800_000) + b"]}}"),
    "arguments": put("arguments", b"[" + times(ARGUMENT, 200_000) + b"]"),
    "sources": put("sources", b"[" + times(SOURCE, 200_000) + b"]"),
    "empty lists": put("accepted", b"[" + times(b"[]", 3_000_000) + b"]"),
    "code": put("code", b"{" + b",".join(b'"%d":"%032d"' % (n, n) for n in range(300_000)) + b"}"),
    "commas": put("value", b"," * 10_000_000),
    "large": put("host", b'"' + b"x" * (17 << 20) + b'"'),
    "long state": put("arguments", b'[{"name":"n","version":null,"short":"","origins":[],"after":"'
                      + b"x" * 100_000 + b'"}]'),
    "large number": put("value", b'{"short":{"big_int":"' + b"9" * 5_000_000 + b'"}}'),
    "large index": put("value", b'{"result":18446744073709551615}'),
    "larger index": put("value", b'{"result":99999999999999999999999999}'),
    "negative index": put("value", b'{"result":-1}'),
    "no number": put("seconds", b"NaN"),
    "infinite": put("seconds", b"1e999"),
    "hexadecimal": put("value", b'{"short":{"bytes":"' + b"0" * 9 + b'"}}'),
    "not UTF-8": put("host", b'"\xff\xfe"'),
    "lone surrogate": put("host", b'"\\ud800"'),
    "two of one name": put("host", b'"a","host":"b"'),
    "unknown field": put("host", b'"a","code_to_run":"import os"'),
    "comment": put("host", b'"a"/* */'),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_in_the_place_of_a_record(tmp_path, name):
    victim = Victim(tmp_path).run()
    victim.record.write_bytes(BOMBS[name](parse(victim.record)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    victim.runs_again(*(["cannot be loaded"] if name in LOADED else ["is damaged"]))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 200 * 1024, f"{grown} KB more"


#: These are records, of a value that Python refuses.
LOADED = {"large number", "hexadecimal"}


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"{", b"}", b"null", b"\n}\n", b'",\n  "digest": "' + b"0" * 32 + b'"\n}\n']
)
def test_a_scrap_in_the_place_of_a_record(tmp_path, content):
    victim = Victim(tmp_path).run()
    victim.record.write_bytes(content)
    victim.runs_again("is damaged")


def test_a_bomb_is_refused_in_little_memory_of_its_own(tmp_path):
    """As much as the text takes, and not a hundred times as much."""
    victim = Victim(tmp_path).run()
    victim.record.write_bytes(BOMBS["wide short"](parse(victim.record)))
    program = f"""
    import resource, warnings
    warnings.simplefilter("ignore")
    from hostility import plain
    from remade import make
    made = make(plain, cachedir={str(victim.cache)!r}, name="f")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    made(3)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(made.cache_info().ran, grown)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True,
        check=True, cwd="tests",
    )  # fmt: skip
    ran, grown = map(int, done.stdout.split())
    assert ran == 1
    assert grown < 100 * 1024


def test_lists_beside_the_records_that_are_too_long_are_not_read(tmp_path):
    victim = Victim(tmp_path, "PickleFile").run()
    for name in ("last", "forgotten"):
        with open(victim.place / name, "ab") as file:
            file.truncate(1 << 40)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    victim.is_harmless()
    victim.made()(4)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024


def test_the_limits_leave_room_for_what_is_written(tmp_path):
    """A record of thousands of arguments and parts reads."""

    def many(*args):
        return args

    made = make(many, cachedir=tmp_path, name="many")
    numbers = range(20_000)
    made(*numbers)
    again = make(many, cachedir=tmp_path, name="many")
    assert again(*numbers) == tuple(numbers)
    assert again.cache_info()[:2] == (1, 0)


def test_what_could_not_be_read_is_not_written(tmp_path):
    made = make(lambda *args: {1, 2}, cachedir=tmp_path, name="many")
    with warned("its record would have more than"):
        assert made(*range(100_000)) == {1, 2}
    assert records(tmp_path) == []


def test_files_of_a_result_in_a_tuple_are_each_looked_at(tmp_path):
    victim = Victim(tmp_path, "in a tuple").run()
    edit(victim.record, lambda fields: files(fields)[1].update(staged="../../precious"))
    victim.runs_again("is damaged")
