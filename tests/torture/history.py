"""Histories: random steps of two processes on copies of one project, each with what must come of it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import edited
import plain_model
from plain_model import Array, Place, Process

WEIGHTS = {
    "call": 30, "again": 36, "force": 2, "check": 5, "race": 4, "edit": 3, "load": 1, "setting": 4,
    "data": 3, "damage": 8, "clear": 2, "copy": 2, "move": 3,
}  # fmt: skip

NAMES = tuple(plain_model.KEEP)
#: Where the result of the newest call lies in a file, and it is one for each call.
IN_STORE = ("doubled", "report")
HOW = ("remove", "truncate", "flip", "copy", "touch")
HARMLESS = ("copy", "touch")

#: Who copies a project: neither of the two processes.
NOBODY = -1


@dataclass
class Step:
    """What a process does, and what it must answer: what a call gives, and what runs for it."""

    process: int
    order: list[Any]
    said: str = ""
    runs: tuple[str, ...] = ()


class History:
    """The steps of one seed, as the model sees them."""

    def __init__(self, seed: int):
        self.dice = random.Random(seed)
        meanings = {name: self.dice.choice(texts) for name, texts in edited.MEANINGS.items()}
        self.places = [Place(meanings)]
        self.processes = [Process(self.places[0]), Process(self.places[0])]
        self.who = 0
        self.last: tuple[str, Any] = ("number", ("number", 1))

    def steps(self, number: int) -> list[list[Step]]:
        """Each is what one process does, or what both do at the same time."""
        done = []
        for _ in range(number):
            kind = self.dice.choices(list(WEIGHTS), weights=list(WEIGHTS.values()))[0]
            # One does several things before the other one goes on, as people do.
            if self.dice.random() < 0.25:
                self.who = 1 - self.who
            done.append(getattr(self, kind)())
        ends = [Step(who, ["all_arrays"], " ".join(map(repr, process.arrays)))
                for who, process in enumerate(self.processes)]  # fmt: skip
        return [*done, ends]

    @property
    def process(self) -> Process:
        return self.processes[self.who]

    def act(self, *order: Any) -> list[Step]:
        return [Step(self.who, list(order))]

    # -- Calls ---------------------------------------------------------------------------------------

    def call(self, way: str = "call") -> list[Step]:
        name = self.dice.choice(NAMES)
        arrays = self.process.arrays
        recipe: tuple[str, Any] = ("number", self.dice.randrange(1, 4))
        if name == "read":
            recipe = ("file", "data.txt")
        elif name in plain_model.TAKE_ARRAYS:
            if arrays and self.dice.random() < 0.8:
                recipe = ("array", self.dice.randrange(len(arrays)))
            else:
                recipe = ("items", [float(self.dice.randrange(4)) for _ in range(2)])
        self.last = name, recipe
        return [self.one_call(self.who, name, recipe, way)]

    def again(self) -> list[Step]:
        """The last call, by this process or the other one."""
        name, recipe = self.last
        if recipe[0] == "array" and recipe[1] >= len(self.process.arrays):
            return self.call()
        return [self.one_call(self.who, name, recipe, "call")]

    def force(self) -> list[Step]:
        return self.call("force")

    def check(self) -> list[Step]:
        return self.call("check")

    def one_call(self, who: int, name: str, recipe: tuple[str, Any], way: str) -> Step:
        process = self.processes[who]
        kind, how = recipe
        argument = how
        if kind == "array":
            argument = process.arrays[how]
        elif kind == "items":
            argument = Array(list(how))
        slot = None
        if way == "check":
            said = repr(process.fresh(name, argument) is not None)
        else:
            process.runs = []
            try:
                value = process.call(name, argument, forced=way == "force")
                said = repr(value)
                if isinstance(value, Array):
                    full = len(process.arrays) == 4
                    slot = self.dice.randrange(4) if full else len(process.arrays)
                    process.arrays[slot : slot + 1] = [value]
            except plain_model.Raised as error:
                said = str(error)
        runs, process.runs = tuple(process.runs), []
        return Step(who, ["call", name, recipe, slot, way], said, runs)

    def race(self) -> list[Step]:
        """Both ask for one call at once: one of them runs it, and the other one waits."""
        name = self.dice.choice(("number", "array", "bag", "read", "chain", "report"))
        one, other = self.processes
        own = plain_model.OWN[name]
        same_code = all(one.meanings[text] == other.meanings[text] for text in own)
        is_same = one.place is other.place and one.offset == other.offset and same_code
        if not is_same or one.place.data is None:
            return self.call()
        recipe = ("file", "data.txt") if name == "read" else ("number", self.dice.randrange(1, 4))
        return [self.one_call(who, name, recipe, "call") for who in range(2)]

    # -- What changes ----------------------------------------------------------------------------------

    def edit(self) -> list[Step]:
        place = self.process.place
        name = self.dice.choice((*edited.MEANINGS, "remark"))
        if name == "remark":
            place.remark += 1
        else:
            others = [text for text in edited.MEANINGS[name] if text != place.meanings[name]]
            place.meanings[name] = self.dice.choice(others)
        self.process.load(place)
        return self.act("edit", dict(place.meanings), place.remark)

    def load(self) -> list[Step]:
        """What somebody edited since."""
        self.process.load(self.process.place)
        return self.act("load")

    def setting(self) -> list[Step]:
        """In this process alone."""
        self.process.offset = self.dice.randrange(3)
        return self.act("setting", self.process.offset)

    def data(self) -> list[Step]:
        place = self.process.place
        texts = ["first", "other", "third!"] + ([None] if place.data is not None else [])
        place.data = self.dice.choice(texts)
        return self.act("data", place.data)

    def damage(self) -> list[Step]:
        place, how = self.process.place, self.dice.choice(HOW)
        what = self.dice.choice(("record", "file", "result"))
        # What is damaged already stays so: to flip the same bit again would mend it.
        keys = {name: list(records)[-1] for name, records in place.records.items() if records}
        newest = {name: place.records[name][key] for name, key in keys.items()}
        if what == "record":
            there = [name for name, record in newest.items() if not record.is_damaged]
        elif what == "file":
            there = sorted(path for path, whole in place.files.items() if whole and "out/" in path)
        else:
            files = {name: str(newest[name].file) for name in IN_STORE if name in newest}
            there = [name for name, path in files.items() if place.files.get(path)]
        if not there:
            return self.call()
        name = self.dice.choice(there)
        if how in HARMLESS:
            pass
        elif what == "record":
            newest[name].is_damaged = True
            if how == "remove":
                del place.records[name][keys[name]]
        else:
            place.files[name if what == "file" else files[name]] = None
        return self.act("damage", what, name, how)

    def clear(self) -> list[Step]:
        name = self.dice.choice(NAMES)
        place = self.process.place
        for record in place.records[name].values():
            if record.file is not None and not record.file.startswith("out/"):
                place.files.pop(record.file, None)
        place.records[name].clear()
        return self.act("clear", name)

    def copy(self) -> list[Step]:
        """The whole project is copied to another place, over what is there."""
        source = self.places.index(self.process.place)
        copied = self.places[source].copied()
        if len(self.places) == 1:
            self.places.append(copied)
        else:
            vars(self.places[1 - source]).update(vars(copied))
        return [Step(NOBODY, ["copy", source, 1 - source, self.dice.random() < 0.5])]

    def move(self) -> list[Step]:
        """The process goes on in the other place."""
        if len(self.places) == 1:
            return self.call()
        to = 1 - self.places.index(self.process.place)
        self.process.load(self.places[to])
        return self.act("move", f"../{to}")
