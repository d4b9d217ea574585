"""_Made functions that travel to other processes."""

from __future__ import annotations

import sys
import threading

from . import _configure, _remade

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    _Made = _remade.MadeFunction[..., Any]


def reduce(made: _Made) -> str | tuple[Any, ...]:
    """How a made function pickles: as its plain function does, by reference where that is found.

    From a script or a notebook it goes by value through cloudpickle, if that is installed, with
    its options, those that it takes from the defaults among them as they are now, and its store;
    without cloudpickle it goes by reference, as a plain function does.
    """
    module, qualname = made.__module__, made.__qualname__
    found: Any = sys.modules.get(module)
    for part in qualname.split("."):
        found = getattr(found, part, None)
    if found is made and module not in ("__main__", "__mp_main__"):
        return qualname
    try:
        import cloudpickle  # noqa: F401 - to know whether there is one
    except ImportError:
        return qualname
    mark = _under_way.leaving.get(id(made))
    if mark is not None:
        # It calls itself, maybe through others: what arrives first fills this in.
        return _Later, (mark,)
    function, name, output = made._arguments
    mark = f"{len(_under_way.leaving)} {name}"
    outermost = not _under_way.leaving
    _under_way.leaving[id(made)] = mark
    try:
        decorators = [_names_of_decorators(one) for one in _layers(function)]
        parts: Any = function, output, decorators, made._options["cutoff"]
        if outermost:
            # All in one pickle, so that what they share arrives once.
            parts = _dumps(parts)
        options = {**_configure.in_effect(made._options), "cutoff": None}
        return rebuild, (parts, name, options, made._pseudo_files(), mark)
    finally:
        if outermost:
            _under_way.leaving = {}


def _dumps(parts: Any) -> bytes:
    import io

    file = io.BytesIO()
    _pickler()(file).dump(parts)
    return file.getvalue()


def _pickler() -> Any:
    """That of cloudpickle, but for code, which keeps the name of its file.

    Where it lost that, as it does under cloudpickle 3.1.3, nobody there would find its text.
    """
    import collections
    import copyreg
    import marshal
    import types

    import cloudpickle

    plain: Any = cloudpickle.Pickler
    table = getattr(plain, "dispatch_table", copyreg.dispatch_table)

    def reduce_code(code: types.CodeType) -> Any:
        # The second format says nothing of who else holds a part of it, and so is the same each
        # time; it has no slices, which are constants from Python 3.14 on.
        for format_of_marshal in (2, marshal.version):
            try:
                return marshal.loads, (marshal.dumps(code, format_of_marshal),)
            except ValueError:  # or somebody put an object among its constants
                pass
        return table[types.CodeType](code)

    ours = collections.ChainMap({types.CodeType: reduce_code}, table)
    return type("Pickler", (plain,), {"dispatch_table": ours})


def rebuild(
    parts: Any, name: str, options: dict[str, Any], cells: list[tuple[str, list[str]]], mark: str
) -> _Made:
    """The same made function with the same store, in another process."""
    import linecache
    import pickle

    from ._make import built

    for filename, lines in cells:
        size = sum(map(len, lines))
        linecache.cache.setdefault(filename, (size, None, lines, filename))
    waiting = _under_way.arriving
    if isinstance(parts, bytes):
        waiting = {}
        outside, _under_way.arriving = _under_way.arriving, waiting
        try:
            parts = pickle.loads(parts)
        finally:
            _under_way.arriving = outside
    function, output, names, cutoff = parts
    made: _Made = built(function, name, output, {**options, "cutoff": cutoff})
    for layer, of_decorators in zip(_layers(function), names, strict=False):
        for key, value in of_decorators.items():
            layer.__globals__.setdefault(key, value)
        _look_for_gaps(layer)
    for later in waiting.pop(mark, ()):
        later.become(made)
    return made


class _UnderWay(threading.local):
    """What this thread is in the middle of pickling or unpickling."""

    def __init__(self) -> None:
        #: Marks of made functions by identity.
        self.leaving: dict[int, str] = {}
        #: By mark, what waits for the made function.
        self.arriving: dict[str, list[_Later]] = {}


_under_way = _UnderWay()


class _Later:
    """Stands for a made function inside itself until it has arrived."""

    def __init__(self, mark: str) -> None:
        self.mark = mark
        self.made: _Made | None = None
        self.gaps: list[tuple[Any, str]] = []
        _under_way.arriving.setdefault(mark, []).append(self)

    def become(self, made: _Made) -> None:
        self.made = made
        for owner, key in self.gaps:
            self.fill(owner, key)

    def fill(self, owner: Any, key: str) -> None:
        if self.made is None:
            self.gaps.append((owner, key))
        elif isinstance(owner, dict):
            owner[key] = self.made
        else:
            setattr(owner, key, self.made)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Where nobody could fill it in, such as in a list."""
        if self.made is None:
            raise RuntimeError(f"{self.mark} was called before it was unpickled whole")
        return self.made(*args, **kwargs)


def _look_for_gaps(function: Any) -> None:
    """Fills, now or later, what stands for made functions in the namespaces of a function."""
    namespace = function.__globals__
    for key, value in list(namespace.items()):
        if type(value) is _Later:
            value.fill(namespace, key)
    for cell in function.__closure__ or ():
        try:
            value = cell.cell_contents
        except ValueError:
            continue  # it is empty
        if type(value) is _Later:
            value.fill(cell, "cell_contents")


def _layers(function: Any) -> Iterator[Any]:
    """The Python functions in a function: below decorators and in partials."""
    for _ in range(100):
        if hasattr(function, "__globals__") and hasattr(function, "__closure__"):
            yield function
        if hasattr(function, "__wrapped__"):
            function = function.__wrapped__
        elif hasattr(function, "func"):
            function = function.func
        else:
            return


def _names_of_decorators(function: Any) -> dict[str, Any]:
    """What the names in the decorators mean.

    They are part of the code that counts, and cloudpickle takes along only what the body uses.
    """
    import ast
    import inspect
    import textwrap

    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError, ValueError):
        return {}  # without a source the decorators do not count
    found: dict[str, Any] = {}
    for decorator in getattr(tree.body[0] if tree.body else None, "decorator_list", ()):
        for node in ast.walk(decorator):
            if isinstance(node, ast.Name) and _can_leave(function.__globals__.get(node.id)):
                found[node.id] = function.__globals__[node.id]
    return found


def _can_leave(value: Any) -> bool:
    import cloudpickle

    if value is None:
        return False
    before = dict(_under_way.leaving)
    try:
        cloudpickle.dumps(value)
    except Exception:  # noqa: BLE001 - whatever a user's object raises
        return False
    finally:
        # That was a trial: what it met has not left.
        _under_way.leaving = before
    return True
