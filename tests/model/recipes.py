"""With what is a function called?

A recipe can be followed again, in the process that made it up and after a restart.
"""

from __future__ import annotations

import numpy as np
import program

VIEWS = ("[1:]", "[::-1]", ".T", "[:, ::2]", "[...]")
#: The files that functions read.
DATA = ("data.txt", "maybe.txt")


def array_recipe(state, dice):
    """How to come by an array: a place in the pool and a view of it, or an expression."""
    kind = dice.choice(("pool", "pool", "pool", "view", "view", "new", "list"))
    if kind in ("pool", "view") and state.pool:
        place = dice.randrange(len(state.pool))
        return place, dice.choice(VIEWS) if kind == "view" else ""
    if kind == "list":
        return None, repr([dice.randrange(3) for _ in range(3)])
    n = dice.randrange(1, 4)
    return None, f"np.arange({n * 4}.0).reshape({n}, 4)"


def recipe(state, name, dice):
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
        arrays = [array_recipe(state, dice)]
        if name == "inplace_both":
            arrays.append(arrays[0] if dice.random() < 0.3 else array_recipe(state, dice))
        if name in program.WITH_NUMBER:
            rest = [dice.randrange(1, 4)]
        if name == "stats":
            rest = [dice.randrange(2)] * dice.randrange(2)
            named = dice.choice(({}, {"scale": 2}, {"z": 1, "y": 2}, {"y": 2, "z": 1}))
    return arrays, rest, named


def made_of(state, recipe):
    """The arrays of a call; whether one of them is broken; whether one is a view."""
    arrays, is_broken, is_view = [], False, False
    for place, how in recipe:
        if place is None:
            arrays.append(eval(how, {"np": np}))
            continue
        entry = state.pool[place]
        if how == "[:, ::2]" and entry.array.ndim < 2:
            how = "[::2]"
        arrays.append(eval(f"base{how}", {"base": entry.array}))
        is_broken |= entry.is_broken
        is_view |= bool(how) or entry.is_view
    return arrays, is_broken, is_view
