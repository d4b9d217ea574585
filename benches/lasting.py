"""What a process that makes a million calls keeps."""

from __future__ import annotations

from functions import ramp, total
from harness import Bench

from remade import make
from remade._remade import _registry_size


def resident() -> int:
    """The bytes of memory that this process has now."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096


def arrays_come_and_go(bench: Bench) -> None:
    """A million calls: half of them return a new array each time, half take it."""
    made = make(ramp, cachedir=bench.folder / "remade")
    sums = make(total, cachedir=bench.folder / "remade")
    pairs = 25_000 if bench.small else 500_000

    def call_often(count: int) -> None:
        for _ in range(count):
            sums(made(100))

    call_often(pairs // 10)
    before, known = resident(), 0
    for _ in range(10):
        call_often(pairs // 10)
        known = max(known, _registry_size())
    more = (resident() - before) / 1e6
    print(f"\n{2 * pairs:,} calls: {more:.1f} MB more, at most {known} known at once")
    work = f"{2 * pairs:,} calls, arrays coming and going"
    bench.below(work, "memory, more by", more, 2, "MB")
    bench.below(work, "arrays in the registry, at most", known, 1000, "entries")


GROUP = {"arrays_come_and_go": arrays_come_and_go}
