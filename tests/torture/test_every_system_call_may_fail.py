"""Each system call of a call may fail: the value is returned, and the next process finds old or new."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import scale

#: A part for each core, and some more so that none takes long.
PARTS = 6 if scale.FULL else 1
SCRIPT = Path(__file__).with_name("straced.py")


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace (apt-get install strace)")
@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
@pytest.mark.parametrize("part", range(PARTS))
def test_every_system_call_of_a_stale_call_may_fail(tmp_path, part):
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else str(tmp_path)
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(scale.SCALE), memory, str(part), str(PARTS)],
        capture_output=True, text=True, check=False, timeout=540,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    if "skipped" in told:
        pytest.skip(f"strace may not trace here: {told['skipped']}")
    print(f"{told['done']} of {told['cases']} system calls and errors")
    assert told["failures"] == [], done.stderr[-2000:]
    assert told["cases"] > 300
