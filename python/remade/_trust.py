"""Which pickles a person vouches for: what `remade.trust` does."""

from __future__ import annotations

import os
from collections import namedtuple

from . import _remade

_Fields = namedtuple("_Fields", "records sealed already skipped")


class Trusted(_Fields):
    """What `remade.trust` did.

    Attributes:
        records: Records of the store that were read.
        sealed: Pickles that have your seal now, and did not have it before.
        already: Pickles that had your seal already.
        skipped: What was left as it is: pairs of a path and the reason.
    """

    __slots__ = ()
    records: int
    sealed: int
    already: int
    skipped: tuple[tuple[str, str], ...]


def trust(path: str | os.PathLike[str]) -> Trusted:
    """Vouches for a store: its pickles are sealed with your key, so that they load.

    For a store that was copied in from another machine or another user. Its pickles have no seal,
    or that of another key, and are not loaded until you say so.

    Unpickling runs whatever code a pickle names. Trust a store only if you know who wrote it and
    how it came here: what you vouch for runs with all your rights when its functions are called.

    Every pickle that is what its record says is sealed; nothing is unpickled, and nothing changes
    its owner. Where the store belongs to somebody else, that you use it is noted in your
    configuration folder.

    Args:
        path: The cache directory, as `cachedir` names it.

    Returns:
        How many records were read and how many pickles sealed, and what was skipped and why.

    Raises:
        ValueError: If there is no store in that folder.
        PermissionError: If everybody can write the store, or if others can read or write the key.
        OSError: If there is no place for a key, or the store cannot be read.

    Example:
        >>> import os, tempfile
        >>> import remade
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     @remade.make(cachedir=folder + "/cache")
        ...     def settings():
        ...         return {"regions": {"V1", "V2"}}
        ...     _ = settings()
        ...     done = remade.trust(folder + "/cache")
        >>> done.records, done.sealed + done.already, done.skipped
        (1, 1, ())
    """
    records, sealed, already, skipped = _remade._vouch(os.path.abspath(os.fspath(path)))
    return Trusted(records, sealed, already, tuple(skipped))
