"""A million calls from threads, with garbage collection at work: right values, one run for each call,
memory flat, and nothing of what is gone in the registry."""

import json

import pytest
from scale import scaled

from counting import in_process

pytest.importorskip("numpy")

PROGRAM = """
    import gc, json, os, random, sys, threading, time
    import numpy as np
    from remade import _remade, check, make

    CALLS, THREADS = int(sys.argv[1]), 4
    runs = []

    def body(x):
        runs.append(x)
        return np.full(50, x)

    def total(a):
        return float(a.sum())

    one = make(body, keep="all", name="one")
    after = make(total, keep="all", name="after")
    many = [make(body, keep="all", name=f"many-{number}") for number in range(8)]

    def resident():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")

    def work(seed, calls, errors):
        dice = random.Random(seed)
        held = []
        try:
            for number in range(calls):
                x = dice.randrange(10)
                made = one if number % 2 else dice.choice(many)
                array = made(x)
                assert array[0] == x and array[-1] == x and len(array) == 50
                if number % 3 == 0:
                    assert after(array) == 50.0 * x
                held.append(array)  # some live longer, some are cut
                if number % 5 == 0:
                    held.append(array[10:20])
                if len(held) > 40:
                    del held[:30]
                # Made functions come and go as well, in cycles that only the collector ends.
                if number % 1000 == 0:
                    def short_lived(x, box=[]):
                        return box and made(x)
                    cycle = make(short_lived, name=f"short-{seed}")
                    cycle.myself = cycle
                    assert cycle(x) == []
        except BaseException as error:
            errors.append(repr(error))

    def crowd(calls):
        errors = []
        threads = [threading.Thread(target=work, args=(seed, calls // THREADS, errors))
                   for seed in range(THREADS)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            gc.collect()
            time.sleep(0.05)
        assert errors == [], errors
        gc.collect()

    gc.set_threshold(50, 5, 5)
    sys.setswitchinterval(1e-5)
    crowd(CALLS // 10)  # what is kept for good is kept by then
    before, known = resident(), _remade._registry_size()
    crowd(CALLS)
    one(0), one(1)  # who comes next sweeps
    grown = resident() - before
    assert sorted(runs) == sorted(list(range(10)) * 9), len(runs)
    report = check("cache")
    assert report.problems == (), str(report)
    print(json.dumps([grown, known, _remade._registry_size()]))
"""


def test_memory_is_flat_and_the_registry_is_swept(tmp_path):
    calls = scaled(1_000_000, least=20_000)
    out, err = in_process(tmp_path, PROGRAM, calls)
    grown, before, after = json.loads(out)
    assert err == ""
    print(f"{calls} calls: {grown} bytes more, registry {before} and {after}")
    # A leak of one small object for each call would be a hundred bytes for each.
    assert grown < 4_000_000 + 10 * calls
    assert max(before, after) < 5_000
