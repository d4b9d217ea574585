"""What made functions did: for tests, tables and people."""

from __future__ import annotations

from collections import namedtuple
from contextlib import contextmanager

from . import _remade

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


_Fields = namedtuple("_Fields", "function ran reasons seconds files kept", defaults=(None,))


class Event(_Fields):
    """One call of a made function.

    Attributes:
        function: Its name, `module.qualname`.
        ran: Whether it ran. Otherwise a stored result answered.
        reasons: Why it ran, in words; empty when it did not.
        seconds: How long the call took, with saving or loading.
        files: The files of the result.
        kept: What an old result stayed by, although the function ran: the `cutoff` in words; None
            where it did not stay.
    """

    __slots__ = ()
    function: str
    ran: bool
    reasons: tuple[str, ...]
    seconds: float
    files: tuple[str, ...]
    kept: str | None


@contextmanager
def events(callback: Callable[[Event], object]) -> Iterator[None]:
    """Tells `callback` of every call of a made function in the `with` block.

    Calls of all threads of the process are told, in the order in which they end. A call that
    raises is not told: nothing of it is recorded, and the caller has the exception.

    Args:
        callback: Is called with one `Event` after each call.

    Example:
        >>> import tempfile
        >>> from remade import events, make
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     @make(cachedir=folder + "/cache", name="double")
        ...     def double(x):
        ...         return 2 * x
        ...     with events(lambda event: print(event.ran, *event.reasons)):
        ...         _ = double(1), double(1)
        True never ran
        False
    """

    def listener(
        function: str,
        ran: bool,
        reasons: tuple[str, ...],
        seconds: float,
        files: tuple[str, ...],
        kept: str | None,
    ) -> None:
        callback(Event(function, ran, reasons, seconds, files, kept))

    _remade.add_listener(listener)
    try:
        yield
    finally:
        _remade.remove_listener(listener)
