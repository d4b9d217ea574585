"""Results and records that cannot be read: run again, with a warning where something is wrong."""

import json
import os
import warnings

import numpy as np
import pytest

from counting import aside, records, staged, told, warned
from remade import Persister, PickleFile, make


def f(n):
    return np.arange(n)


@pytest.fixture
def made(tmp_path):
    """Knows nothing of what this process did before."""

    def again(output=None):
        return make(f, cachedir=tmp_path / "c", output=output)

    return again


def damage(path):
    whole = path.read_bytes()
    yield "empty", b""
    yield "half", whole[: len(whole) // 2]
    yield "one byte less", whole[:-1]
    yield "one byte more", whole + b"x"
    yield "a bit", whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:]
    yield "garbage", os.urandom(len(whole))
    yield "zeros", bytes(len(whole))
    yield "nested", b"[" * 100_000
    yield "too long", b" " * 100_000_000


@pytest.mark.parametrize(
    "name", ["empty", "half", "a bit", "garbage", "zeros", "nested", "too long"]
)
def test_a_record(tmp_path, made, name):
    made()(5)
    (record,) = records(tmp_path)
    record.write_bytes(dict(damage(record))[name])
    again = made()
    with warned((str(record), "the function runs again")):
        assert again(5).shape == (5,)
    assert again(5).shape == (5,)
    assert again.cache_info().ran == 1
    assert made().check_call_in_cache(5)
    assert len(records(tmp_path)) == 1


def test_a_record_as_large_as_a_disk_is_not_read(tmp_path, made):
    made()(5)
    (record,) = records(tmp_path)
    os.truncate(record, 1 << 40)
    with warned("larger than"):
        made()(5)


def test_a_record_that_is_a_folder(tmp_path, made):
    made()(5)
    (record,) = records(tmp_path)
    record.unlink()
    record.mkdir()
    (record / "x").write_text("")
    with warned("the function runs again", "could not be saved"):
        assert made()(5).shape == (5,)


def test_a_record_of_another_call(tmp_path):
    made = make(f, cachedir=tmp_path / "c", keep="all")
    made(5), made(6)
    one, other = records(tmp_path)
    one.write_bytes(other.read_bytes())
    again = make(f, cachedir=tmp_path / "c", keep="all")
    with warned("record of another call"):
        assert [again(5).size, again(6).size, again(5).size] == [5, 6, 5]
    assert again.cache_info().ran == 1


def test_a_record_of_a_newer_format(tmp_path, made):
    made()(5)
    (record,) = records(tmp_path)
    content = json.loads(record.read_text())
    content["format"] += 1
    content["something"] = "new"
    record.write_text(json.dumps(content))
    with told() as seen:
        assert made()(5).shape == (5,)
        assert made()(5).shape == (5,)
    assert [one.ran for one in seen] == [True, False]
    assert "newer" in seen[0].reasons[0]


@pytest.mark.parametrize(
    "name", ["empty", "half", "one byte less", "one byte more", "a bit", "garbage", "zeros"]
)
def test_a_result_that_the_engine_named(tmp_path, made, name):
    made()(5)
    path = next(tmp_path.rglob("*.npy"))
    path.write_bytes(dict(damage(path))[name])
    again = made()
    with told() as seen, warned((path.name, "is not what was saved there", "runs again")):
        for _ in range(2):
            np.testing.assert_array_equal(again(5), f(5))
    assert [one.ran for one in seen] == [True, False]
    assert path.name in seen[0].reasons[0]
    np.testing.assert_array_equal(np.load(path), f(5))


def test_a_result_that_is_gone(tmp_path, made):
    made()(5)
    next(tmp_path.rglob("*.npy")).unlink()
    with told() as seen:
        made()(5)
    assert seen[0].ran
    assert "missing" in seen[0].reasons[0] or "gone" in seen[0].reasons[0]


@pytest.mark.parametrize("what", ["folder", "pipe", "link"])
def test_a_result_that_is_no_file_any_more(tmp_path, made, what):
    elsewhere = tmp_path / "elsewhere.npy"
    np.save(elsewhere, f(5))
    made()(5)
    path = next((tmp_path / "c").rglob("*.npy"))
    path.unlink()
    if what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(elsewhere)
    with warnings.catch_warnings(), told() as seen:
        warnings.simplefilter("ignore")
        np.testing.assert_array_equal(made()(5), f(5))
    assert [one.ran for one in seen] == [True]
    np.testing.assert_array_equal(np.load(elsewhere), f(5))


def test_a_pickle_of_what_is_no_more(tmp_path):
    class Gone:
        pass

    Gone.__qualname__ = "Gone"
    globals()["Gone"] = Gone
    made = make(lambda: _instance(), cachedir=tmp_path)
    made()
    del globals()["Gone"]
    globals()["Gone"] = None
    again = make(lambda: _instance(), cachedir=tmp_path)
    globals()["Gone"] = Gone
    assert type(again()) is Gone


def _instance():
    return globals()["Gone"]()


def test_what_a_persister_cannot_load(tmp_path):
    class Fussy(Persister):
        good = True

        def save(self, value):
            with open(self.filename, "w") as file:
                file.write(value)

        def load(self):
            with open(self.filename) as file:
                if not LOADS:
                    raise ValueError("not today")
                return file.read()

    made = make(lambda: "x", cachedir=tmp_path / "c", output=Fussy(tmp_path / "f"))
    LOADS.append(1)
    assert [made(), made()] == ["x", "x"]
    LOADS.clear()
    made = make(made.__wrapped__, cachedir=tmp_path / "c", output=Fussy(tmp_path / "f"))
    for _ in range(2):
        with warned((str(tmp_path / "f"), "cannot be loaded", "not today", "runs again")):
            assert made() == "x"
    assert made.cache_info().ran == 2
    assert aside(tmp_path) == []


LOADS = []


@pytest.mark.parametrize("name", ["last", "forgotten"])
@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00", b"x\n" * 10_000, "folder"])
def test_the_lists_beside_the_records_can_be_lost(tmp_path, made, name, content):
    output = PickleFile(tmp_path / "f.pkl")
    made(output)(5), made(output)(6)
    path = records(tmp_path)[0].with_name(name)
    path.unlink(missing_ok=True)
    if content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    again = made(output)
    assert again(6).size == 6
    assert again.cache_info().reused == 1
    assert again.load().size == 6
    if content == "folder":
        path.rmdir()
    assert [again(n).size for n in (7, 8, 8)] == [7, 8, 8]
    assert len(records(tmp_path)) == 1
    assert aside(tmp_path) == []
    assert staged(tmp_path) == []


def test_the_whole_store_can_be_deleted_at_any_time(tmp_path, made):
    import shutil

    again = made()
    again(5)
    shutil.rmtree(tmp_path / "c")
    assert again(5).size == 5
    assert again(5).size == 5
    assert again.cache_info().ran == 2
    assert (tmp_path / "c" / "CACHEDIR.TAG").exists()
