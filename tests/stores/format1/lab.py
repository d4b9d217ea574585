"""A small project, whose store was written by the first release: one function of each kind."""

import functools
from pathlib import Path

import numpy as np

from remade import File, MemMappedNiftiFile, NiftiFile, NumpyFile, PickleFile, make

SETTINGS = {"width": 2}


def helper(x):
    return x * SETTINGS["width"]


def twice(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args) * 2

    return wrapper


class Filter:
    factor = 3

    def __init__(self, offset):
        self.offset = offset

    @make(name="Filter.apply")
    def apply(self, x):
        return x * self.factor + self.offset


@make(keep="all")
def short(x):
    return {"x": [x, -0.0, float("inf"), 10**40], "b": b"\x00\xff", "t": (None, True, "naïve")}


@make()
def array(n):
    return np.arange(n, dtype="<i4").reshape(2, -1)


@make(output=NumpyFile("out/named-{n}.npy"), keep=3)
def named(n):
    return np.asfortranarray(np.full((3, 2), n, dtype=">f8"))


@make(output=NumpyFile("out/mapped.npy", mmap_mode="r"))
def mapped(n):
    return np.ones(n)


@make(output=PickleFile("out/pickled.pkl"))
def pickled(x):
    return {x}


@make(output={"image": NiftiFile("out/image.nii.gz"), "rest": [PickleFile, NumpyFile], "n": 3})
def parts(x):
    image = np.arange(8, dtype="i2").reshape(2, 2, 2) * x
    return {"image": image, "rest": [frozenset({x}), np.arange(x)], "n": 3}


@make(output=MemMappedNiftiFile("out/map.nii"))
def volume(x):
    return np.full((2, 3, 4), x, dtype="f4")


@make()
def reads(file):
    with open(file) as lines:
        return lines.read().split()


@make()
def writes(text):
    with open("out/written.txt", "w") as file:
        file.write(text)
    return File("out/written.txt")


@make()
def implicit(x):
    return helper(x) + 1


@make()
def nested(n):
    return float(array(n).sum()) + implicit(n) + len(reads(File("data.txt")))


@make()
def of_history(a):
    return a * 2


@make()
@twice
def decorated(x):
    return x + 1


@make(version="2")
def labelled(x):
    return [x]


@make()
def draws(rng):
    return rng.random(3)


def calls():
    """Every call whose result lies in the store, by name."""
    rng = np.random.default_rng(7)
    return {
        "short 1": lambda: short(1),
        "short 2": lambda: short(2),
        "array": lambda: array(6),
        "named 1": lambda: named(1),
        "named 2": lambda: named(2),
        "mapped": lambda: mapped(5),
        "pickled": lambda: pickled("x"),
        "parts": lambda: parts(4),
        "volume": lambda: volume(2),
        "reads": lambda: reads(File("data.txt")),
        "writes": lambda: Path(writes("hello")).read_text(),
        "implicit": lambda: implicit(6),
        "nested": lambda: nested(6),
        "of history": lambda: of_history(array(6)),
        "of content": lambda: of_history(np.arange(6, dtype="<i4").reshape(2, -1)),
        "decorated": lambda: decorated(4),
        "labelled": lambda: labelled(1.5),
        "method": lambda: Filter(10).apply(2),
        "draws": lambda: (draws(rng), rng.random()),
    }
