"""Random histories of edits, calls, damages and copies in two processes: each call gives what a plain
model says, and just what the model says runs for it."""

import pytest
from scale import FULL, scaled

pytest.importorskip("numpy")

from told_histories import Pair  # noqa: E402

STEPS = 50
HISTORIES = scaled(10_000, least=100)
#: So many tests, for as many cores as there are; each starts two processes.
PARTS = 20 if FULL else 2


@pytest.mark.parametrize("part", range(PARTS))
def test_what_is_returned_and_what_runs(part, memory):
    seeds = range(part, HISTORIES, PARTS)
    with Pair(memory) as pair:
        for seed in seeds:
            pair.live(seed, STEPS)
    print(dict(pair.counts))
    assert pair.counts["histories"] == len(seeds)
    # A history in which nothing runs, or nothing is reused, shows little.
    assert pair.counts["runs"] > len(seeds)
    assert pair.counts["reused"] > len(seeds)
