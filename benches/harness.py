"""How are contenders measured side by side, and what is a row of the table?

The contenders of a benchmark take turns, so that a disturbance of the machine meets all of them,
and the median of the turns counts. Where a function is measured that somebody caches, its runs are
counted: a contender that computes where it had to reuse stops the program.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from remade._remade import _set_watch_worth

RUNS = "REMADE_BENCH_RUNS"  # names the file that has one byte for each run of a measured function
TURNS = 9
SHORTEST = 0.02  # seconds of calls in one turn: other work on the machine takes it for milliseconds
LONGEST = 1.0  # who takes longer gets fewer turns


WORTH = 4096  # the default: after so many looks at its records a function is watched
NEVER = 2**32 - 1


def never_watched() -> None:
    """From here on every call looks, so that what is measured does not depend on how often."""
    _set_watch_worth(NEVER)


@contextlib.contextmanager
def watched() -> Iterator[None]:
    """Functions that are called often enough meanwhile are watched, as they are by default."""
    _set_watch_worth(WORTH)
    yield
    never_watched()


@dataclass
class Timed:
    """A contender that tells by itself how many seconds so many calls took."""

    seconds: Callable[[int], float]


Contender = Callable[[], object] | Timed
Times = dict[str, float]


@dataclass
class Row:
    """One line of the table: what was measured against what, and what was to be reached."""

    work: str
    against: str
    measured: str
    to_reach: str
    reached: bool
    values: dict[str, float] = field(default_factory=dict)


@dataclass
class Bench:
    """One run of the benchmarks: where it works, how large, and what came out."""

    folder: Path
    small: bool
    rows: list[Row] = field(default_factory=list)
    seconds: dict[str, Times] = field(default_factory=dict)

    @property
    def large(self) -> int:
        """The bytes of a large array."""
        return (16 if self.small else 512) << 20

    @property
    def large_name(self) -> str:
        """The same for people."""
        return f"{self.large >> 20} MB"

    def measure(self, title: str, contenders: dict[str, Contender], turns: int = TURNS) -> Times:
        """The median seconds of a call of each contender, printed beside the first one's."""
        calls = {name: _calls_in_a_turn(one) for name, one in contenders.items()}
        times: dict[str, list[float]] = {name: [] for name in contenders}
        for turn in range(turns):
            for name, contender in contenders.items():
                if turn >= 3 and statistics.median(times[name]) > LONGEST:
                    continue
                times[name].append(_seconds(contender, calls[name]) / calls[name])
        medians = {name: statistics.median(taken) for name, taken in times.items()}
        self.tell(title, medians)
        return medians

    def tell(self, title: str, medians: Times) -> None:
        """Print what was measured, and keep it."""
        self.seconds[title] = medians
        print(f"\n{title:<44} {'median':>12} {'ratio':>14}")
        first = next(iter(medians.values()))
        for name, seconds in medians.items():
            print(f"  {name:<42} {show(seconds):>12} {seconds / first:>12.2f} x")

    def reused(
        self, title: str, contenders: dict[str, Contender], expected: object, turns: int = TURNS
    ) -> Times:
        """Measure calls that were made before: the right values, and not one run."""
        before = runs()
        medians = self.measure(title, contenders, turns)
        for name, contender in contenders.items():
            if isinstance(contender, Timed):
                continue
            right = expected[name] if isinstance(expected, dict) else expected
            assert np.array_equal(np.asarray(contender()), np.asarray(right)), f"{name}: wrong"
        assert runs() == before, f"{title}: {runs() - before} calls ran that had to be reused"
        return medians

    def faster(self, work: str, against: str, ratio: float, least: float) -> None:
        """A row: so many times as fast as the other, and at least so many were to be reached."""
        self._row(work, against, f"{number(ratio)} x as fast", f"{number(least)} x", ratio >= least)

    def within(self, work: str, against: str, ratio: float, most: float) -> None:
        """A row: so many times the time of the other, and at most so many were to be reached."""
        self._row(work, against, f"{ratio:.2f} x its time", f"at most {most:g} x", ratio <= most)

    def below(self, work: str, against: str, value: float, most: float, unit: str) -> None:
        """A row: an amount, and the most that it may be."""
        self._row(work, against, f"{value:.3g} {unit}", f"at most {most:g} {unit}", value <= most)

    def holds(self, work: str, against: str, what: str, to_reach: str, reached: bool) -> None:
        """A row of another kind."""
        self._row(work, against, what, to_reach, reached)

    def _row(self, work: str, against: str, measured: str, to_reach: str, reached: bool) -> None:
        self.rows.append(Row(work, against, measured, to_reach, reached))
        print(f"  {'reached' if reached else 'MISSED'}: {work}, {against}: {measured} ({to_reach})")


def count_run() -> None:
    """Note that a measured function runs; in a file, so that no cache takes part in it."""
    with open(os.environ[RUNS], "ab") as file:
        file.write(b".")


def runs() -> int:
    """How many runs of measured functions there were."""
    return os.stat(os.environ[RUNS]).st_size


def _seconds(contender: Contender, calls: int) -> float:
    if isinstance(contender, Timed):
        return contender.seconds(calls)
    began = time.perf_counter()
    for _ in range(calls):
        contender()
    return time.perf_counter() - began


def _calls_in_a_turn(contender: Contender) -> int:
    """How many calls take long enough to be measured."""
    calls = 1
    while _seconds(contender, calls) < SHORTEST:
        calls *= 4
    return calls


def process(program: str, *arguments: str) -> str:
    """What a process of its own prints."""
    command = [sys.executable, "-c", program, *arguments]
    here = os.path.dirname(os.path.abspath(__file__))
    path = os.pathsep.join(filter(None, (here, os.environ.get("PYTHONPATH"))))
    ran = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}
    )
    if ran.returncode:
        raise RuntimeError(f"{program}\n{ran.stderr}")
    return ran.stdout


def timed_process(program: str, *arguments: str) -> Timed:
    """A contender that is a whole process, from its start to its end."""

    def seconds(calls: int) -> float:
        began = time.perf_counter()
        for _ in range(calls):
            process(program, *arguments)
        return time.perf_counter() - began

    return Timed(seconds)


def told_by_process(program: str, *arguments: str) -> Timed:
    """A contender that is a process, which prints how many seconds its work took."""

    def seconds(calls: int) -> float:
        return sum(float(process(program, *arguments).split()[-1]) for _ in range(calls))

    return Timed(seconds)


def most_memory(program: str) -> int:
    """The most memory, in bytes, that a process of its own takes for a program."""
    # Not that of `resource`: it begins with what the parent had.
    told = "print(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    return int(process(f"{program}\n{told}").split()[-2]) * 1024


def show(seconds: float) -> str:
    """The time with a unit that suits it."""
    for unit, length in (("s ", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= length:
            return f"{seconds / length:.2f} {unit}"
    return f"{seconds / 1e-9:.0f} ns"


def number(value: float) -> str:
    """With as many digits as mean something."""
    return f"{value:,.0f}" if value >= 20 else f"{value:.1f}"


def markdown(rows: Sequence[Row]) -> str:
    """The rows as a table of the manual."""
    lines = ["| work | against | to reach | measured | |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| {row.work} | {row.against} | {row.to_reach} | {row.measured} | "
        f"{'reached' if row.reached else '**missed**'} |"
        for row in rows
    ]
    return "\n".join(lines)
