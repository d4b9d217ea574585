"""The decorator: what may be decorated, and what its options mean."""

from __future__ import annotations

import os
import sys

from . import _configure, _output, _remade

TYPE_CHECKING = False  # type checkers take it as true; `typing` costs an import
if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from typing import Any, Literal, ParamSpec, Protocol, TypeVar, overload

    _P = ParamSpec("_P")
    _R = TypeVar("_R")

    class _Decorator(Protocol):
        """What `make` returns without a function."""

        def __call__(self, func: Callable[_P, _R], /) -> _remade.MadeFunction[_P, _R]: ...


_GENERATOR = 0x20
_ASYNC_GENERATOR = 0x200


if TYPE_CHECKING:

    @overload
    def make(
        func: Callable[_P, _R],
        *,
        output: Any = None,
        cachedir: str | os.PathLike[str] | None = None,
        name: str | None = None,
        debug: bool | None = None,
        raise_errors: bool | None = None,
        keep: int | Literal["all"] | None = None,
        unknown: Literal["content", "rerun"] | None = None,
        verify: bool | None = None,
        durable: Literal["auto", "always", "never"] | None = None,
        ignore: Collection[str] = (),
        depends: Collection[Any] = (),
        follow: Collection[str] = (),
        version: str | None = None,
        was: str | Collection[str] = (),
        cutoff: Callable[[Any, Any], bool] | None = None,
    ) -> _remade.MadeFunction[_P, _R]: ...

    @overload
    def make(
        func: None = None,
        *,
        output: Any = None,
        cachedir: str | os.PathLike[str] | None = None,
        name: str | None = None,
        debug: bool | None = None,
        raise_errors: bool | None = None,
        keep: int | Literal["all"] | None = None,
        unknown: Literal["content", "rerun"] | None = None,
        verify: bool | None = None,
        durable: Literal["auto", "always", "never"] | None = None,
        ignore: Collection[str] = (),
        depends: Collection[Any] = (),
        follow: Collection[str] = (),
        version: str | None = None,
        was: str | Collection[str] = (),
        cutoff: Callable[[Any, Any], bool] | None = None,
    ) -> _Decorator: ...


def make(
    func: Callable[..., Any] | None = None,
    *,
    output: Any = None,
    cachedir: str | os.PathLike[str] | None = None,
    name: str | None = None,
    debug: bool | None = None,
    raise_errors: bool | None = None,
    keep: int | Literal["all"] | None = None,
    unknown: Literal["content", "rerun"] | None = None,
    verify: bool | None = None,
    durable: Literal["auto", "always", "never"] | None = None,
    ignore: Collection[str] = (),
    depends: Collection[Any] = (),
    follow: Collection[str] = (),
    version: str | None = None,
    was: str | Collection[str] = (),
    cutoff: Callable[[Any, Any], bool] | None = None,
) -> Any:
    """Saves what a function returned, and runs it again only when its code or arguments change.

    Use it as `@make`, as `@make(option=...)`, or as a plain call, `make(f, option=...)`.

    `cachedir`, `debug`, `raise_errors`, `keep`, `unknown`, `verify` and `durable` take None for
    their default: what `configure` or the environment says, or else what stands here.

    Args:
        func: The function: a Python function (also under other decorators, also `async def`), a
            builtin, a numpy function or ufunc, a `functools.partial`, a numba dispatcher.
        output: What keeps the result: a persister (`NumpyFile("f.npy")`); a nested list, tuple or
            dict of them that mirrors the result, where a constant stands for itself; a persister
            class, and the file is named for you; or None: no file for None, short values in the
            record, `.npy` for a plain array, pickle for the rest.
        cachedir: The folder of the store: `"cache"`. It, and the paths in `output`, are resolved
            from the working directory once, here; folders are made at the first run.
        name: Known as `module.name` instead of `module.qualname`. Functions of one name share a
            place and displace each other's results.
        debug: True tells through the logger `remade`, at the level INFO, what was reused, or run
            and why. Python shows nothing of that level by itself: call
            `logging.basicConfig(level="INFO")` first.
        raise_errors: True raises `SaveError`, which carries the value, where a computed value
            cannot be saved. By default that is a `RemadeWarning`, and the value is returned.
        keep: How many results are kept, of as many calls: 1 by default, `"all"` for all. More than
            one asks for a file name that differs per call: `NumpyFile("out/f-{x}.npy")`.
        unknown: What counts for an array or object that no made function returned: its
            `"content"`, by default, or `"rerun"`: nothing, so the function runs.
        verify: True reads every argument in full at every call, so that no change made outside made
            functions is missed. It costs a digest of the data.
        durable: What is forced to the disk before a result can be seen, so that a power failure
            does not lose it: `"auto"`, by default, what ran a hundred times as long as that takes;
            `"always"` everything; `"never"` nothing. No result is ever believed wrongly.
        ignore: Parameters that do not matter, such as `("verbose",)`.
        depends: What else matters: packages (a module, or the name of a distribution; by
            version), `File`, `Env`, functions and classes (by code), other values.
        follow: Packages outside your own code whose code counts as your own, by the names that an
            import has: `("lab",)`.
        version: A label that is part of the code. Another label runs the function again.
        was: The name, or names, that the function had before it was renamed or moved:
            `"old.module.name"`. Its stored results come over to the new name.
        cutoff: Whether a new result may be left for the old one, which then stays with its version
            and its file: `allclose(rtol=1e-9)`, or any function of the old and the new result that
            returns a bool and changes neither.

    Returns:
        A `MadeFunction`, which is called as `func` is. Without `func`, a decorator.

    Raises:
        TypeError: If `func` cannot be made, or an option has the wrong type.
        ValueError: If options contradict each other or the function.

    Example:
        >>> import tempfile
        >>> from remade import make
        >>> folder = tempfile.mkdtemp()
        >>> def area(radius, unit="mm"):
        ...     print("running")
        ...     return 3.14159 * radius**2
        >>> made = make(area, cachedir=folder, ignore=("unit",))
        >>> made(2)
        running
        12.56636
        >>> made(radius=2, unit="cm")
        12.56636
        >>> import shutil
        >>> shutil.rmtree(folder)
    """
    options = _Options(
        output, cachedir, name, debug, raise_errors, keep, unknown, verify, durable, ignore,
        depends, follow, version, was, cutoff,
    )  # fmt: skip
    if func is None:
        return lambda function: options.decorate(function)
    return options.decorate(func)


class _Options:
    """The options of one `make`, checked as far as they can be without the function."""

    def __init__(
        self, output: Any, cachedir: Any, name: Any, debug: Any, raise_errors: Any, keep: Any,
        unknown: Any, verify: Any, durable: Any, ignore: Any, depends: Any, follow: Any,
        version: Any, was: Any, cutoff: Any,
    ) -> None:  # fmt: skip
        #: What was taken from the defaults, for good.
        self.taken: dict[str, Any] = {}
        self.cachedir = os.path.abspath(self._given_or_taken("cachedir", cachedir))
        if cachedir is None:
            self.taken["cachedir"] = self.cachedir
        self.output = _output.checked(output)
        if name is not None and (not isinstance(name, str) or not name):
            raise TypeError(f"name takes a text such as name='smooth', not {name!r}")
        self.name = name
        self.keep = self._given_or_taken("keep", keep)
        # None: the default of the moment, at each call.
        self.debug = _given("debug", debug)
        self.raise_errors = _given("raise_errors", raise_errors)
        unknown = _given("unknown", unknown)
        self.rerun_unknown = None if unknown is None else unknown == "rerun"
        self.verify = _given("verify", verify)
        self.durable = _given("durable", durable)
        self.ignore = _names("ignore", ignore)
        self.follow = _modules("follow", follow)
        if isinstance(depends, str) or not hasattr(depends, "__iter__"):
            raise TypeError(f"depends takes a tuple such as depends=(numpy,), not {depends!r}")
        self.depends = tuple(depends)
        if version is not None and not isinstance(version, str):
            raise TypeError(f'version takes a text such as version="2", not {version!r}')
        self.version = version
        self.was = (was,) if isinstance(was, str) else _names("was", was)
        for former in self.was:
            if not all(former.split(".")) or "." not in former:
                raise ValueError(
                    f"was takes the whole name that the function had, such as "
                    f'was="old.module.name", not {former!r}'
                )
        if cutoff is not None:
            from ._cutoff import checked

            checked(cutoff)
        self.cutoff = cutoff

    def _given_or_taken(self, option: str, value: Any) -> Any:
        if value is not None:
            _configure.default(option)  # a variable that cannot be is an error all the same
            return _configure.checked(option, value)
        self.taken[option] = _configure.default(option)
        return self.taken[option]

    def decorate(self, func: Any) -> _remade.MadeFunction[..., Any]:
        _refuse(func)
        module, qualname = _known_as(func)
        name = f"{module}.{qualname if self.name is None else self.name}"
        options = {
            "cachedir": self.cachedir,
            "debug": self.debug,
            "raise_errors": self.raise_errors,
            "keep": None if self.keep == "all" else self.keep,
            "rerun_unknown": self.rerun_unknown,
            "verify": self.verify,
            "durable": self.durable,
            "ignore": self.ignore,
            "depends": self.depends,
            "follow": self.follow,
            "version": self.version,
            "module": module,
            "was": self.was,
            "cutoff": self.cutoff,
        }
        try:
            made = built(func, name, self.output, options)
        except ValueError:
            if self.taken.get("keep", 1) == 1:
                raise
            # As a default it is for those that can: a file of one name holds one result.
            made = built(func, name, self.output, {**options, "keep": 1})
        made._taken = self.taken
        return made


def built(
    func: Any, name: str, output: Any, options: dict[str, Any]
) -> _remade.MadeFunction[..., Any]:
    """A made function from options that have been checked."""
    made: _remade.MadeFunction[..., Any] = _remade.MadeFunction(func, name, output, **options)
    made._options = options
    made._taken = {}
    _dress(made, func)
    made._register()
    return made


def _given(option: str, value: Any) -> Any:
    return None if value is None else _configure.checked(option, value)


def _names(option: str, names: Any) -> tuple[str, ...]:
    if isinstance(names, str) or not hasattr(names, "__iter__"):
        raise TypeError(f'{option} takes a tuple of names such as ("verbose",), not {names!r}')
    checked: list[str] = []
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"{option} takes names, not {name!r}")
        checked.append(name)
    return tuple(checked)


def _modules(option: str, names: Any) -> tuple[str, ...]:
    """Names to import. Nothing is imported here, so what is below the first dot is not asked."""
    checked = _names(option, names)
    for name in checked:
        top = name.partition(".")[0]
        if top not in sys.modules and not _can_be_imported(top):
            raise ValueError(
                f"{option} names {name!r}, and there is no module of that name to import; write "
                f"it as an import does"
            )
    return checked


def _can_be_imported(top: str) -> bool:
    from importlib.util import find_spec

    try:
        return bool(top) and find_spec(top) is not None
    except Exception:  # noqa: BLE001, whoever finds modules here may say anything
        return True


def _refuse(func: Any) -> None:
    """Raises a TypeError, which says what to write instead, for what cannot be made."""
    if isinstance(func, _remade.MadeFunction):
        raise TypeError(f"{func!r} is a made function already; decorate the plain function once")
    if isinstance(func, (classmethod, staticmethod)):
        kind = type(func).__name__
        raise TypeError(f"make cannot be used on a {kind}: write @{kind} above @make, not below it")
    if isinstance(func, property):
        raise TypeError("make cannot be used on a property: write @property above @make")
    if isinstance(func, type):
        raise TypeError(
            f"make cannot be used on the class {func.__qualname__}: decorate a function that "
            f"returns an instance of it"
        )
    if not callable(func):
        raise TypeError(f"make decorates functions, not {type(func).__name__} objects")
    innermost = func
    while True:
        flags = getattr(getattr(innermost, "__code__", None), "co_flags", 0)
        if flags & (_GENERATOR | _ASYNC_GENERATOR):
            raise TypeError(
                f"make cannot be used on the generator function {func!r}, whose result can be "
                f"consumed only once: return a list or an array"
            )
        if hasattr(innermost, "__wrapped__"):
            innermost = innermost.__wrapped__
        elif hasattr(innermost, "func") and type(innermost).__module__ == "functools":
            innermost = innermost.func
        else:
            break
    if not _is_function(func):
        raise TypeError(
            f"make cannot be used on an instance of {type(func).__qualname__}, an object more "
            f"complex than a function: decorate a function, def f(...): return "
            f"{type(func).__qualname__.lower()}(...)"
        )


def _is_function(func: Any) -> bool:
    """Whether it is a function, of whatever kind: not an instance of a user's class."""
    kind = type(func)
    if kind.__module__ in ("builtins", "functools", "types"):
        return True
    if hasattr(func, "__wrapped__") or hasattr(func, "py_func"):
        return True  # under another decorator; numba's dispatchers
    # numpy's functions and ufuncs, cython's and pybind11's functions: no class statement made them
    return not _is_heap_type_of_python(kind)


def _is_heap_type_of_python(kind: type) -> bool:
    """Whether a class statement made it: then it has a `__dict__` of Python functions."""
    function = type(_is_heap_type_of_python)
    return isinstance(kind.__call__, function)


def _known_as(func: Any) -> tuple[str, str]:
    """Module and qualified name; a script's name stands for `__main__`."""
    plain = func
    while not hasattr(plain, "__qualname__") and hasattr(plain, "func"):
        plain = plain.func  # functools.partial
    qualname = getattr(plain, "__qualname__", None) or getattr(plain, "__name__", None)
    if qualname is None:
        qualname = type(func).__name__
    module = getattr(plain, "__module__", None)
    if module is None:
        owner = getattr(plain, "__self__", None)
        module = getattr(owner, "__name__", None) or type(plain).__module__
    if module in ("__main__", "__mp_main__"):
        module = _script_of(plain) or module
    return str(module), str(qualname)


def _script_of(plain: Any) -> str | None:
    """The name of the script that defines a function: one name in all processes that it starts."""
    # A worker that is spawned reads the script before it is the main module there; and a function
    # that came by value has names of its own, which do not tell.
    for names in (getattr(plain, "__globals__", {}), vars(sys.modules.get("__main__", object))):
        if names.get("__name__") not in ("__main__", "__mp_main__"):
            continue
        spec, file = names.get("__spec__"), names.get("__file__")
        if spec is not None and spec.name != "__main__":
            return str(spec.name).removesuffix(".__main__")
        if file:
            return os.path.splitext(os.path.basename(str(file)))[0]
    return None


def _dress(made: Any, func: Any) -> None:
    """Gives the made function the looks of the plain one."""
    for attribute in ("__module__", "__name__", "__qualname__", "__doc__", "__annotations__"):
        try:
            value = getattr(func, attribute)
        except AttributeError:
            continue
        setattr(made, attribute, value)
    looks = {k: v for k, v in getattr(func, "__dict__", {}).items() if k != "__wrapped__"}
    if looks:
        made.__dict__.update(looks)
        made.__remade_looks__ = looks  # what somebody puts on it later is more than that
    made.__wrapped__ = func
    if made.is_async:
        # `inspect.iscoroutinefunction` of Python 3.10 and 3.11 asks for these.
        plain = func
        while not hasattr(plain, "__code__") and hasattr(plain, "func"):
            plain = plain.func  # functools.partial
        for attribute in ("__code__", "__defaults__", "__kwdefaults__"):
            setattr(made, attribute, getattr(plain, attribute, None))
        if not hasattr(made, "__name__"):
            made.__name__ = plain.__name__
        mark = getattr(sys.modules.get("inspect"), "_is_coroutine_mark", None)
        if mark is not None:
            made._is_coroutine_mark = mark
