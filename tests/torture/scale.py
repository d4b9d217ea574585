"""How much of the torture to do: `REMADE_TORTURE=1` is all of it, and the default a small part."""

import os

#: The part that `make test` does: each promise in a second or two.
SMALL = 0.01

SCALE = float(os.environ.get("REMADE_TORTURE") or SMALL)

#: Whether what takes minutes by its nature (a wait of 60 s) is done, too.
FULL = SCALE >= 1


def scaled(full, least=1):
    """So many of `full`, never fewer than `least`."""
    return max(least, round(full * SCALE))
