"""SIGKILL at any moment of a commit: readers see the old result or the new one, whole; the next
commit leaves nothing behind."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from scale import FULL, scaled

pytest.importorskip("numpy")
if not hasattr(os, "fork"):
    pytest.skip("writers are forked", allow_module_level=True)

#: So many stores, with writers and readers of their own, for as many cores as there are.
PARTS = 4 if FULL else 1
KILLS = scaled(10_000, least=150) // PARTS


@pytest.mark.parametrize("part", range(PARTS))
def test_no_kill_tears_a_result_or_leaves_a_temporary(tmp_path, record_property, part):
    worker = Path(__file__).with_name("kills.py")
    done = subprocess.run(
        [sys.executable, str(worker), str(KILLS), str(part + 1)],
        cwd=tmp_path, capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    found = tmp_path / "wrong"
    assert not found.exists(), found.read_text()
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    record_property("seen", seen)
    print(seen)
    assert sum(seen["phases"].values()) == KILLS
    assert seen["looks"] > 0
    if FULL:  # of so many, each phase is hit
        assert all(seen["phases"].values()), seen
