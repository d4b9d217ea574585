"""The module that histories call and edit: one made function of each kind that matters.

A run tells that it runs by an audit event: nothing that remade follows, and nothing to clean up.
"""

from __future__ import annotations

#: What edits change, and the texts that it takes. Some differ by their text and not by their values.
MEANINGS = {
    "factor": ("2.0", "3.0"),
    "scaled": ("x * FACTOR", "FACTOR * x", "x * FACTOR + 1"),
    "ramp": ("np.arange(n, dtype=float) + FACTOR", "FACTOR + np.arange(float(n))"),
    "twice": ("a *= 2", "a += a", "a *= 3"),
    "limit": ("3.0", "50.0"),
    "word": ("'one'", "'two'"),
    "offset": ("0", "1"),
}

TEMPLATE = '''\
"""{remark}"""
import sys

import numpy as np

from remade import File, NumpyFile, PickleFile, make

FACTOR = {factor}
SETTINGS = {{"offset": {offset}}}


def scaled(x):
    # {remark}
    return {scaled}


@make
def number(x):
    sys.audit("runs", "number")
    return scaled(x) * 0.5


@make(output=NumpyFile("out/array.npy"))
def array(n):
    """{remark}"""
    sys.audit("runs", "array")
    return {ramp}


@make(keep="all")
def total(a):
    sys.audit("runs", "total")
    return float(a.sum()) + SETTINGS["offset"]


@make(keep="all")
def doubled(a):
    sys.audit("runs", "doubled")
    {twice}
    return a


@make
def clipped(a):
    sys.audit("runs", "clipped")
    a[a > {limit}] = {limit}
    return float(a.sum())


@make(output=PickleFile("out/bag-{{x}}.pkl"), keep="all")
def bag(x):
    sys.audit("runs", "bag")
    return {{"x": x, "items": [scaled(x), (x, {{"deep": [x]}})], "array": np.arange(float(x))}}


@make(keep="all")
def read(file):
    sys.audit("runs", "read")
    with open(file) as lines:
        return lines.read() + {word}


@make
def chain(n):
    sys.audit("runs", "chain")
    return total(doubled(array(n))) + number(n)


@make
def tidied(n):
    sys.audit("runs", "tidied")
    return clipped(array(n))


@make(keep=2)
def report(n):
    sys.audit("runs", "report")
    return {{"items": bag(n)["items"], "word": read(File("data.txt")), "set": {{n}}}}
'''


def text(meanings: dict[str, str], remark: int) -> str:
    """The module as it reads now."""
    return TEMPLATE.format(remark=f"Remark {remark}.", **meanings)
