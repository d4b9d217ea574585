"""Runs a program step by step, each call as a made function and as a plain one.

Reads one step a line and answers each with one line. A restart is a fork of a process that has
imported numpy and nothing of remade.
"""

from __future__ import annotations

import importlib
import json
import linecache
import os
import pickle
import random
import sys
import time
import traceback
import types
import warnings
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import as_strided

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(__file__))
import program  # noqa: E402

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

VIEWS = ("[1:]", "[::-1]", ".T", "[:, ::2]", "[...]")
DATA = ("data.txt", "maybe.txt")


class Disagreement(AssertionError):
    """The made function and the plain one differ."""


class Entry:
    """An array that calls are made with."""

    def __init__(self, array):
        self.array = array
        self.is_view = array.base is not None
        #: Changed outside made functions: the chain of trust is broken.
        self.is_broken = False


class State:
    """What outlives a restart."""

    def __init__(self):
        self.meanings = {name: values[0] for name, values in program.MEANINGS.items()}
        self.comments = 0
        self.number, self.list, self.table, self.weights, self.extra = 1, [1], None, None, 3
        self.pool = []
        #: By function: the last call as a recipe, the content of its arrays, whether there was a
        #: view among them, and the time of both kinds.
        self.last = {}
        #: Counts changes that may mean something; counts restarts.
        self.epoch, self.process = 0, 0
        self.counts = dict.fromkeys(("calls", "ran", "reused", "broken", "repeats"), 0)


class Worker:
    """The program as one process has it."""

    def __init__(self, folder):
        self.folder = folder
        self.kept = folder / "state.pkl"
        if self.kept.exists():
            self.state = pickle.loads(self.kept.read_bytes())
            self.state.process += 1
        else:
            self.state = State()
            (folder / "data.txt").write_text("first")
        self.write_settings()
        import remade

        self.remade = remade
        self.load()

    def save(self):
        self.kept.write_bytes(pickle.dumps(self.state))

    # -- The program ---------------------------------------------------------------------------------

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

    # -- Arguments -----------------------------------------------------------------------------------

    def array_recipe(self, dice):
        """How to come by an array: a place in the pool and a view of it, or an expression."""
        kind = dice.choice(("pool", "pool", "pool", "view", "view", "new", "list"))
        if kind in ("pool", "view") and self.state.pool:
            place = dice.randrange(len(self.state.pool))
            return place, dice.choice(VIEWS) if kind == "view" else ""
        if kind == "list":
            return None, repr([dice.randrange(3) for _ in range(3)])
        n = dice.randrange(1, 4)
        return None, f"np.arange({n * 4}.0).reshape({n}, 4)"

    def recipe(self, name, dice):
        """Of a call: arrays, other positional arguments, keywords."""
        arrays, rest, named = [], [], {}
        if name in program.NUMBERS:
            rest = [dice.randrange(1, 4)]
            if name == "source" and dice.random() < 0.5:
                named = {"k": dice.randrange(1, 3)}
            if name == "ignoring":
                named = {"verbose": dice.random() < 0.5}
        elif name in program.FILES:
            rest = [dice.choice(DATA)]
        else:
            arrays = [self.array_recipe(dice)]
            if name == "inplace_both":
                arrays.append(arrays[0] if dice.random() < 0.3 else self.array_recipe(dice))
            if name in program.WITH_NUMBER:
                rest = [dice.randrange(1, 4)]
            if name == "stats":
                rest = [dice.randrange(2)] * dice.randrange(2)
                named = dice.choice(({}, {"scale": 2}, {"z": 1, "y": 2}, {"y": 2, "z": 1}))
        return arrays, rest, named

    def made_of(self, recipe):
        """The arrays of a call; whether one of them is broken; whether one is a view."""
        arrays, is_broken, is_view = [], False, False
        for place, how in recipe:
            if place is None:
                arrays.append(eval(how, {"np": np}))
                continue
            entry = self.state.pool[place]
            if how == "[:, ::2]" and entry.array.ndim < 2:
                how = "[::2]"
            arrays.append(eval(f"base{how}", {"base": entry.array}))
            is_broken |= entry.is_broken
            is_view |= bool(how) or entry.is_view
        return arrays, is_broken, is_view

    # -- Steps ---------------------------------------------------------------------------------------

    def step_call(self, dice, forced=False):
        name = dice.choice(program.NUMBERS * 2 + program.ARRAYS * 3 + program.FILES * 3)
        return self.call(name, self.recipe(name, dice), forced=forced)

    def step_force(self, dice):
        return self.step_call(dice, forced=True)

    def step_repeat(self, dice):
        """A call again whose result must still be there."""
        state = self.state
        names = sorted(
            name
            for name, (_, _, is_view, epoch, process) in state.last.items()
            if epoch == state.epoch and (process == state.process or not is_view)
        )
        if not names:
            return self.step_call(dice)
        name = dice.choice(names)
        recipe, content, *_ = state.last[name]
        arrays, is_broken, is_view = self.made_of(recipe[0])
        if is_broken or content_of(arrays) != content:
            return self.step_call(dice)
        runs = name in program.RUN_EVERY_TIME or (is_view and name in program.KNOW_VIEWS_ANEW)
        return self.call(name, recipe, must_be_fresh=not runs)

    def call(self, name, recipe, forced=False, must_be_fresh=False):
        state = self.state
        made, plain = self.function(self.made, name), self.function(self.plain, name)
        arrays, is_broken, is_view = self.made_of(recipe[0])
        content = content_of(arrays)
        copies = copied(arrays)
        rest = [self.remade.File(x) if name in program.FILES else x for x in recipe[1]]
        events = []
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            with self.remade.events(events.append):
                got = attempt(made.call if forced else made, *arrays, *rest, **recipe[2])
            wanted = attempt(plain, *copies, *recipe[1], **recipe[2])
        told = [str(w.message) for w in caught if issubclass(w.category, self.remade.RemadeWarning)]
        # A run that raised is no event; calls inside it may be.
        is_value = got[0] == "value"
        ran, why = (events[-1].ran, events[-1].reasons) if is_value else (True, got[1])
        line = f"{name}{recipe} {'ran' if ran else 'reused'} {why} {told}"
        is_right = same(got, wanted)
        state.counts["calls"] += 1
        state.counts["ran" if ran else "reused"] += 1
        if not is_right:
            # The one thing that the specification allows.
            if not (is_broken and not ran and told):
                raise Disagreement(f"{line}\n  made  {got!r}\n  plain {wanted!r}")
            state.counts["broken"] += 1
        if name not in program.RETURN_WHAT_THEY_CHANGE and not same(arrays, copies):
            raise Disagreement(f"{line}\n  arguments {arrays!r}\n  should be {copies!r}")
        if forced and not ran:
            raise Disagreement(f"{line}: asked to run, and did not")
        if must_be_fresh:
            state.counts["repeats"] += 1
            if ran:
                raise Disagreement(f"{line}: it ran and need not have run")
        for other in program.CALLED_INSIDE.get(name, ()):
            state.last.pop(other, None)
        state.last.pop(name, None)
        if is_value:
            state.last[name] = recipe, content, is_view, state.epoch, state.process
        if is_value and is_right:
            for array in arrays_in(got[1]):
                if array.size and not array.dtype.hasobject and len(state.pool) < 12:
                    state.pool.append(Entry(array))
            # What a caller does with the lists and dicts of a result is the caller's affair.
            if state.counts["calls"] % 2:
                spoil(got[1])
        return line

    def step_edit(self, dice):
        state = self.state
        name = dice.choice(sorted(state.meanings))
        state.meanings[name] = dice.choice(program.MEANINGS[name])
        state.table = state.weights = None
        state.epoch += 1
        self.load()
        return f"{name} = {state.meanings[name]!r}"

    def step_comment(self, dice):
        self.state.comments += 1
        self.load()

    def step_setting(self, dice):
        state = self.state
        what = dice.choice(("number", "list", "append", "table", "weights", "extra"))
        if what == "number":
            state.number = self.made.settings.NUMBER = dice.randrange(3)
        elif what == "list":
            state.list = [0] * dice.randrange(3)
            self.made.settings.LIST = list(state.list)
        elif what == "append":
            state.list = [*state.list, 1]
            self.made.settings.LIST.append(1)
        elif what == "table":
            state.table = {"a": dice.randrange(3), "b": dice.randrange(3)}
        elif what == "weights":
            state.weights = [float(dice.randrange(3)) for _ in range(3)]
        else:
            state.extra = dice.randrange(3)
        self.set()
        self.write_settings()
        state.epoch += 1
        return what

    def step_data(self, dice):
        path = self.folder / dice.choice(DATA)
        if path.name == "maybe.txt" and path.exists() and dice.random() < 0.5:
            path.unlink()
        else:
            path.write_text(dice.choice(("first", "other", "third!")))
        self.state.epoch += 1
        return path.name

    def step_mutate(self, dice):
        """Breaks the chain of trust."""
        pool = self.state.pool
        entries = [entry for entry in pool if entry.array.flags.writeable]
        if not entries:
            return self.step_call(dice)
        array = dice.choice(entries).array
        array.flat[dice.randrange(array.size)] += 1
        for entry in pool:
            entry.is_broken |= owner(entry.array) is owner(array)
        return None

    def step_drop(self, dice):
        state = self.state
        if state.pool:
            del state.pool[dice.randrange(len(state.pool))]
            state.last = {
                name: last
                for name, last in state.last.items()
                if all(place is None for place, _ in last[0][0])
            }

    def step_damage(self, dice):
        """Deletes, truncates, changes or touches a file of the store or of the results."""
        spared = ("CACHEDIR.TAG", ".gitignore", "id")
        files = sorted(
            path
            for top in ("cache", "out")
            for path in (self.folder / top).rglob("*")
            if path.is_file() and path.name not in spared
        )
        if not files:
            return None
        path = dice.choice(files)
        how = dice.choice(("remove", "truncate", "flip", "flip", "touch", "rewrite"))
        content = bytearray(path.read_bytes())
        if how == "touch":
            os.utime(path)
        elif how in ("remove", "rewrite"):
            path.unlink()
            if how == "rewrite":
                path.write_bytes(content)
        elif content:
            place = dice.randrange(len(content))
            if how == "flip":
                content[place] ^= 1 << dice.randrange(8)
            else:
                del content[place:]
            path.write_bytes(content)
        if how not in ("touch", "rewrite"):
            self.state.epoch += 1
        return f"{how} {path.relative_to(self.folder)}"

    def step_clear(self, dice):
        name = dice.choice(program.NUMBERS + program.ARRAYS + program.FILES)
        self.whole(name).clear()
        self.state.last.pop(name, None)
        return name

    def step_load(self, dice):
        name = dice.choice(program.NUMBERS + program.ARRAYS)
        try:
            self.whole(name).load()
        except LookupError:
            return f"nothing of {name}"
        return name

    def whole(self, name):
        made = self.function(self.made, name)
        return getattr(made, "__func__", made)


def attempt(function, *args, **kwargs):
    try:
        return "value", function(*args, **kwargs)
    except (ValueError, TypeError, OSError, IndexError) as error:
        return "error", type(error).__name__


def content_of(arrays):
    """All that tells one argument from another."""
    return pickle.dumps([
        (type(a).__name__, np.asarray(a).dtype.str, np.shape(a), np.asarray(a).tobytes(),
         getattr(a, "strides", None))
        for a in arrays
    ])  # fmt: skip


def owner(array):
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def copied(arrays):
    """Copies that share memory with each other as the originals do."""
    owners, copies = {}, []
    for array in arrays:
        if not isinstance(array, np.ndarray):
            copies.append(list(array))
            continue
        whole = owner(array)
        copy = owners.setdefault(id(whole), np.array(whole, order="K", subok=False))
        offset = (address(array) - address(whole)) // array.itemsize
        flat = copy.ravel(order="K")
        copies.append(as_strided(flat[offset:], array.shape, array.strides))
    return copies


def address(array):
    return array.__array_interface__["data"][0]


def arrays_in(value):
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from arrays_in(item)
    elif isinstance(value, dict):
        yield from arrays_in(list(value.values()))


def spoil(value):
    if isinstance(value, (list, tuple)):
        for item in value:
            spoil(item)
    elif isinstance(value, dict):
        spoil(list(value.values()))
        value["spoiled"] = True
    if isinstance(value, list):
        value.append("spoiled")


def same(one, other):
    """Exactly: types, order of items, element types, every bit."""
    if isinstance(one, np.memmap):
        one = np.asarray(one)
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return (
            (one.dtype, one.shape) == (other.dtype, other.shape)
            and one.flags.writeable == other.flags.writeable
            and (
                same(one.tolist(), other.tolist())
                if one.dtype.hasobject
                else one.tobytes() == other.tobytes()
            )
        )
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return same(list(one.items()), list(other.items()))
    return repr(one) == repr(other)


def serve(folder):
    """One process: steps until it is told to restart (True) or there are no more (False)."""
    worker = None
    for line in iter(sys.stdin.readline, ""):
        step = json.loads(line)
        answer = {}
        try:
            worker = worker or Worker(folder)
            if step["step"] == "restart":
                worker.save()
            elif step["step"] == "end":
                answer["counts"] = worker.state.counts
            else:
                dice = random.Random(step["seed"])
                answer["done"] = getattr(worker, f"step_{step['step']}")(dice)
        except Disagreement as error:
            answer["wrong"] = str(error)
        except BaseException:
            answer["wrong"] = traceback.format_exc()
        print(json.dumps(answer), flush=True)
        if step["step"] == "restart":
            return True
    return False


def main():
    folder = Path(sys.argv[1])
    sys.path.insert(0, str(folder))
    os.chdir(folder)
    restarts = 9
    while True:
        child = os.fork()
        if child == 0:
            code = restarts if serve(folder) else 0
            sys.stdout.flush()
            os._exit(code)
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        if code != restarts:
            sys.exit(code)


if __name__ == "__main__":
    main()
