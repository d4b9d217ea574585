"""How does a process get the program, as it is written now?"""

from __future__ import annotations

import importlib
import linecache
import os
import sys
import time
import types

import program

PLAIN = """
class File:
    def __init__(self, path): self.path = path
    def __fspath__(self): return self.path
class NumpyFile:
    def __init__(self, *args, **kwargs): pass
PickleFile = Persister = NumpyFile
def make(func=None, **options):
    return (lambda f: f) if func is None else func
"""


class Loaded:
    """The program twice, made and plain, as one process has it."""

    def __init__(self, folder, state):
        self.folder = folder
        self.state = state
        self.write_settings()
        self.load()

    def write_settings(self):
        state = self.state
        text = f"NUMBER = {state.number}\nLIST = {state.list}\n"
        (self.folder / "settings.py").write_text(text)

    def load(self):
        places = {
            "cache": str(self.folder / "cache"),
            "out": str(self.folder / "out"),
            "data": str(self.folder / "data.txt"),
            "maybe": str(self.folder / "maybe.txt"),
        }
        state = self.state
        for name, maker in (("made_program", "remade"), ("plain_program", "plain_maker")):
            text = program.text(maker, state.meanings, state.comments, **places)
            path = self.folder / f"{name}.py"
            path.write_text(text)
            # Nobody edits twice within a tick of the clock, and this could.
            os.utime(path, ns=(time.time_ns(),) * 2)
        maker = types.ModuleType("plain_maker")
        exec(PLAIN, vars(maker))
        sys.modules["plain_maker"] = maker
        for name in ("made_program", "plain_program", "settings"):
            sys.modules.pop(name, None)
        importlib.invalidate_caches()
        # As notebooks do. What happens without stands in
        # test_the_text_of_a_function_is_that_of_its_import.py.
        linecache.checkcache()
        self.made = importlib.import_module("made_program")
        self.plain = importlib.import_module("plain_program")
        self.set()

    def set(self):
        """What is set while the program runs is set again when it was loaded anew."""
        state = self.state
        for module in (self.made, self.plain):
            if state.table is not None:
                module.TABLE.update(state.table)
            if state.weights is not None:
                module.WEIGHTS[:] = state.weights
            module.METHODS["method"].__self__.extra = state.extra

    def function(self, module, name):
        return getattr(module, name, None) or module.METHODS[name]

    def whole(self, name):
        made = self.function(self.made, name)
        return getattr(made, "__func__", made)
