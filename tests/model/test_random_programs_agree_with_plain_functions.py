"""Random programs, edits, restarts and damages: a made function gives what the plain one gives.

Set REMADE_MODEL to a number of programs for more of them, REMADE_MODEL_FIRST to begin with another,
and REMADE_MODEL_STEPS for longer ones.
"""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("numpy")
if not hasattr(os, "fork"):
    pytest.skip("a restart is a fork", allow_module_level=True)

PROGRAMS = int(os.environ.get("REMADE_MODEL", "60"))
FIRST = int(os.environ.get("REMADE_MODEL_FIRST", "0"))
STEPS = int(os.environ.get("REMADE_MODEL_STEPS", "40"))

WEIGHTS = {
    "call": 36, "repeat": 22, "force": 3, "edit": 8, "comment": 6, "setting": 6, "data": 4,
    "mutate": 4, "drop": 2, "damage": 6, "clear": 1, "load": 2, "restart": 6,
}  # fmt: skip


class Worker:
    """A process that runs steps."""

    def __init__(self, folder):
        worker = Path(__file__).with_name("worker.py")
        self.process = subprocess.Popen(
            [sys.executable, str(worker), str(folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def do(self, **step):
        self.process.stdin.write(json.dumps(step) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        return json.loads(line) if line else {"wrong": "the process died"}

    def end(self):
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()


def steps_of(seed):
    dice = random.Random(seed)
    names = dice.choices(list(WEIGHTS), weights=list(WEIGHTS.values()), k=STEPS)
    return [{"step": name, "seed": dice.randrange(2**32)} for name in names]


@pytest.mark.parametrize("seed", range(FIRST, FIRST + PROGRAMS))
def test_random_programs_agree_with_plain_functions(seed, tmp_path):
    worker = Worker(tmp_path)
    log = []
    try:
        for step in steps_of(seed):
            answer = worker.do(**step)
            log.append(f"{step['step']}: {answer.get('done') or ''}")
            if "wrong" in answer:
                told = "\n".join(log)
                wrong = f"seed {seed}, step {len(log)}\n{told}\n{answer['wrong']}"
                pytest.fail(wrong, pytrace=False)
        counts = worker.do(step="end")["counts"]
        assert counts["calls"] == counts["ran"] + counts["reused"]
    finally:
        worker.end()
