"""Units, codes, repetition time and extensions are kept; the element type is that of the data."""

import os

import numpy as np
import pytest

from remade import NiftiFile

nibabel = pytest.importorskip("nibabel")

AFFINE = np.array([[-2, 0.1, 0, 90], [0, 2.5, 0, -126], [0.2, 0, 3, -72], [0, 0, 0, 1]])


def image(data, kind="Nifti1Image", order="<"):
    """An image that uses every field that means something."""
    header = getattr(nibabel, kind).header_class(endianness=order)
    header.set_data_dtype("i2")
    found = getattr(nibabel, kind)(data, AFFINE, header)
    header = found.header
    header.set_sform(AFFINE, code="mni")
    header.set_qform(np.diag([2, 2.5, 3, 1]), code="scanner")
    header.set_xyzt_units("mm", "sec")
    if data.ndim == 4:
        header.set_zooms((2, 2.5, 3, 1.75))
    header.set_intent("t test", (12,), name="contrast")
    header.set_dim_info(1, 0, 2)
    header["descrip"] = b"a description"
    header["aux_file"] = b"a table"
    header["cal_max"], header["cal_min"] = 7, -3
    header["toffset"], header["slice_duration"] = 0.5, 0.0625
    header["slice_end"], header["slice_code"] = 2, 3
    comment = nibabel.nifti1.Nifti1Extension("comment", "Zürich, 12 µm".encode())
    header.extensions.extend([comment, nibabel.nifti1.Nifti1Extension(6, b"\x01\x00\xff" * 30)])
    return found


def fields(header):
    """What does not follow the data."""
    follow = (
        "dim",
        "datatype",
        "bitpix",
        "vox_offset",
        "scl_slope",
        "scl_inter",
        "magic",
        "eol_check",
    )
    old = (
        "sizeof_hdr",
        "data_type",
        "db_name",
        "extents",
        "session_error",
        "regular",
        "unused_str",
    )
    skip = (*follow, *old, "glmax", "glmin")
    return {name: header[name].tolist() for name in header if name not in skip}


def check(path, data, expected):
    found = nibabel.load(path)
    np.testing.assert_array_equal(np.asanyarray(found.dataobj), data)
    assert found.get_data_dtype() == data.dtype
    assert fields(found.header) == fields(expected.header.as_byteswapped("<"))
    precision = "f8" if type(found) is nibabel.Nifti2Image else "f4"
    np.testing.assert_array_equal(found.affine, expected.affine.astype(precision))
    contents = [one.get_content() for one in found.header.extensions]
    assert contents == [one.get_content() for one in expected.header.extensions]
    assert contents


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("kind", ["Nifti1Image", "Nifti2Image"])
@pytest.mark.parametrize("end", [".nii", ".nii.gz"])
def test_an_image_is_saved_with_its_header(tmp_path, kind, order, end):
    data = np.random.default_rng(0).normal(size=(3, 4, 5, 2))
    value = image(data, kind, order)
    NiftiFile(tmp_path / f"a{end}").save(value)
    check(tmp_path / f"a{end}", data, value)
    loaded = NiftiFile(tmp_path / f"a{end}", image=True).load()
    assert type(loaded) is getattr(nibabel, kind)
    assert loaded.header == nibabel.load(tmp_path / f"a{end}").header
    np.testing.assert_array_equal(np.asanyarray(loaded.dataobj), data)
    # Saved by nibabel, nothing is rounded to the int16 of the first header either.
    loaded.to_filename(tmp_path / "again.nii")
    np.testing.assert_array_equal(np.asanyarray(nibabel.load(tmp_path / "again.nii").dataobj), data)


@pytest.mark.parametrize("order", "<>")
def test_header_takes_an_image_a_header_or_a_path(tmp_path, order):
    data = np.random.default_rng(0).normal(size=(3, 4, 5, 2)).astype("f4")
    template = image(np.zeros((3, 4, 5, 2), "i2"), order=order)
    template.to_filename(tmp_path / "template.nii.gz")
    paths = [str(tmp_path / "template.nii.gz"), tmp_path / "template.nii.gz"]
    written = []
    for header in [template, template.header, *paths, nibabel.load(paths[0]).header]:
        file = NiftiFile(tmp_path / "a.nii", header=header)
        file.save(data)
        check(tmp_path / "a.nii", data, template)
        written.append((tmp_path / "a.nii").read_bytes())
    assert len(set(written)) == 1


def test_what_the_header_follows_is_the_data(tmp_path):
    template = image(np.zeros((3, 4, 5, 2), "i2"))
    NiftiFile(tmp_path / "mask.nii", header=template).save(np.ones((7, 8, 9), bool))
    found = nibabel.load(tmp_path / "mask.nii")
    assert (found.shape, found.get_data_dtype()) == ((7, 8, 9), np.uint8)
    assert found.header.get_xyzt_units() == ("mm", "sec")
    NiftiFile(tmp_path / "long.nii", header=template).save(np.ones(40_000))
    found = nibabel.load(tmp_path / "long.nii")
    assert type(found) is nibabel.Nifti2Image
    wanted = fields(template.header)
    assert {**fields(found.header), "pixdim": None} == {**wanted, "pixdim": None}
    np.testing.assert_array_equal(found.header["pixdim"], template.header["pixdim"])
    assert [one.get_content() for one in found.header.extensions] == [
        one.get_content() for one in template.header.extensions
    ]


def test_affine_is_kept_with_its_codes_where_it_is_the_headers(tmp_path):
    data = np.zeros((3, 4, 5))
    template = image(data)
    path = tmp_path / "a.nii"
    NiftiFile(path, header=template, affine=AFFINE).save(data)
    assert int(nibabel.load(path).header["sform_code"]) == 4
    moved = np.diag([1, 2, 3, 1.0])
    for value, options in [(data, {"header": template}), (template, {}), (data, {})]:
        NiftiFile(path, affine=moved, **options).save(value)
        header = nibabel.load(path).header
        np.testing.assert_array_equal(header.get_best_affine(), moved)
        codes = int(header["sform_code"]), int(header["qform_code"])
        expected = nibabel.Nifti1Image(data, moved).header
        assert codes == (int(expected["sform_code"]), int(expected["qform_code"]))
        assert header.get_zooms() == expected.get_zooms()


def test_affines_are_read_as_nibabel_reads_them(tmp_path):
    random = np.random.default_rng(3)
    for number in range(50):
        header = nibabel.Nifti1Header()
        header.set_data_shape((3, 4, 5))
        rotation = np.linalg.qr(random.normal(size=(3, 3)))[0]
        affine = np.eye(4)
        affine[:3, :3] = rotation * random.uniform(0.5, 3, 3)
        affine[:3, 3] = random.normal(size=3) * 50
        if number % 3:
            header.set_qform(affine, code="scanner")
        else:
            header.set_zooms(random.uniform(0.5, 3, 3))
        nibabel.Nifti1Image(np.zeros((3, 4, 5)), None, header).to_filename(tmp_path / "q.nii")
        expected = nibabel.load(tmp_path / "q.nii")
        # An affine that the header has already is not written anew: its codes stay.
        NiftiFile(tmp_path / "r.nii", header=expected, affine=expected.affine).save(
            np.zeros((3, 4, 5))
        )
        found = nibabel.load(tmp_path / "r.nii")
        assert int(found.header["sform_code"]) == 0
        np.testing.assert_array_equal(found.affine, expected.affine)


def test_images_of_other_formats_are_saved(tmp_path):
    data = np.random.default_rng(0).normal(size=(3, 4, 5)).astype("f4")
    NiftiFile(tmp_path / "a.nii.gz").save(nibabel.MGHImage(data, AFFINE))
    found = nibabel.load(tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(np.asanyarray(found.dataobj), data)
    np.testing.assert_allclose(found.affine, AFFINE, rtol=1e-6)


def test_saving_leaves_the_image_alone(tmp_path):
    value = image(np.random.default_rng(0).normal(size=(3, 4, 5)))
    before = value.header.copy()
    NiftiFile(tmp_path / "a.nii", affine=np.eye(4)).save(value)
    assert value.header == before
    assert value.header.extensions == before.extensions
    assert os.listdir(tmp_path) == ["a.nii"]
