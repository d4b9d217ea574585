"""Threads that call, with the garbage collector at work: nothing is left of a million calls."""

import gc
import sys
import threading
import tracemalloc

import numpy as np
import pytest
from scale import scaled

from remade import _remade, make

CALLS = scaled(1_000_000, least=20_000)
THREADS = 3


def size():
    """What the registry knows, once nobody holds anything."""
    gc.collect()
    return _remade._registry_size()


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_nothing_is_left_of_a_million_calls(tmp_path):
    array = make(lambda n: np.full(4, n), cachedir=tmp_path / "c", keep="all", name="array")
    total = make(lambda x: float(x.sum()), cachedir=tmp_path / "c", keep="all", name="total")
    for number in range(20):
        total(array(number))
    errors = []

    def work(calls):
        try:
            for call in range(calls):
                number = call % 20
                if total(array(number)) != 4.0 * number:
                    errors.append(number)
                if call % 5_000 == 0:
                    gc.collect()
        except BaseException as error:
            errors.append(error)

    def all_threads(calls):
        threads = [
            threading.Thread(target=work, args=(calls // THREADS // 2,)) for _ in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    all_threads(CALLS // 10)
    before, known = resident(), size()
    all_threads(CALLS - CALLS // 10)
    assert errors == []
    assert total.cache_info().ran == array.cache_info().ran == 20
    # Dead entries are swept when they may be as many as the living: a bound, not a leak.
    assert size() <= max(known, 256)
    assert resident() - before < 16 << 20
    assert not tracemalloc.is_tracing()
