"""What runs again after which change: `python examples/brain.py --tour`.

Works on a copy of brain.py in a temporary folder. Each stop makes one change, runs the copy in a
process of its own, reads from its table which steps ran, and checks that they are the ones that had
to: no more, no fewer.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

STEPS = ["load", "smooth", "find_brain", "label_regions", "draw", "measure"]


class Tour:
    """A copy of the program, and the folder its results go to."""

    def __init__(self, program: Path, folder: Path) -> None:
        self.program = folder / program.name
        self.results = folder / "results"
        shutil.copyfile(program, self.program)

    def stop(self, title: str, expected: list[str]) -> str:
        """Run the copy and check that exactly the `expected` steps ran; what it warned of."""
        print(f"\n== {title}\n")
        command = [sys.executable, str(self.program), "--folder", str(self.results)]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        print(run.stdout.partition("\n\n")[0])
        print(run.stderr, end="")
        assert run.returncode == 0, f"the program failed with status {run.returncode}"
        rows = re.findall(r"^(\w+) +(ran|reused) ", run.stdout, flags=re.MULTILINE)
        assert [step for step, _ in rows] == STEPS, f"not one row for each step: {rows}"
        ran = [step for step, what in rows if what == "ran"]
        assert ran == expected, f"{ran} ran, {expected} had to"
        return run.stderr

    def edit(self, before: str, after: str) -> None:
        """Replace the one line `before` of the copy, keeping its indentation."""
        line = re.compile(rf"^( *){re.escape(before)}$", flags=re.MULTILINE)
        text, count = line.subn(lambda found: found[1] + after, self.program.read_text("utf-8"))
        assert count == 1, f"{count} lines read {before!r}"
        self.program.write_text(text, "utf-8")

    def result(self, name: str) -> bytes:
        """The bytes of one result file."""
        return (self.results / name).read_bytes()


def correct_one_voxel(path: Path) -> bytes:
    """Change the mask as a person does who knows better; the bytes it then has."""
    import nibabel

    kind: Any = nibabel.Nifti1Image
    image = kind.from_filename(path)
    mask = np.array(image.dataobj)
    middle = tuple(length // 2 for length in mask.shape)
    mask[middle] = not mask[middle]
    kind(mask, image.affine, image.header).to_filename(path)
    return path.read_bytes()


def main(program: Path) -> None:
    """Make one change after the other, and check what ran."""
    with tempfile.TemporaryDirectory() as folder:
        tour = Tour(program, Path(folder))
        tour.stop("1. The first run: every step runs.", STEPS)
        tour.stop("2. The same again: every step is reused.", [])

        mask, regions = tour.result("mask.nii.gz"), tour.result("regions.nii.gz")
        tour.edit("return 0.40", "return 0.20 * 2")
        tour.stop(
            "3. A helper of find_brain is written differently: that step runs, and finds the same\n"
            "   mask. So nothing that uses the mask has to run.",
            ["find_brain"],
        )
        assert tour.result("mask.nii.gz") == mask

        tour.edit("return 0.20 * 2", "return 0.55")
        tour.stop(
            "4. The constant in that helper is another: the mask changes, and with it what is\n"
            "   computed from it. The scan and the smoothed scan are reused.",
            ["find_brain", "label_regions", "draw", "measure"],
        )
        assert tour.result("mask.nii.gz") != mask
        assert tour.result("regions.nii.gz") != regions

        tour.edit(
            "# The brightest voxels are a safer measure than the one brightest.",
            "# One voxel may be bright by accident, two per cent of them are not.",
        )
        tour.stop("5. Only a comment is another: every step is reused.", [])

        mask = tour.result("mask.nii.gz")
        corrected = correct_one_voxel(tour.results / "mask.nii.gz")
        warned = tour.stop(
            "6. One voxel of the mask is corrected by hand: find_brain runs, because its file is\n"
            "   not what it wrote, and the corrected file is moved aside.",
            ["find_brain"],
        )
        assert tour.result("mask.nii.gz") == mask
        kept = [path for path in tour.results.rglob("*mask*") if path.read_bytes() == corrected]
        assert kept, "the corrected mask is gone"
        assert "mask.nii.gz" in warned, "no warning names the corrected file"
        print(f"\nThe correction is kept in {kept[0].relative_to(tour.results)}.")
    print("The tour is over: at each of its six stops exactly the steps ran that had to.")
