"""What a made function tells about its store."""

from __future__ import annotations

from collections import namedtuple

_Fields = namedtuple("_Fields", "reused ran records size folder")


class CacheInfo(_Fields):
    """What `f.cache_info()` returns.

    Attributes:
        reused: Calls of this process that a stored result answered.
        ran: Runs of this process.
        records: Calls that the store holds for this function, of every process.
        size: Bytes of their records and of the results without a name of the user's.
        folder: Where they lie.
    """

    __slots__ = ()
    reused: int
    ran: int
    records: int
    size: int
    folder: str
