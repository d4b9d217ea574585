"""A crowd asks for one call at once: `crowd.py METHOD ROUNDS ASKERS`, in a folder of its own.

It prints, as JSON, how often each call ran and how many different values were returned.
"""

import json
import os
import sys
import threading
import time

from remade import make


def append(name, text):
    file = os.open(name, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, text.encode())
    os.close(file)


@make(keep="all", name="slow")
def slow(x):
    append(f"runs-{x}", "r")
    time.sleep(0.02)
    # Which run it was.
    return [x, os.getpid(), threading.get_ident()]


@make(name="once")
def once(x):
    append(f"runs-{x}", "r")
    return {"x": x, "who": [os.getpid(), threading.get_ident()], "much": "y" * 5000}


def ask(job):
    """Waits until everybody is here, and asks."""
    x, askers = job
    append(f"here-{x}", "h")
    end = time.monotonic() + 120
    while os.path.getsize(f"here-{x}") < askers:
        assert time.monotonic() < end, "the others never came"
        time.sleep(0.002)
    # One of two kinds: every result is kept, or the last one.
    return (slow if x % 2 else once)(x)


def in_threads(jobs):
    values = [None] * len(jobs)

    def one(place):
        values[place] = ask(jobs[place])

    threads = [threading.Thread(target=one, args=[place]) for place in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return values


def in_forks(jobs):
    children = []
    for place, job in enumerate(jobs):
        child = os.fork()
        if child == 0:
            try:
                with open(f"value-{place}", "w") as file:
                    json.dump(ask(job), file)
                os._exit(0)
            finally:
                os._exit(1)
        children.append(child)
    assert all(os.waitpid(child, 0)[1] == 0 for child in children)
    return [json.load(open(f"value-{place}")) for place in range(len(jobs))]


def rounds_of(work, rounds, askers):
    seen = []
    for x in range(rounds):
        values = work([(x, askers)] * askers)
        different = {json.dumps(value, sort_keys=True) for value in values}
        seen.append([len(values), os.path.getsize(f"runs-{x}"), len(different)])
        assert all(json.loads(one)["x" if x % 2 == 0 else 0] == x for one in different)
    return seen


def main(method, rounds, askers):
    if method == "threads":
        return rounds_of(in_threads, rounds, askers)
    if method == "fork":
        return rounds_of(in_forks, rounds, askers)
    if method == "loky":
        from joblib import Parallel, delayed

        with Parallel(askers, backend="loky", batch_size=1, pre_dispatch="all") as pool:
            return rounds_of(
                lambda jobs: pool(delayed(ask)(job) for job in jobs), rounds, askers
            )
    import multiprocessing

    with multiprocessing.get_context(method).Pool(askers) as pool:
        return rounds_of(
            lambda jobs: pool.map(ask, jobs, chunksize=1), rounds, askers
        )


if __name__ == "__main__":
    # By its name as a module, so that every process finds the same functions.
    import crowd

    print(json.dumps(crowd.main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
