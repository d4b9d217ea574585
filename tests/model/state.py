"""What outlives a restart of a random program?"""

from __future__ import annotations

import program


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
