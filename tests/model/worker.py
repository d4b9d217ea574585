"""Runs a program step by step, each call as a made function and as a plain one.

Reads one step a line and answers each with one line. A restart is a fork of a process that has
imported numpy and nothing of remade.
"""

from __future__ import annotations

import json
import os
import pickle
import random
import sys
import traceback
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(__file__))
import program  # noqa: E402
from calls import Disagreement, call  # noqa: E402
from comparing import content_of, owner  # noqa: E402
from loaded import Loaded  # noqa: E402
from recipes import DATA, made_of, recipe  # noqa: E402
from state import State  # noqa: E402


class Worker:
    """What is done to the program, step by step."""

    def __init__(self, folder):
        self.kept = folder / "state.pkl"
        if self.kept.exists():
            self.state = pickle.loads(self.kept.read_bytes())
            self.state.process += 1
        else:
            self.state = State()
            (folder / "data.txt").write_text("first")
        self.loaded = Loaded(folder, self.state)

    def save(self):
        self.kept.write_bytes(pickle.dumps(self.state))

    # -- Calls ---------------------------------------------------------------------------------------

    def step_call(self, dice, forced=False):
        name = dice.choice(program.NUMBERS * 2 + program.ARRAYS * 3 + program.FILES * 3)
        return call(self.loaded, name, recipe(self.state, name, dice), forced=forced)

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
        again, content, *_ = state.last[name]
        arrays, is_broken, is_view = made_of(state, again[0])
        if is_broken or content_of(arrays) != content:
            return self.step_call(dice)
        runs = name in program.RUN_EVERY_TIME or (is_view and name in program.KNOW_VIEWS_ANEW)
        return call(self.loaded, name, again, must_be_fresh=not runs)

    # -- Edits, and what else happens to a program ---------------------------------------------------

    def step_edit(self, dice):
        state = self.state
        name = dice.choice(sorted(state.meanings))
        state.meanings[name] = dice.choice(program.MEANINGS[name])
        state.table = state.weights = None
        state.epoch += 1
        self.loaded.load()
        return f"{name} = {state.meanings[name]!r}"

    def step_comment(self, dice):
        self.state.comments += 1
        self.loaded.load()

    def step_setting(self, dice):
        state = self.state
        what = dice.choice(("number", "list", "append", "table", "weights", "extra"))
        if what == "number":
            state.number = self.loaded.made.settings.NUMBER = dice.randrange(3)
        elif what == "list":
            state.list = [0] * dice.randrange(3)
            self.loaded.made.settings.LIST = list(state.list)
        elif what == "append":
            state.list = [*state.list, 1]
            self.loaded.made.settings.LIST.append(1)
        elif what == "table":
            state.table = {"a": dice.randrange(3), "b": dice.randrange(3)}
        elif what == "weights":
            state.weights = [float(dice.randrange(3)) for _ in range(3)]
        else:
            state.extra = dice.randrange(3)
        self.loaded.set()
        self.loaded.write_settings()
        state.epoch += 1
        return what

    def step_data(self, dice):
        path = self.loaded.folder / dice.choice(DATA)
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
            for path in (self.loaded.folder / top).rglob("*")
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
        return f"{how} {path.relative_to(self.loaded.folder)}"

    def step_clear(self, dice):
        name = dice.choice(program.NUMBERS + program.ARRAYS + program.FILES)
        self.loaded.whole(name).clear()
        self.state.last.pop(name, None)
        return name

    def step_load(self, dice):
        name = dice.choice(program.NUMBERS + program.ARRAYS)
        try:
            self.loaded.whole(name).load()
        except LookupError:
            return f"nothing of {name}"
        return name


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
