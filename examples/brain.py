"""From a brain image to the volumes of its parts, computed once.

Six steps on the MNI152 template, the average T1 image of 152 people. Each step is a function that
`make` decorated: it keeps what it returned in the file that its decorator names, and runs again
only when its code or its arguments have changed. Run the program twice and look at the table that
it prints; then change a number in one step, or only a comment, and run it again::

    python examples/brain.py
    python examples/brain.py --tour   # makes such changes on a copy of itself, and checks

It needs numpy, scipy, nibabel and matplotlib, and of the package nilearn only the image. What is
expensive to import is imported where it is used: steps that are reused never pay for it.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

import remade
from remade import File, MemMappedNiftiFile, NiftiFile, NumpyFile, PickleFile, make

if TYPE_CHECKING:
    from numpy.typing import NDArray

TEMPLATE = "datasets/data/mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz"


def options() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description="Measures the parts of a brain, each step once.")
    here = Path(__file__).resolve().parent
    parser.add_argument("--folder", type=Path, default=here / "brain", help="where results go")
    parser.add_argument("--tour", action="store_true", help="edit a copy, and check what runs")
    return parser.parse_known_args()[0]


def template() -> Path:
    """Where the installed nilearn keeps the image; nilearn itself is not imported."""
    found = importlib.util.find_spec("nilearn")
    if found is None or found.origin is None:
        raise SystemExit("the image is missing: pip install --no-deps nilearn")
    return Path(found.origin).parent / TEMPLATE


FOLDER: Path = options().folder.resolve()  # `draw` is given a path in it, and a path counts as text
CACHE = FOLDER / "cache"
SPACE = template()  # every image is written with its header, so viewers lay them over each other


@make(
    cachedir=CACHE,
    output=(NiftiFile(FOLDER / "scan.nii.gz", header=SPACE), NumpyFile(FOLDER / "affine.npy")),
)
def load(image: File) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """The intensity of each voxel, and the matrix that takes a voxel to millimetres."""
    import nibabel

    scan = nibabel.Nifti1Image.from_filename(image)
    return np.asarray(scan.dataobj, dtype=np.float32), np.asarray(scan.affine)


@make(cachedir=CACHE, output=MemMappedNiftiFile(FOLDER / "smooth.nii", header=SPACE))
def smooth(scan: NDArray[np.float32], width: float) -> NDArray[np.float32]:
    """The scan without its noise; `width` is the standard deviation in voxels."""
    from scipy import ndimage

    smoothed: NDArray[np.float32] = ndimage.gaussian_filter(scan, width)
    return smoothed


def darkest_brain() -> float:
    """How bright a voxel of the brain is at least, as a part of the brightest ones."""
    return 0.40


@make(cachedir=CACHE, output=NiftiFile(FOLDER / "mask.nii.gz", header=SPACE, dtype=bool))
def find_brain(smoothed: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which voxels are brain: the largest bright piece, with its holes filled."""
    from scipy import ndimage

    # The brightest voxels are a safer measure than the one brightest.
    bright = smoothed > darkest_brain() * np.percentile(smoothed[smoothed > 0], 98)
    pieces, _ = ndimage.label(bright)
    largest = np.bincount(pieces.ravel())[1:].argmax() + 1
    brain: NDArray[np.bool_] = ndimage.binary_fill_holes(pieces == largest)
    return brain


def large_pieces(voxels: NDArray[np.bool_], smallest: int = 1000) -> list[NDArray[np.bool_]]:
    """The connected pieces of at least `smallest` voxels, the largest first."""
    from scipy import ndimage

    pieces, _ = ndimage.label(voxels)
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0  # what is not in any piece
    order = np.argsort(sizes, kind="stable")[::-1]
    return [pieces == piece for piece in order if sizes[piece] >= smallest]


@make(cachedir=CACHE, output=NiftiFile(FOLDER / "regions.nii.gz", header=SPACE))
def label_regions(
    smoothed: NDArray[np.float32], brain: NDArray[np.bool_], white: float = 195, fluid: float = 110
) -> NDArray[np.uint8]:
    """The pieces of white matter, then the pockets of fluid deep inside, numbered from 1."""
    from scipy import ndimage

    deep = ndimage.binary_erosion(brain, iterations=16)
    regions = np.zeros(brain.shape, dtype=np.uint8)
    found = large_pieces(brain & (smoothed > white)) + large_pieces(deep & (smoothed < fluid))
    for number, region in enumerate(found, start=1):
        regions[region] = number
    return regions


class Region(TypedDict):
    """What is measured of a region."""

    tissue: str
    millilitres: float
    centre: tuple[float, ...]


@make(cachedir=CACHE, output=PickleFile(FOLDER / "volumes.pickle"))
def measure(
    scan: NDArray[np.float32], affine: NDArray[np.float64], regions: NDArray[np.uint8]
) -> dict[int, Region]:
    """The tissue, volume and centre (in millimetres) of every region."""
    voxel = abs(float(np.linalg.det(affine[:3, :3]))) / 1000
    measured: dict[int, Region] = {}
    for number in range(1, int(regions.max()) + 1):
        inside = np.nonzero(regions == number)
        centre = affine[:3, :3] @ np.mean(inside, axis=1) + affine[:3, 3]
        measured[number] = Region(
            tissue="white matter" if scan[inside].mean() > 150 else "fluid",
            millilitres=round(len(inside[0]) * voxel, 1),
            centre=tuple(float(millimetres) for millimetres in centre.round()),
        )
    return measured


@make(cachedir=CACHE)
def draw(
    scan: NDArray[np.float32], brain: NDArray[np.bool_], regions: NDArray[np.uint8], path: Path
) -> File:
    """A picture of three slices; it is written here, so what is returned is the file."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.colors import ListedColormap
    from matplotlib.figure import Figure

    colours = ListedColormap(["#e8743b", "#f2b134", "#f2b134", "#19a979", "#2aa7ff", "#2aa7ff"])
    figure = Figure(figsize=(12, 4.5), facecolor="black")
    figure.set_layout_engine("constrained", h_pad=0.12)
    # Through a lateral ventricle and the cerebellum, which are not in the very middle.
    for axis, (name, at) in enumerate((("sagittal", 86), ("coronal", 118), ("axial", 88))):
        plane: tuple[Any, ...] = tuple(at if i == axis else slice(None) for i in range(3))
        panel = figure.add_subplot(1, 3, axis + 1)
        panel.imshow(scan[plane].T, cmap="gray", origin="lower", vmin=30, vmax=255)
        shown = np.ma.masked_equal(regions[plane].T, 0)
        panel.imshow(shown, cmap=colours, origin="lower", vmin=0.5, vmax=6.5, alpha=0.5)
        panel.contour(brain[plane].T, levels=[0.5], colors="#ffe66d", linewidths=1.4)
        # The same scale in every panel, with the brain in its middle.
        across, up = (np.mean(np.nonzero(line)) for line in (brain[plane].any(i) for i in (1, 0)))
        panel.set_xlim(across - 95, across + 95)
        panel.set_ylim(up - 95, up + 95)
        panel.set_title(f"{name} slice {at}", color="white", fontsize=13)
        panel.set_axis_off()
    FigureCanvasAgg(figure)
    figure.savefig(path, dpi=110)
    return File(path)


def pipeline() -> dict[int, Region]:
    """The main job: every step, in order. Nothing here says what has to run: `make` knows."""
    scan, affine = load(File(template()))
    smoothed = smooth(scan, width=1.0)
    brain = find_brain(smoothed)
    regions = label_regions(smoothed, brain)
    draw(scan, brain, regions, FOLDER / "brain.png")
    return measure(scan, affine, regions)


def row(event: remade.Event) -> str:
    """What `make` did about one call: a line of the table, and more where the reason is long."""
    step = event.function.rpartition(".")[2]
    what = "ran" if event.ran else "reused"
    # The folder of the results stands below the table.
    why = ("; ".join(event.reasons) or "unchanged").replace(f"{FOLDER}{os.sep}", "")
    first, *more = textwrap.wrap(why, 42, break_on_hyphens=False)
    files = ", ".join(Path(file).name for file in event.files)
    line = f"{step:<14} {what:<7} {first:<42} {event.seconds:8.3f}  {files}".rstrip()
    return "\n".join([line, *(f"{'':<22} {rest}" for rest in more)])


def main() -> None:
    """Run the pipeline, and print what each step did and what was measured."""
    print(f"{'step':<14} {'':<7} {'why':<42} {'seconds':>8}  file")
    began = time.perf_counter()
    with remade.events(lambda event: print(row(event))):
        measured = pipeline()
    print(f"{time.perf_counter() - began:.3f} seconds; the files are in {FOLDER}\n")

    print("region  tissue         millilitres  centre (mm)")
    for number, region in measured.items():
        centre = ", ".join(f"{millimetres:.0f}" for millimetres in region["centre"])
        print(f"{number:>6}  {region['tissue']:<13} {region['millilitres']:>12.1f}  {centre}")


if __name__ == "__main__":
    if options().tour:
        import tour

        tour.main(Path(__file__))
    else:
        main()
