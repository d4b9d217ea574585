"""Save what a function returned, and run it again only when it must be.

`make` decorates a function. A call whose code and arguments are those of an earlier one is
answered from the file that the earlier run saved.

    >>> import tempfile
    >>> from remade import make, PickleFile
    >>> folder = tempfile.mkdtemp()
    >>> @make(cachedir=folder + "/cache", output=PickleFile(folder + "/f_output"))
    ... def f(x):
    ...     print("Running f(%s)" % x)
    ...     return x
    >>> f(1)
    Running f(1)
    1
    >>> f(1)
    1
    >>> import shutil
    >>> shutil.rmtree(folder)
"""

import os as _os

from . import _remade as _engine
from ._configure import configure
from ._inputs import Env, File
from ._make import make
from ._persisters import MemMappedNiftiFile, NiftiFile, NumpyFile, Persister, PickleFile
from ._remade import CorruptFileError, MadeFunction, RemadeWarning, SaveError, __version__

# Importing remade costs a few milliseconds, because programs that reuse everything are short: what
# needs larger modules of the standard library is imported when it is asked for.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._check import CheckReport, Problem, check
    from ._cutoff import allclose
    from ._events import Event, events
    from ._explain import CodeChange, Covered, Explanation, Reason
    from ._lineage import Lineage, Origin, lineage, origin
    from ._results import CacheInfo
    from ._trust import Trusted, trust

if hasattr(_os, "register_at_fork"):
    _os.register_at_fork(after_in_child=_engine._after_fork_in_child)

__all__ = [
    "CacheInfo",
    "CheckReport",
    "CodeChange",
    "CorruptFileError",
    "Covered",
    "Env",
    "Event",
    "Explanation",
    "File",
    "Lineage",
    "MadeFunction",
    "MemMappedNiftiFile",
    "NiftiFile",
    "NumpyFile",
    "Origin",
    "Persister",
    "PickleFile",
    "Problem",
    "Reason",
    "RemadeWarning",
    "SaveError",
    "Trusted",
    "__version__",
    "allclose",
    "check",
    "configure",
    "events",
    "lineage",
    "make",
    "origin",
    "trust",
]


# What is imported when it is asked for, and where it is.
_WHERE = {
    "CacheInfo": "_results",
    "CheckReport": "_check",
    "CodeChange": "_explain",
    "Covered": "_explain",
    "Event": "_events",
    "Explanation": "_explain",
    "Lineage": "_lineage",
    "Origin": "_lineage",
    "Problem": "_check",
    "Reason": "_explain",
    "Trusted": "_trust",
    "allclose": "_cutoff",
    "check": "_check",
    "events": "_events",
    "lineage": "_lineage",
    "origin": "_lineage",
    "trust": "_trust",
}


def __getattr__(name: str) -> object:
    module = _WHERE.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found: object = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__} - {"TYPE_CHECKING"})
