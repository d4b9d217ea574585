"""Damage is a CorruptFileError with path and place, never a wrong number."""

import gzip
import os

import numpy as np
import pytest

from counting import warned
from remade import CorruptFileError, MemMappedNiftiFile, NiftiFile, make

ARRAY = np.arange(60, dtype="i2").reshape(3, 4, 5)


@pytest.fixture
def plain(tmp_path):
    NiftiFile(tmp_path / "a.nii").save(ARRAY)
    return tmp_path / "a.nii"


@pytest.fixture
def packed(tmp_path):
    NiftiFile(tmp_path / "a.nii.gz").save(ARRAY)
    return tmp_path / "a.nii.gz"


def corrupt(path, persister=NiftiFile):
    with pytest.raises(CorruptFileError) as raised:
        persister(path).load()
    error = raised.value
    assert isinstance(error, ValueError)
    assert error.path == str(path)
    assert 0 <= error.position <= os.path.getsize(path)
    assert str(path) in str(error)
    assert f"at byte {error.position}" in str(error)
    return str(error)


@pytest.mark.parametrize("persister", [NiftiFile, MemMappedNiftiFile])
def test_a_file_that_is_cut_short_anywhere_is_named(plain, persister):
    content = plain.read_bytes()
    for length in range(len(content)):
        plain.write_bytes(content[:length])
        corrupt(plain, persister)


def test_a_compressed_file_that_is_cut_short_anywhere_is_named(packed):
    content = packed.read_bytes()
    for length in range(len(content)):
        packed.write_bytes(content[:length])
        corrupt(packed)


def test_every_changed_byte_of_a_compressed_file_is_found_or_means_nothing(packed):
    content = packed.read_bytes()
    harmless = []
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 0x10
        packed.write_bytes(damaged)
        try:
            found = NiftiFile(packed).load()
        except CorruptFileError:
            continue
        harmless.append(place)
        np.testing.assert_array_equal(found, ARRAY)
    # Time, kind of compression and system; and bits of the stream that no code uses.
    assert harmless[:6] == [4, 5, 6, 7, 8, 9]
    assert len(harmless) < 12


def test_what_follows_the_last_member_is_zeros_or_damage(packed):
    content = packed.read_bytes()
    packed.write_bytes(content + b"\0" * 1000)
    np.testing.assert_array_equal(NiftiFile(packed).load(), ARRAY)
    for end in [b"junk", b"\0\0junk", b"\x1f\x8b", gzip.compress(b"more")[:-1]]:
        packed.write_bytes(content + end)
        corrupt(packed)


def test_the_name_says_whether_a_file_is_compressed(plain, packed):
    content, compressed = plain.read_bytes(), packed.read_bytes()
    plain.write_bytes(compressed)
    packed.write_bytes(content)
    assert "gzip content; rename it" in corrupt(plain)
    assert "gzip content; rename it" in corrupt(plain, MemMappedNiftiFile)
    assert "rename it" in corrupt(packed)


CHANGES = {
    "size": (0, np.array(349, "<i4"), "348 or 540"),
    "magic": (344, b"nope", "magic"),
    "analyze": (344, b"\0\0\0\0", "ANALYZE"),
    "pair": (344, b"ni1\0", "pair"),
    "no dimensions": (40, np.array(0, "<i2"), "dim[0]"),
    "eight dimensions": (40, np.array(8, "<i2"), "dim[0]"),
    "empty dimension": (42, np.array(0, "<i2"), "dimensions"),
    "negative dimension": (44, np.array(-4, "<i2"), "dimensions"),
    "too many elements": (42, np.array([32767] * 3, "<i2"), "bytes for shape"),
    "offset inside": (108, np.array(300, "<f4"), "vox_offset"),
    "no offset": (108, np.array(np.nan, "<f4"), "vox_offset"),
    "infinite offset": (108, np.array(np.inf, "<f4"), "vox_offset"),
    "half an offset": (108, np.array(352.5, "<f4"), "vox_offset"),
    "offset outside": (108, np.array(1e9, "<f4"), "more bytes"),
    "no intercept": (112, np.array([2, np.nan], "<f4"), "scl_inter"),
    "extension": (348, np.array([1, 0, 0, 0], "u1"), "more bytes"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_header_that_says_nonsense_is_named(plain, name):
    place, value, text = CHANGES[name]
    if name == "extension":  # one that says it is longer than its place
        content = bytearray(plain.read_bytes())
        content[108:112] = np.array(384, "<f4").tobytes()
        content[348:349] = b"\1"
        content[352:352] = np.array([64, 6], "<i4").tobytes() + b"x" * 24
        text = "an extension of 8 to 32 bytes"
    else:
        content = bytearray(plain.read_bytes())
        value = value if isinstance(value, bytes) else value.tobytes()
        content[place : place + len(value)] = value
    plain.write_bytes(content)
    assert text in corrupt(plain)


@pytest.mark.parametrize("code", [0, 1, 3, 1536, 2048, -1])
def test_element_types_that_are_not_read_are_named(plain, code):
    content = bytearray(plain.read_bytes())
    content[70:72] = np.array(code, "<i2").tobytes()
    plain.write_bytes(content)
    with pytest.raises(ValueError, match=f"datatype {code}"):
        NiftiFile(plain).load()


def test_folders_and_missing_files_are_errors_of_the_system(tmp_path):
    (tmp_path / "folder.nii").mkdir()
    with pytest.raises(FileNotFoundError):
        NiftiFile(tmp_path / "none.nii").load()
    with pytest.raises(OSError, match="folder.nii"):
        NiftiFile(tmp_path / "folder.nii").load()


@pytest.mark.parametrize("end", [".nii", ".nii.gz"])
def test_a_damaged_result_is_a_reason_to_run(tmp_path, end):
    runs = []
    path = tmp_path / f"a{end}"

    @make(cachedir=tmp_path / "c", output=NiftiFile(path), ignore=("runs",))
    def f(runs):
        runs.append(1)
        return ARRAY

    f(runs)
    content = bytearray(path.read_bytes())
    content[-4] ^= 1
    path.write_bytes(content)
    with warned("was changed by hand"):
        np.testing.assert_array_equal(f(runs), ARRAY)
    assert len(runs) == 2
    np.testing.assert_array_equal(f(runs), ARRAY)
    assert len(runs) == 2
