"""Writers that are killed at random moments while readers watch: `kills.py KILLS SEED`, in a folder.

Starting Python takes longer than a commit, so one warm process forks them all. It prints, as JSON,
what it saw; a reader that sees anything wrong writes a line into the file `wrong`.
"""

import json
import os
import random
import signal
import statistics
import sys
import time
import warnings
from pathlib import Path

import numpy as np

from remade import NumpyFile, PickleFile, RemadeWarning, check, make

HERE = Path.cwd()
NAMED = (NumpyFile("out/n.npy"), PickleFile("out/n.pkl"))
AGAIN = (NumpyFile("out/a.npy"), PickleFile("out/a.pkl"))
MANY = [NumpyFile("out/m-{n}.npy"), PickleFile("out/m-{n}.pkl")]
CHOSEN = (NumpyFile, PickleFile)


def wrong(text):
    with open("wrong", "a") as file:
        file.write(f"{text}\n")


def number():
    """What a run is to return: told behind its back, so that it is another one for the same call."""
    if "READER" in os.environ:
        wrong("a reader found neither the old result nor the new one")
        os._exit(1)
    return int(os.environ["NUMBER"])


def pair(n):
    return np.full(2000, n), {"n": n, "more": str(n) * 3000}


@make(output=NAMED)
def named(n):
    assert number() == n
    return pair(n)


@make(output=CHOSEN)
def chosen(n):
    assert number() == n
    return pair(n)


@make(output=AGAIN)
def again_named(x):
    return pair(number())


@make(output=CHOSEN)
def again_chosen(x):
    return pair(number())


@make(output=MANY, keep="all")
def many(n):
    return list(pair(number()))


#: How each writes the result of that number.
WRITERS = {
    "named": lambda n: named(n),
    "chosen": lambda n: chosen(n),
    "again named": lambda n: again_named.call(0),
    "again chosen": lambda n: again_chosen.call(0),
    "many": lambda n: many.call(n % 7),
}


def number_in(two):
    """The number of a result that is whole."""
    array, rest = two
    n = int(array[0])
    if array.shape != (2000,) or not (array == n).all() or rest != pair(n)[1]:
        wrong(f"torn: {array[:3]} and {rest['n']}")
    return n


def read(seed):
    """Looks again and again, in every way, until it is told to stop."""
    os.environ["READER"] = "1"
    dice = random.Random(seed)
    newest = {}
    ways = {
        "named.load": named.load,
        "chosen.load": chosen.load,
        "again named": lambda: again_named(0),
        "again chosen": lambda: again_chosen(0),
        "many": lambda: many(0),
        "file": lambda: (np.load("out/n.npy"),) * 2,
    }
    looks = 0
    while not os.path.exists("stop"):
        name = dice.choice(list(ways))
        try:
            found = ways[name]()
            if name == "file":
                n, found = int(found[0][0]), (found[0], pair(int(found[0][0]))[1])
            n = number_in(found)
        except Exception as error:
            wrong(f"{name}: {error!r}")
            break
        if n < newest.get(name, 0):
            wrong(f"{name}: {n} after {newest[name]}")
        newest[name] = n
        looks += 1
        time.sleep(0.002)  # the writers need the cores, too
    Path(f"looks-{seed}").write_text(str(looks))


def forked(work, *args):
    child = os.fork()
    if child:
        return child
    try:
        work(*args)
        os._exit(0)
    except BaseException as error:
        wrong(f"{work.__name__}{args}: {error!r}")
        os._exit(1)


def write(name, n):
    os.environ["NUMBER"] = str(n)
    WRITERS[name](n)


def whole(name, n):
    """Seconds that a write takes when nobody kills it."""
    began = time.perf_counter()
    status = os.waitpid(forked(write, name, n), 0)[1]
    if status:
        wrong(f"{name} {n} ended with {status}")
    return time.perf_counter() - began


WRITTEN = {
    "named": named, "chosen": chosen, "again named": again_named, "again chosen": again_chosen,
    "many": many,
}  # fmt: skip
FOLDERS = {name: Path(made.cache_info().folder) for name, made in WRITTEN.items()}


def phase(name, child):
    """How far a killed writer came."""
    folder, mark = FOLDERS[name], f"-{child}-"
    names = os.listdir(folder)
    left = [one for one in names + os.listdir("out") if mark in one and not one.endswith(".json")]
    for one in names:
        if len(one) == 37 and one.endswith(".json"):
            with open(folder / one, "rb") as file:
                if b'"pid": %d,' % child in file.read():
                    return "between" if left else "committed"
    return "staged" if left else "before"


def ask_for_all():
    """A staged file that a record means is the result: who asks for that call gives it its name."""
    os.environ["READER"] = "1"
    for n in range(7):
        number_in(many(n))


def left():
    """What lies about and should not, after a commit of each kind."""
    names = [".remade-*", "*.lock", "*by-hand*"]
    return [str(path) for name in names for path in HERE.rglob(name)]


def main(kills, seed):
    warnings.simplefilter("error", RemadeWarning)
    dice = random.Random(seed)
    n = 0
    for name in WRITERS:  # what a fork inherits need not be found out again
        write(name, n := n + 1)
    for _ in range(2):
        for name in WRITERS:
            whole(name, n := n + 1)
    for k in range(7):
        whole("many", n := n + 7 - n % 7 + k)
    readers = [forked(read, place) for place in range(2)]
    spans = {}
    for name in WRITERS:
        spans[name] = statistics.median(whole(name, n := n + 1) for _ in range(9))
    phases = dict.fromkeys(["before", "staged", "between", "committed"], 0)
    for number_of_kill in range(kills):
        name = dice.choice(list(WRITERS))
        moment = dice.uniform(0, 1.2 * spans[name])
        n += 1
        child = forked(write, name, n)
        time.sleep(moment)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        phases[phase(name, child)] += 1
        if number_of_kill % 25 == 24 or number_of_kill == kills - 1:
            for name in WRITERS:
                whole(name, n := n + 1)
            os.waitpid(forked(ask_for_all), 0)
            if remains := left():
                wrong(f"left: {remains}")
            report = check("cache")
            if report.problems:
                wrong(f"problems: {report}")
        if os.path.exists("wrong"):
            break
    Path("stop").touch()
    for reader in readers:
        os.waitpid(reader, 0)
    looks = sum(int(Path(f"looks-{place}").read_text()) for place in range(len(readers)))
    spans = {name: round(1000 * span, 2) for name, span in spans.items()}
    print(json.dumps({"phases": phases, "looks": looks, "milliseconds": spans}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
