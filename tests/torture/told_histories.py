"""Tells histories to two processes, and compares: `told_histories.py SEED STEPS` tells one, and prints it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from types import TracebackType

import edited
from history import NOBODY, History, Step

#: What may be warned of in a history. Nobody changes an array outside made functions, for example.
EXPECTED = (
    "was changed by hand, or no record explains it",
    "the run changed its argument",
    "is damaged",
    "cannot be loaded (it is not what was saved there)",
)


class Wrong(AssertionError):
    """What happened is not what the model says."""


class Pair:
    """The two processes, and a folder for the projects."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.counts: Counter[str] = Counter()
        self.workers = [
            subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("history_worker.py"))],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )
            for _ in range(2)
        ]  # fmt: skip

    def __enter__(self) -> Pair:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, *_: BaseException | TracebackType | None
    ) -> None:
        for worker in self.workers:
            if kind is not None:
                worker.kill()
            worker.communicate()

    def live(self, seed: int, number: int) -> list[str]:
        """One history from beginning to end, in a folder of its own. What was done, line by line."""
        history = History(seed)
        first = history.places[0]
        top = self.folder / str(seed)
        project = top / "0"
        project.mkdir(parents=True)
        (project / "project.py").write_text(edited.text(first.meanings, first.remark))
        (project / "data.txt").write_text(str(first.data))
        told = [[Step(who, ["begin", str(project)]) for who in range(2)], *history.steps(number)]
        log: list[str] = []
        for batch in batches(told):
            if batch[0].process == NOBODY:
                _, source, target, keep_times = batch[0].order
                copy_over(top / str(source), top / str(target), keep_times)
                log.append(f"copy {source} to {target}")
                continue
            wrong = self.ask(batch, log)
            if wrong is not None:
                again = f"told again by {Path(__file__).name} {seed} {number}"
                raise Wrong("\n".join([again, *log, wrong]))
        self.counts.update(histories=1, steps=number)
        shutil.rmtree(top)
        return log

    def ask(self, batch: list[Step], log: list[str]) -> str | None:
        """What is wrong with what the processes answer."""
        mine = [[step for step in batch if step.process == who] for who in range(2)]
        asked = [(worker, steps) for worker, steps in zip(self.workers, mine, strict=True) if steps]
        for worker, steps in asked:
            assert worker.stdin is not None
            worker.stdin.write(json.dumps([step.order for step in steps]) + "\n")
            worker.stdin.flush()
        runs: list[str] = []
        for worker, steps in asked:
            assert worker.stdout is not None
            line = worker.stdout.readline()
            if not line:
                return f"the process died that was asked for {[step.order for step in steps]}"
            for step, (said, ran, warnings) in zip(steps, json.loads(line), strict=True):
                log.append(f"{step.process} {step.order}: {said}, ran {ran} {warnings or ''}")
                if said != step.said:
                    return f"it should give {step.said}"
                if len(asked) == 1 and ran != list(step.runs):
                    return f"{list(step.runs)} should run"
                if any(all(text not in one for text in EXPECTED) for one in warnings):
                    return "nothing of that kind should be warned of"
                runs += ran
                self.count(step, ran, warnings)
        # Which of two that ask at the same time runs it, is not promised.
        should = sorted(chain.from_iterable(step.runs for step in batch))
        return None if sorted(runs) == should else f"{should} should run, in both together"

    def count(self, step: Step, ran: list[str], warnings: list[str]) -> None:
        self.counts["runs"] += len(ran)
        self.counts["warnings"] += len(warnings)
        if step.order[0] == "call" and step.order[-1] != "check":
            self.counts["calls"] += 1
            self.counts["reused"] += not ran


def batches(told: list[list[Step]]) -> Iterator[list[Step]]:
    """What one process does until somebody else does something is one message."""
    batch: list[Step] = []
    for steps in told:
        if batch and (len(steps) > 1 or len(batch) > 1 and batch[0].process != batch[1].process
                      or batch[0].process != steps[0].process or batch[0].process == NOBODY):  # fmt: skip
            yield batch
            batch = []
        batch = batch + steps
    yield batch


def copy_over(source: Path, target: Path, keep_times: bool) -> None:
    """What a process has as its working directory stays, and all that is in it is replaced."""
    target.mkdir(exist_ok=True)
    for path in target.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    copy = shutil.copy2 if keep_times else shutil.copy
    shutil.copytree(source, target, copy_function=copy, dirs_exist_ok=True)


def main(seed: int, number: int) -> None:
    with tempfile.TemporaryDirectory() as folder, Pair(Path(folder)) as pair:
        print("\n".join(pair.live(seed, number)), dict(pair.counts), sep="\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
