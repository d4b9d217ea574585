"""What nibabel wrote is read value for value, and what is written is read by nibabel."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from remade import MemMappedNiftiFile, NiftiFile

nibabel = pytest.importorskip("nibabel")

FOLDER = Path(nibabel.__file__).parent / "tests" / "data"
SHIPPED = [
    "anatomical.nii", "example4d.nii.gz", "example_nifti2.nii.gz", "functional.nii",
    "reoriented_anat_moved.nii", "resampled_anat_moved.nii", "standard.nii.gz",
]  # fmt: skip
TYPES = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8", "c8", "c16"]
COLOURS = [
    np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")]),
    np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1"), ("A", "u1")]),
]
SHAPES = [(5,), (3, 4), (4, 3, 2), (3, 1, 2, 4), (2, 3, 1, 2, 2, 1, 2)]
LAYOUTS = {
    "C": np.ascontiguousarray,
    "F": np.asfortranarray,
    "strided": lambda a: np.repeat(a, 2, axis=0)[::2],
    "backwards": lambda a: np.flip(np.flip(a).copy()),
}


def same(found, expected):
    """To the last bit, in native byte order."""
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype.newbyteorder("=")
    native = np.ascontiguousarray(expected.astype(expected.dtype.newbyteorder("=")))
    assert np.ascontiguousarray(found).tobytes() == native.tobytes()


def numbers(shape, dtype):
    """Every bit of the type is used somewhere."""
    random = np.random.default_rng(len(shape))
    dtype = np.dtype(dtype)
    if dtype.kind in "fc":
        values = random.normal(size=shape) * 10.0 ** random.integers(-30, 30, shape)
        values = values + 1j * random.normal(size=shape) if dtype.kind == "c" else values
        values = np.asarray(values).astype(dtype)
        values.flat[0] = np.nan
        values.flat[-1] = -0.0
        return values
    size = int(np.prod(shape)) * dtype.itemsize
    return np.frombuffer(random.bytes(size), dtype).reshape(shape)


def test_the_list_of_shipped_files_is_whole():
    there = sorted(path.name for path in FOLDER.iterdir() if ".nii" in path.name)
    assert there == sorted([*SHIPPED, "row_major.dconn.nii"])


@pytest.mark.parametrize("name", SHIPPED)
def test_every_file_that_nibabel_ships_is_read(name):
    image = nibabel.load(FOLDER / name)
    found = NiftiFile(FOLDER / name).load()
    same(found, np.asanyarray(image.dataobj))
    whole = NiftiFile(FOLDER / name, image=True).load()
    assert type(whole) is type(image)
    np.testing.assert_array_equal(whole.affine, image.affine)
    assert whole.header.extensions == image.header.extensions
    if np.asanyarray(image.dataobj).dtype == image.get_data_dtype():
        assert whole.header == image.header.as_byteswapped("<")


def test_the_landmark_of_pynifti():
    found = NiftiFile(FOLDER / "example4d.nii.gz").load()
    assert found[49, 59, 12, 1] == 509
    reversed_axes = NiftiFile(FOLDER / "example4d.nii.gz", order="tzyx").load()
    assert (reversed_axes.shape, reversed_axes[1, 12, 59, 49]) == ((2, 24, 96, 128), 509)


@pytest.mark.parametrize("end", [".nii", ".nii.gz"])
@pytest.mark.parametrize("dtype", [*TYPES, *COLOURS], ids=str)
def test_what_is_written_is_read_back_by_both(tmp_path, dtype, end):
    path = str(tmp_path / f"image{end}")
    for shape in SHAPES:
        for layout in LAYOUTS.values():
            for order in "=" if not isinstance(dtype, str) or dtype[1:] == "1" else "<>":
                array = layout(numbers(shape, dtype))
                array = array.astype(array.dtype.newbyteorder(order))
                NiftiFile(path).save(array)
                same(NiftiFile(path).load(), array)
                image = nibabel.load(path)
                same(np.asanyarray(image.dataobj), array)
                np.testing.assert_array_equal(image.affine, np.eye(4))
                assert image.dataobj.slope == 1
                assert image.dataobj.inter == 0
                NiftiFile(path, order="tzyx").save(array)
                same(np.asanyarray(nibabel.load(path).dataobj), array.T)
                same(NiftiFile(path, order="tzyx").load(), array)
                if end == ".nii":
                    same(np.asarray(MemMappedNiftiFile(path).load()), array.T)
    assert [one.name for one in tmp_path.iterdir()] == [f"image{end}"]


@pytest.mark.parametrize("kind", ["Nifti1Image", "Nifti2Image", "Nifti1Pair", "Nifti2Pair"])
@pytest.mark.parametrize("dtype", TYPES)
def test_what_nibabel_writes_is_read(tmp_path, kind, dtype):
    ends = [".img", ".img.gz"] if kind.endswith("Pair") else [".nii", ".nii.gz"]
    for shape in SHAPES:
        for order in "<>":
            array = numbers(shape, dtype)
            header = getattr(nibabel, kind).header_class(endianness=order)
            header.set_data_dtype(array.dtype.newbyteorder(order))
            for end in ends:
                path = tmp_path / f"image{end}"
                getattr(nibabel, kind)(array, np.diag([2, 3, 4, 1]), header).to_filename(path)
                same(NiftiFile(path).load(), array)
                if end.startswith(".img"):
                    same(NiftiFile(str(path).replace(".img", ".hdr")).load(), array)
                if not end.endswith(".gz"):
                    mapped = np.asarray(MemMappedNiftiFile(path).load())
                    same(mapped.astype(mapped.dtype.newbyteorder("=")), array)


@pytest.mark.parametrize(("slope", "inter"), [(2, 0), (0.1, -7.3), (1, 3), (-1e-5, 1e5)])
@pytest.mark.parametrize("dtype", TYPES)
def test_scaled_elements_are_what_nibabel_makes_of_them(tmp_path, dtype, slope, inter):
    array = numbers((3, 4, 5), dtype)
    if np.dtype(dtype).kind == "c":
        array = array.astype(dtype)
        array[np.isnan(array)] = 0
    for order in "<>":
        header = nibabel.Nifti1Header(endianness=order)
        header.set_data_dtype(array.dtype.newbyteorder(order))
        header.set_slope_inter(slope, inter)
        nibabel.Nifti1Image(array, np.eye(4), header).to_filename(tmp_path / "scaled.nii")
        content = bytearray((tmp_path / "scaled.nii").read_bytes())
        # nibabel divides by the slope while it writes; what counts here is reading.
        content[112:120] = np.array([slope, inter], order + "f4").tobytes()
        (tmp_path / "scaled.nii").write_bytes(content)
        with np.errstate(all="ignore"):
            expected = np.asanyarray(nibabel.load(tmp_path / "scaled.nii").dataobj)
        found = NiftiFile(tmp_path / "scaled.nii").load()
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("slope", [0.0, np.nan, np.inf])
def test_a_slope_that_is_none_leaves_elements_alone(tmp_path, slope):
    NiftiFile(tmp_path / "a.nii").save(np.arange(6, dtype="i2"))
    content = bytearray((tmp_path / "a.nii").read_bytes())
    content[112:120] = np.array([slope, 5], "<f4").tobytes()
    (tmp_path / "a.nii").write_bytes(content)
    same(NiftiFile(tmp_path / "a.nii").load(), np.arange(6, dtype="i2"))


def test_gzip_of_several_members_is_one_stream(tmp_path):
    array = numbers((40, 50, 6), "f4")
    NiftiFile(tmp_path / "a.nii").save(array)
    content = (tmp_path / "a.nii").read_bytes()
    cuts = [0, 100, 348, 349, 20_000, 20_000, len(content)]
    pieces = [content[a:b] for a, b in zip(cuts, cuts[1:], strict=False)]
    members = b"".join(gzip.compress(piece) for piece in pieces) + b"\0" * 512
    (tmp_path / "a.nii.gz").write_bytes(members)
    same(NiftiFile(tmp_path / "a.nii.gz").load(), array)


def test_long_dimensions_make_nifti_2_by_themselves(tmp_path):
    for shape in [(40_000,), (2, 1, 32_768), (27307, 1, 6)]:
        array = np.arange(np.prod(shape), dtype="u4").reshape(shape)
        NiftiFile(tmp_path / "long.nii.gz").save(array)
        image = nibabel.load(tmp_path / "long.nii.gz")
        assert type(image) is nibabel.Nifti2Image
        same(np.asanyarray(image.dataobj), array)
        same(NiftiFile(tmp_path / "long.nii.gz").load(), array)


@pytest.mark.parametrize("shape", [(163_842, 1, 1), (50_000, 1, 1)])
def test_long_vectors_of_freesurfer_are_read(tmp_path, shape):
    array = np.arange(shape[0], dtype="f4").reshape(shape)
    nibabel.Nifti1Image(array, np.eye(4)).to_filename(tmp_path / "vector.nii")
    same(NiftiFile(tmp_path / "vector.nii").load(), array)


def test_the_same_array_makes_the_same_file(tmp_path):
    array = numbers((200, 100, 90), "i2")
    NiftiFile(tmp_path / "a.nii.gz").save(array)
    NiftiFile(tmp_path / "b.nii.gz").save(np.asfortranarray(array))
    content = (tmp_path / "a.nii.gz").read_bytes()
    assert content == (tmp_path / "b.nii.gz").read_bytes()
    assert content[3:8] == b"\0" * 5  # no name, no time
    assert gzip.decompress(content)[352:] == array.tobytes("F")
