"""The chapter "make as a persistence model and lazy-re-evaluation execution engine"."""

import numpy as np
import pytest

from counting import in_process, lines
from remade import PickleFile, make

PIPELINE = """
    import sys
    import numpy as np
    from counting import note
    from remade import NumpyFile, make

    @make(output=NumpyFile("raw.npy"))
    def load(subject):
        note("runs", f"load {subject}")
        return np.arange(5.0) + subject

    @make(output=NumpyFile("mask.npy"))
    def mask(image):
        note("runs", "mask")
        return image > THRESHOLD

    @make(output=NumpyFile("volume.npy"))
    def volume(mask):
        note("runs", "volume")
        return np.array([mask.sum()])

    print(int(volume(mask(load(int(sys.argv[1]))))[0]))
"""


@pytest.fixture
def step(tmp_path, monkeypatch):
    from pathlib import Path

    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent))

    def run(subject=0, threshold=2, text=PIPELINE):
        (tmp_path / "runs").write_text("")
        out, err = in_process(tmp_path, text.replace("THRESHOLD", str(threshold)), subject)
        assert err == ""
        return int(out), lines(tmp_path / "runs")

    return run


def test_each_step_runs_only_if_something_before_it_has_changed(step):
    assert step() == (2, ["load 0", "mask", "volume"])
    assert step() == (2, [])
    assert step(threshold=3) == (1, ["mask", "volume"])
    assert step(threshold=3) == (1, [])
    assert step(subject=1, threshold=3) == (2, ["load 1", "mask", "volume"])


def test_a_step_whose_result_is_as_before_stops_the_wave(step):
    assert step(threshold=2) == (2, ["load 0", "mask", "volume"])
    # Another threshold, and no voxel on the other side of it.
    assert step(threshold=2.5) == (2, ["mask"])


def test_a_comment_changes_nothing(step):
    step()
    assert step(text=PIPELINE.replace("THRESHOLD", "THRESHOLD  # voxels")) == (2, [])


def test_the_files_are_of_use_to_others(step, tmp_path):
    step()
    np.testing.assert_array_equal(np.load(tmp_path / "raw.npy"), np.arange(5.0))
    np.testing.assert_array_equal(np.load(tmp_path / "volume.npy"), [2])


def test_a_result_that_is_deleted_is_made_again_and_nothing_else(step, tmp_path):
    step()
    (tmp_path / "mask.npy").unlink()
    assert step() == (2, ["mask"])


def test_other_values_travel_down_the_chain_by_content(tmp_path):
    runs = []

    @make(cachedir=tmp_path, output=PickleFile(tmp_path / "names.pkl"))
    def names(seed):
        runs.append("names")
        return {"a": [1, 2], "b": seed // 10}

    @make(cachedir=tmp_path, output=PickleFile(tmp_path / "count.pkl"))
    def count(table):
        runs.append("count")
        return len(table)

    assert count(names(1)) == 2
    assert count(names(2)) == 2
    assert runs == ["names", "count", "names"]
