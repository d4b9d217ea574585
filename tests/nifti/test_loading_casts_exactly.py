"""dtype= gives the numbers that are there, or an error: never others."""

import numpy as np
import pytest

from remade import MemMappedNiftiFile, NiftiFile

TYPES = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"]


def holds(value, dtype):
    """Whether a type has this number, after cutting off the fraction of one that is no integer."""
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            return not np.isfinite(value) or bool(np.isfinite(np.asarray(value).astype(dtype)))
    if not np.isfinite(value):
        return False
    return np.iinfo(dtype).min <= int(value) <= np.iinfo(dtype).max


def limits(dtype):
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        powers = [2.0**e for e in (7, 8, 15, 16, 31, 32, 63, 64)]
        near = [np.nextafter(dtype.type(p), dtype.type(0)) for p in powers]
        special = [0.5, -0.5, -0.9, np.nan, np.inf, -np.inf, np.finfo(dtype).max]
        return np.array([*powers, *near, *(-p for p in powers), *special], dtype)
    least, most = np.iinfo(dtype).min, np.iinfo(dtype).max
    near = [least, least + 1, 0, 1, most - 1, most]
    near += [2**e + d for e in (7, 8, 15, 16, 31, 32, 63) for d in (-1, 0, 1)]
    near += [-(2**e) + d for e in (7, 15, 31) for d in (-1, 0, 1)]
    return np.array(sorted({n for n in near if least <= n <= most}), dtype)


@pytest.mark.parametrize("target", TYPES)
@pytest.mark.parametrize("source", TYPES)
def test_a_number_comes_back_or_is_refused(tmp_path, source, target):
    path = tmp_path / "a.nii"
    refused = 0
    for value in limits(source):
        NiftiFile(path).save(np.array([0, value], source))
        if holds(value, target):
            found = NiftiFile(path, dtype=target).load()
            assert found.dtype == target
            expected = int(value) if np.dtype(target).kind in "iu" else np.dtype(target).type(value)
            np.testing.assert_equal(found[1], expected)
        else:
            refused += 1
            with pytest.raises(ValueError, match="is no number of"):
                NiftiFile(path, dtype=target).load()
    assert refused > 0 or not refused and np.can_cast(source, target) or target == "f4"


@pytest.mark.parametrize("source", [*TYPES, "c8"])
def test_bool_is_whether_a_number_is_not_zero(tmp_path, source):
    values = np.array([0, 1, 2, 0, 100]).astype(source)
    if np.dtype(source).kind == "f":
        values = np.append(values, np.array([0.25, np.nan, -0.0], source))
    NiftiFile(tmp_path / "a.nii.gz").save(values)
    found = NiftiFile(tmp_path / "a.nii.gz", dtype=bool).load()
    assert found.dtype == bool
    np.testing.assert_array_equal(found, values != 0)


def test_truth_values_with_odd_bytes_are_saved_as_one(tmp_path):
    odd = np.array([0, 1, 2, 255], "u1").view(bool)
    NiftiFile(tmp_path / "a.nii").save(odd)
    assert NiftiFile(tmp_path / "a.nii").load().tolist() == [0, 1, 1, 1]


def test_all_numbers_of_16_bits_are_kept(tmp_path):
    every = np.arange(65536, dtype="u2").view("f2")
    for order in "<>":
        NiftiFile(tmp_path / "a.nii").save(every.astype(f"{order}f2").reshape(256, 256))
        found = NiftiFile(tmp_path / "a.nii").load()
        assert found.dtype == "f4"
        expected = every.astype("f4").reshape(256, 256)
        np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(np.signbit(found), np.signbit(expected))


def test_complex_numbers_and_colours_are_not_cast_to_numbers(tmp_path):
    NiftiFile(tmp_path / "a.nii").save(np.array([1 + 2j]))
    with pytest.raises(ValueError, match="complex"):
        NiftiFile(tmp_path / "a.nii", dtype="f8").load()
    assert NiftiFile(tmp_path / "a.nii", dtype="c8").load().dtype == "c8"
    NiftiFile(tmp_path / "a.nii").save(np.zeros(2, [("R", "u1"), ("G", "u1"), ("B", "u1")]))
    with pytest.raises(ValueError, match="colours"):
        NiftiFile(tmp_path / "a.nii", dtype="f8").load()


def test_many_elements_are_looked_at_to_the_last(tmp_path):
    values = np.zeros((3, 1_000_000), "f4")
    NiftiFile(tmp_path / "a.nii", dtype="i2").save(values)
    assert NiftiFile(tmp_path / "a.nii", dtype="i2").load().sum() == 0
    values[2, -1] = np.nan
    NiftiFile(tmp_path / "a.nii").save(values)
    with pytest.raises(ValueError, match="nan"):
        NiftiFile(tmp_path / "a.nii", dtype="i2").load()


def test_a_map_converts_nothing(tmp_path):
    path = tmp_path / "a.nii"
    NiftiFile(path).save(np.arange(3, dtype="i2"))
    assert MemMappedNiftiFile(path, dtype="i2").load().tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="a map cannot show them as"):
        MemMappedNiftiFile(path, dtype="f4").load()
    content = bytearray(path.read_bytes())
    content[112:120] = np.array([2, 1], "<f4").tobytes()
    path.write_bytes(content)
    assert NiftiFile(path).load().tolist() == [1, 3, 5]
    with pytest.raises(ValueError, match="scaled"):
        MemMappedNiftiFile(path).load()
