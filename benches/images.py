"""NIfTI images by hand, beside nibabel."""

from __future__ import annotations

import functools
import importlib.util
import os
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from harness import TURNS, Bench, most_memory
from numpy.typing import NDArray

from remade import NiftiFile

Image = NDArray[Any]


def image_of_noise(megabytes: int) -> Image:
    """A series of volumes as a scanner makes them: a smooth head in noise, and zeros around it."""
    random = np.random.default_rng(0)
    x, y, z = np.ogrid[-1:1:64j, -1:1:64j, -1:1:32j]
    head = np.where(x**2 + y**2 + z**2 < 0.8, 1000 * np.cos(x + 2 * y) * np.cos(3 * z), 0)
    volumes = megabytes * (1 << 20) // (head.size * 4)
    series = np.zeros((*head.shape, volumes), dtype=np.float32, order="F")
    for volume in range(volumes):
        noise = random.normal(scale=5, size=head.shape)
        series[..., volume] = np.where(head, head + noise, 0)
    return series


def template() -> Image:
    """The MNI152 template that the package nilearn ships."""
    found = importlib.util.find_spec("nilearn")
    assert found is not None, "the image is missing: pip install --no-deps nilearn"
    assert found.origin is not None
    name = "datasets/data/mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz"
    return np.asarray(nibabel.Nifti1Image.from_filename(Path(found.origin).parent / name).dataobj)


def images(bench: Bench, name: str, image: Image) -> None:
    """Saving and loading by hand, beside nibabel: the same elements in memory, files no larger."""
    folder = bench.folder
    nibabel_image: Any = nibabel.Nifti1Image
    for end in (".nii.gz", ".nii"):
        ours, theirs = NiftiFile(folder / f"ours{end}"), folder / f"theirs{end}"
        nifti: Any = nibabel_image(image, np.eye(4))
        turns = 3 if image.nbytes > 1 << 25 else TURNS
        bench.measure(
            f"saving {name}, {end}",
            {
                "remade": functools.partial(ours.save, image),
                "nibabel": functools.partial(nifti.to_filename, theirs),
            },
            turns=turns,
        )
        sizes = [os.path.getsize(folder / f"{who}{end}") for who in ("ours", "theirs")]
        print(f"  {'sizes of the files':<28} {sizes[0]:>12} {sizes[1]:>12}")
        assert sizes[0] <= sizes[1], f"{end}: a larger file than nibabel's"

        def by_nibabel(path: Path) -> Image:
            elements = nibabel.Nifti1Image.from_filename(path).dataobj
            # What is mapped has to be copied to be in memory, as it is for the others.
            return np.array(np.asanyarray(elements), order="F")

        bench.measure(
            f"loading {name}, {end}",
            {
                "remade": ours.load,
                "nibabel": functools.partial(by_nibabel, theirs),
                "remade, nibabel's file": NiftiFile(theirs).load,
                "nibabel, remade's file": functools.partial(by_nibabel, folder / f"ours{end}"),
            },
            turns=turns,
        )
        for path in (folder / f"ours{end}", theirs):
            assert np.array_equal(NiftiFile(path).load(), image), f"{path.name}: a wrong image"
            assert np.array_equal(by_nibabel(path), image), f"{path.name}: a wrong image"
        start = (
            f"import numpy as np, remade\nfile = remade.NiftiFile({os.fspath(ours.filename)!r})\n"
        )
        make_image = f"image = np.zeros({image.shape}, {image.dtype.str!r}, 'F'); image[...] = 1\n"
        base = most_memory(start)
        loading_takes = most_memory(f"{start}image = file.load()") - base - image.nbytes
        saving_takes = most_memory(f"{start}{make_image}file.save(image)") - base - image.nbytes
        print(f"  {'MB beside the array: load':<28} {loading_takes / 1e6:>12.1f}")
        print(f"  {'MB beside the array: save':<28} {saving_takes / 1e6:>12.1f}")
        assert max(loading_takes, saving_takes) < 64 << 20, f"{end}: too much memory"


def of_template(bench: Bench) -> None:
    """One volume, as it is shipped."""
    images(bench, "the MNI152 template", template())


def of_series(bench: Bench) -> None:
    """A series of volumes."""
    images(bench, "a 4-D series", image_of_noise(16 if bench.small else 64))


GROUP = {"template": of_template, "series": of_series}
