"""What made functions promise, over plain dicts: what each call returns, and what runs for it.

It knows nothing of files, stamps, locks or identities: a version is a content, a fingerprint the texts
that a function reaches, a store a dict. Whatever the documentation leaves open is not predicted but
avoided by the histories; there is nothing here that may be so or otherwise.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

#: How many results of each function are kept; `None` is all.
KEEP: dict[str, int | None] = {
    "number": 1, "array": 1, "total": None, "doubled": None, "clipped": 1, "bag": None, "read": None,
    "chain": 1, "tidied": 1, "report": 2,
}  # fmt: skip

#: The texts that the code of each function reaches. `offset` sets what is read when it runs.
OWN: dict[str, tuple[str, ...]] = {
    "number": ("factor", "scaled"), "array": ("factor", "ramp"), "total": (), "doubled": ("twice",),
    "clipped": ("limit",), "bag": ("factor", "scaled"), "read": ("word",),
    "chain": ("twice", "factor", "ramp", "scaled"), "tidied": ("limit", "factor", "ramp"),
    "report": ("factor", "scaled", "word"),
}  # fmt: skip

#: Functions that take an array.
TAKE_ARRAYS = ("total", "doubled", "clipped")


class Array:
    """An array: what is in it, and which object it is."""

    def __init__(self, items: list[float]):
        self.items = items

    def __repr__(self) -> str:
        return f"array({self.items})"


class Raised(Exception):
    """The function raised, as it should."""


def content(value: object) -> str:
    return repr(value)


def loaded(value: Any) -> Any:
    """As good as what was saved, and nobody else's. Only arrays are changed by what they are given to."""
    return Array(list(value.items)) if isinstance(value, Array) else value


@dataclass
class Record:
    value: Any
    #: Where its result lies, if not in the record itself.
    file: str | None
    #: The implicit inputs and the files that the run, and runs inside, read.
    drawn: dict[str, object]
    never_fresh: bool
    is_damaged: bool = False


@dataclass
class Place:
    """A project folder."""

    meanings: dict[str, str]
    remark: int = 0
    data: str | None = "first"
    #: By function, in the order in which they ran.
    records: dict[str, dict[object, Record]] = field(
        default_factory=lambda: {name: {} for name in KEEP}
    )
    #: What is in the files of results: a content, or `None` where somebody damaged it.
    files: dict[str, str | None] = field(default_factory=dict)

    def copied(self) -> Place:
        return copy.deepcopy(self)


class Process:
    """A process that has imported the module as it read then."""

    def __init__(self, place: Place):
        self.arrays: list[Array] = []
        self.frames: list[Record] = []
        self.runs: list[str] = []
        self.load(place)

    def load(self, place: Place) -> None:
        self.place = place
        self.meanings = dict(place.meanings)
        self.offset = int(self.meanings["offset"])

    # -- The call ------------------------------------------------------------------------------------

    def key(self, name: str, argument: object) -> object:
        if name == "read":
            argument = self.place.data
        return tuple(self.meanings[one] for one in OWN[name]), content(argument)

    def now(self, what: str) -> object:
        return self.offset if what == "offset" else self.place.data

    def fresh(self, name: str, argument: object) -> Record | None:
        record = self.place.records[name].get(self.key(name, argument))
        if record is None or record.is_damaged or record.never_fresh:
            return None
        if any(self.now(what) != then for what, then in record.drawn.items()):
            return None
        is_whole = record.file is None or self.place.files.get(record.file) == content(record.value)
        return record if is_whole else None

    def call(self, name: str, argument: Any, forced: bool = False) -> Any:
        record = None if forced else self.fresh(name, argument)
        if record is not None:
            value = loaded(record.value)
        else:
            value, record = self.run(name, argument)
        if self.frames:
            outer = self.frames[-1]
            outer.drawn.update(record.drawn)
            outer.never_fresh |= record.never_fresh
            if name == "read":
                outer.drawn["data"] = self.place.data
        return value

    def run(self, name: str, argument: Any) -> tuple[Any, Record]:
        key, before = self.key(name, argument), content(argument)
        record = Record(None, self.file(name, key, argument), {}, never_fresh=False)
        self.runs.append(name)
        self.frames.append(record)
        try:
            value = BODIES[name](self, argument)
        finally:
            self.frames.pop()
        # A stored result cannot repeat a change of what is not returned.
        record.never_fresh |= content(argument) != before and value is not argument
        record.value = loaded(value)
        self.commit(name, key, record)
        return value, record

    def commit(self, name: str, key: object, record: Record) -> None:
        records = self.place.records[name]
        records.pop(key, None)
        records[key] = record
        if record.file is not None:
            self.place.files[record.file] = content(record.value)
        keep = KEEP[name]
        if keep is not None:
            for old in list(records)[:-keep]:
                del records[old]

    def file(self, name: str, key: object, argument: object) -> str | None:
        """What is named by the user has one name, what the store names one for each key."""
        if name == "array":
            return "out/array.npy"
        if name == "bag":
            return f"out/bag-{argument}.pkl"
        return f"{name} {key}" if name in ("doubled", "report") else None

    # -- The bodies ----------------------------------------------------------------------------------

    def scaled(self, x: int) -> float:
        factor = float(self.meanings["factor"])
        return x * factor + (1 if self.meanings["scaled"].endswith("+ 1") else 0)

    def number(self, x: int) -> float:
        return self.scaled(x) * 0.5

    def array(self, n: int) -> Array:
        return Array([i + float(self.meanings["factor"]) for i in range(n)])

    def total(self, a: Array) -> float:
        self.frames[-1].drawn["offset"] = self.offset
        return float(sum(a.items)) + self.offset

    def doubled(self, a: Array) -> Array:
        by = 3 if self.meanings["twice"].endswith("3") else 2
        a.items[:] = [item * by for item in a.items]
        return a

    def clipped(self, a: Array) -> float:
        limit = float(self.meanings["limit"])
        a.items[:] = [min(item, limit) for item in a.items]
        return float(sum(a.items))

    def bag(self, x: int) -> dict[str, object]:
        items = [self.scaled(x), (x, {"deep": [x]})]
        return {"x": x, "items": items, "array": Array([float(i) for i in range(x)])}

    def read(self, _: object) -> str:
        if self.place.data is None:
            raise Raised("FileNotFoundError")
        return self.place.data + self.meanings["word"].strip("'")

    def chain(self, n: int) -> float:
        total = self.call("total", self.call("doubled", self.call("array", n)))
        return float(total + self.call("number", n))

    def tidied(self, n: int) -> float:
        return float(self.call("clipped", self.call("array", n)))

    def report(self, n: int) -> dict[str, object]:
        items = self.call("bag", n)["items"]
        return {"items": items, "word": self.call("read", None), "set": {n}}


BODIES: dict[str, Callable[[Process, Any], Any]] = {name: getattr(Process, name) for name in KEEP}
