"""Made functions that travel to other processes."""

from __future__ import annotations

import sys

from . import _remade

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def reduce(made: _remade.MadeFunction[..., Any]) -> str | tuple[Any, ...]:
    """How a made function pickles: as its plain function does, by reference where that is found.

    From a script or a notebook it goes by value through cloudpickle, if that is installed, with
    its options and its store; without cloudpickle it goes by reference, as a plain function does.
    """
    module, qualname = made.__module__, made.__qualname__
    found: Any = sys.modules.get(module)
    for part in qualname.split("."):
        found = getattr(found, part, None)
    if found is made and module not in ("__main__", "__mp_main__"):
        return qualname
    try:
        import cloudpickle
    except ImportError:
        return qualname
    function, name, output = made._arguments
    cells = made._pseudo_files()
    return (
        rebuild,
        (cloudpickle.dumps((function, output)), name, made._options, cells),
    )


def rebuild(
    pickled: bytes, name: str, options: dict[str, Any], cells: list[tuple[str, list[str]]]
) -> _remade.MadeFunction[..., Any]:
    """The same made function with the same store, in another process."""
    import linecache
    import pickle

    from ._make import built

    for filename, lines in cells:
        size = sum(map(len, lines))
        linecache.cache.setdefault(filename, (size, None, lines, filename))
    function, output = pickle.loads(pickled)
    return built(function, name, output, options)
