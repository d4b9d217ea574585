"""MemMappedNiftiFile: a map shows what it was made of, whatever becomes of the file."""

import os

import numpy as np
import pytest

from counting import in_process
from remade import MemMappedNiftiFile

THOUSAND = """
    import numpy as np
    from remade import MemMappedNiftiFile, make

    @make(output=MemMappedNiftiFile("a.nii"))
    def fill(number):
        return np.full((8, 4, 2), number, "i4")

    maps = []
    for number in range(1000):
        fill(number)
        maps.append(fill(number))
        assert isinstance(maps[-1], np.memmap)
        if number % 100 == 99:
            for known, mapped in enumerate(maps):
                assert mapped.min() == mapped.max() == known
    print(fill.cache_info().ran, fill.cache_info().reused)
"""


def test_a_thousand_runs_leave_a_thousand_maps_alone(tmp_path):
    """Every map that is alive keeps its content while later runs replace the file."""
    assert in_process(tmp_path, THOUSAND) == ("1000 1000\n", "")


def test_by_hand_as_well(tmp_path):
    file = MemMappedNiftiFile(tmp_path / "a.nii")
    maps = []
    for number in range(50):
        file.save(np.full(1000, number, "u1"))
        maps.append(file.load())
    assert [int(mapped.sum()) for mapped in maps] == [1000 * number for number in range(50)]


def test_a_map_outlives_the_removal_of_its_file(tmp_path):
    file = MemMappedNiftiFile(tmp_path / "a.nii")
    file.save(np.arange(10.0))
    mapped = file.load()
    os.remove(tmp_path / "a.nii")
    assert mapped.tolist() == list(range(10))


def test_r_is_read_only_and_c_changes_memory_alone(tmp_path):
    array = np.arange(6, dtype="f4").reshape(1, 2, 3)
    MemMappedNiftiFile(tmp_path / "a.nii").save(array)
    before = (tmp_path / "a.nii").read_bytes()
    read_only = MemMappedNiftiFile(tmp_path / "a.nii").load()
    with pytest.raises(ValueError, match="read-only"):
        read_only[0, 0, 0] = 1
    copied = MemMappedNiftiFile(tmp_path / "a.nii", mode="c").load()
    copied[0, 0, 0] = 100
    assert copied[0, 0, 0] == 100
    np.testing.assert_array_equal(read_only, array)
    assert (tmp_path / "a.nii").read_bytes() == before


def test_nothing_is_read_but_the_header(tmp_path):
    """The elements of a file full of holes are mapped, and their place in memory is not filled."""
    path = tmp_path / "a.nii"
    MemMappedNiftiFile(path).save(np.zeros((30_000, 1, 1), "u1"))
    content = bytearray(path.read_bytes()[:352])
    shape = (30_000, 10_000, 10_000)  # 3 TB, more than a memory
    content[40:48] = np.array([3, *shape], "<i2").tobytes()
    with open(path, "wb") as file:
        file.write(content)
        try:
            file.truncate(352 + int(np.prod(shape, dtype="u8")))
        except OSError:
            pytest.skip("this file system has no files of that size")
    mapped = MemMappedNiftiFile(path).load()
    assert mapped.shape == shape
    assert mapped[29_999, 9_999, 9_999] == 0


def test_an_image_over_a_map(tmp_path):
    nibabel = pytest.importorskip("nibabel")
    array = np.arange(24, dtype="i2").reshape(2, 3, 4)
    affine = np.diag([2, 3, 4, 1.0])
    file = MemMappedNiftiFile(tmp_path / "a.nii", affine=affine, image=True)
    file.save(array)
    image = file.load()
    assert type(image) is nibabel.Nifti1Image
    assert isinstance(image.dataobj, np.memmap)
    np.testing.assert_array_equal(np.asanyarray(image.dataobj), array)
    np.testing.assert_array_equal(image.affine, affine)
