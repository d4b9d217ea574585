"""An image of nibabel counts by its elements, header and affine, also while they are in a file."""

import numpy as np
import pytest

from counting import quiet, warned
from remade import NiftiFile, _remade, make

__all__ = ["quiet"]

nibabel = pytest.importorskip("nibabel")


def load(folder, data, affine=None):
    image = nibabel.Nifti1Image(data, np.eye(4) if affine is None else affine)
    image.to_filename(folder / "image.nii.gz")
    return nibabel.load(folder / "image.nii.gz")


def test_another_content_in_the_same_file_is_another_version(tmp_path):
    data = np.random.default_rng(0).normal(size=(3, 4, 5))
    first = _remade._version(load(tmp_path, data))
    assert _remade._version(load(tmp_path, data)) == first
    other = data.copy()
    other[2, 3, 4] += 1e-9
    assert _remade._version(load(tmp_path, other)) != first
    assert _remade._version(load(tmp_path, data, np.diag([2, 1, 1, 1]))) != first


def test_a_function_of_an_image_runs_for_another_content(tmp_path):
    total = make(
        lambda image: float(image.get_fdata().sum()), cachedir=tmp_path / "c", name="total"
    )
    assert total(load(tmp_path, np.ones((2, 2, 2)))) == 8
    assert total(load(tmp_path, np.ones((2, 2, 2)))) == 8
    assert total.cache_info().ran == 1
    assert total(load(tmp_path, np.full((2, 2, 2), 2.0))) == 16
    assert total.cache_info().ran == 2


def test_a_change_in_memory_is_another_version():
    data = np.random.default_rng(0).normal(size=(3, 4, 5))
    image = nibabel.Nifti1Image(data.copy(), np.eye(4))
    first = _remade._version(image)
    assert _remade._version(nibabel.Nifti1Image(data.copy(), np.eye(4))) == first
    image.dataobj[0, 0, 0] += 1e-9
    changed = _remade._version(image)
    assert changed != first
    image.header.set_xyzt_units("mm", "sec")
    assert _remade._version(image) not in (first, changed)


def test_what_an_image_keeps_of_its_elements_does_not_count(tmp_path):
    for image in [
        nibabel.Nifti1Image(np.arange(24, dtype="i2").reshape(2, 3, 4), np.eye(4)),
        nibabel.Nifti1Image(np.arange(24.0).reshape(2, 3, 4), np.eye(4)),
        load(tmp_path, np.arange(24, dtype="i2").reshape(2, 3, 4)),
    ]:
        first = _remade._version(image)
        image.get_fdata(dtype=np.float32)
        assert _remade._version(image) == first
        image.get_fdata()[0, 0, 0] = 7  # what a function would be given now
        assert _remade._version(image) != first


def test_a_function_that_reads_its_image_is_reused(tmp_path):
    def read(image):
        return float(image.get_fdata().sum())

    total = make(read, cachedir=tmp_path / "c")
    images = [nibabel.Nifti1Image(np.ones((2, 2, 2), "i2"), np.eye(4)) for _ in range(2)]
    assert [total(images[0]), total(images[0]), total(images[1])] == [8, 8, 8]
    assert total.cache_info().ran == 1


def test_a_made_image_may_be_read_and_not_be_changed(tmp_path):
    file = NiftiFile(tmp_path / "a.nii.gz", image=True)
    source = make(lambda: nibabel.Nifti1Image(np.ones((2, 2, 2), "i2"), np.eye(4)),
                  cachedir=tmp_path / "c", output=file, name="source")  # fmt: skip
    total = make(
        lambda image: float(image.get_fdata().sum()), cachedir=tmp_path / "c", name="total"
    )
    image = source()
    image.get_fdata()
    assert total(image) == total(source()) == 8
    assert (source.cache_info().ran, total.cache_info().ran) == (1, 1)
    image.dataobj[0, 0, 0] = 5
    with warned("seems to have been changed outside made functions"):
        assert total(image) == 8
    strict = make(lambda image: float(np.sum(image.dataobj)), cachedir=tmp_path / "c",
                  name="strict", verify=True)  # fmt: skip
    with warned("was changed outside made functions"):
        assert strict(image) == 12
