"""One of the two processes of a history: a line of steps comes in, a line of answers goes out.

It lives through many histories: each loads the module of another folder, so whatever remade keeps of
earlier ones in this process must not be taken for that of this one.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import time
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import edited
import numpy as np

import remade

sys.dont_write_bytecode = True

NAME = "project"
RUNS: list[str] = []
WARNINGS: list[str] = []


def count(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "runs":
        RUNS.append(arguments[0])


def warned(message: object, *_: object, **__: object) -> None:
    WARNINGS.append(str(message))


def write(path: str, text: str) -> None:
    Path(path).write_text(text)
    # Nobody edits twice within a tick of the clock, and this could.
    os.utime(path, ns=(time.time_ns(),) * 2)


def described(value: Any) -> str:
    """What the model says of the same value; another kind of number reads otherwise."""
    if type(value) is np.ndarray and value.dtype == np.float64 and value.ndim == 1:
        return f"array({value.tolist()})"
    if type(value) is dict:
        items = (f"{key!r}: {described(item)}" for key, item in value.items())
        return "{" + ", ".join(items) + "}"
    return repr(value)


class Worker:
    module: ModuleType

    def __init__(self) -> None:
        self.arrays: list[Any] = []

    def do(self, kind: str, *step: Any) -> str:
        return getattr(self, kind)(*step) or ""

    def begin(self, folder: str) -> None:
        self.arrays = []
        self.move(folder)

    def move(self, folder: str) -> None:
        os.chdir(folder)
        self.load()

    def load(self) -> None:
        spec = importlib.util.spec_from_file_location(NAME, f"{os.getcwd()}/{NAME}.py")
        assert spec is not None
        assert spec.loader is not None
        self.module = importlib.util.module_from_spec(spec)
        sys.modules[NAME] = self.module
        spec.loader.exec_module(self.module)

    def edit(self, meanings: dict[str, str], remark: int) -> None:
        write(f"{NAME}.py", edited.text(meanings, remark))
        self.load()

    def setting(self, offset: int) -> None:
        self.module.SETTINGS["offset"] = offset

    def data(self, text: str | None) -> None:
        if text is None:
            os.unlink("data.txt")
        else:
            Path("data.txt").write_text(text)

    def clear(self, name: str) -> None:
        getattr(self.module, name).clear()

    def argument(self, recipe: Any) -> Any:
        kind, how = recipe
        if kind == "array":
            return self.arrays[how]
        if kind == "items":
            return np.array(how)
        return remade.File(how) if kind == "file" else how

    def call(self, name: str, recipe: Any, slot: int | None, way: str) -> str:
        function = getattr(self.module, name)
        argument = self.argument(recipe)
        if way == "check":
            return repr(function.check_call_in_cache(argument))
        try:
            value = (function.call if way == "force" else function)(argument)
        except OSError as error:
            return type(error).__name__
        if slot is not None:
            self.arrays[slot : slot + 1] = [value]
        return described(value)

    def all_arrays(self) -> str:
        return " ".join(map(described, self.arrays))

    # -- Damage --------------------------------------------------------------------------------------

    def damage(self, what: str, name: str, how: str) -> None:
        path = Path(name) if what == "file" else self.newest(name, what)
        content = bytearray(path.read_bytes())
        if how == "remove":
            path.unlink()
        elif how == "truncate":
            os.truncate(path, len(content) // 2)
        elif how == "flip":
            content[len(content) // 2] ^= 4
            path.write_bytes(content)
        elif how == "copy":
            path.unlink()
            path.write_bytes(content)
        else:
            os.utime(path)

    def newest(self, name: str, what: str) -> Path:
        """The record of the newest call that has one, or the file of its result."""
        folder = Path(getattr(self.module, name).cache_info().folder)
        keys = (folder / "last").read_text().split()
        record = next(path for key in reversed(keys) if (path := folder / f"{key}.json").exists())
        if what == "record":
            return record
        return next(path for path in folder.glob(f"{record.stem}.*") if path != record)


def main() -> None:
    sys.addaudithook(count)
    warnings.simplefilter("always")
    warnings.showwarning = warned
    worker = Worker()
    for line in sys.stdin:
        answers = []
        for step in json.loads(line):
            said = worker.do(*step)
            answers.append([said, RUNS[:], WARNINGS[:]])
            RUNS.clear()
            WARNINGS.clear()
        sys.stdout.write(json.dumps(answers) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
