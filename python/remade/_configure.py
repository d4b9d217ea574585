"""Defaults of options: what `configure` says, then the environment, then what is built in."""

from __future__ import annotations

import os

from . import _remade
from ._inputs import refuse_home

TYPE_CHECKING = False  # type checkers take it as true; `typing` costs an import
if TYPE_CHECKING:
    from typing import Any, Literal

#: What holds where nobody says anything.
_BUILT_IN: dict[str, Any] = {
    "cachedir": "cache",
    "verify": False,
    "unknown": "content",
    "debug": False,
    "raise_errors": False,
    "keep": 1,
    "durable": "auto",
}
#: These hold for functions that are decorated already, too: nothing was made of them.
_AT_ONCE = ("verify", "unknown", "debug", "raise_errors", "durable")
#: What an option takes that is one of a few words.
_CHOICES = {"unknown": ("content", "rerun"), "durable": ("auto", "always", "never")}
_WORDS = {"1": True, "true": True, "yes": True, "on": True}
_WORDS |= {"0": False, "false": False, "no": False, "off": False}

_configured: dict[str, Any] = {}
#: Read once, at the first decoration.
_environment: dict[str, Any] | None = None


class _Unchanged:
    def __repr__(self) -> str:
        return "<unchanged>"


_UNCHANGED = _Unchanged()


def configure(
    *,
    cachedir: str | os.PathLike[str] | _Unchanged | None = _UNCHANGED,
    verify: bool | _Unchanged | None = _UNCHANGED,
    unknown: Literal["content", "rerun"] | _Unchanged | None = _UNCHANGED,
    debug: bool | _Unchanged | None = _UNCHANGED,
    raise_errors: bool | _Unchanged | None = _UNCHANGED,
    keep: int | Literal["all"] | _Unchanged | None = _UNCHANGED,
    durable: Literal["auto", "always", "never"] | _Unchanged | None = _UNCHANGED,
) -> None:
    """Sets defaults for the options of `make`, in this process.

    An option that a function names itself wins over `configure`, that over the environment
    variable (`REMADE_VERIFY` for `verify`, and so on), and that over the built-in default. What is
    not given here stays as it is; None takes back what an earlier `configure` said.

    `verify`, `unknown`, `debug`, `raise_errors` and `durable` hold at once, also for functions that
    are decorated already. `cachedir` and `keep` are taken when a function is decorated, so set them
    before the modules that decorate are imported; a `RemadeWarning` names functions that took
    another default before.

    Args:
        cachedir: The folder of the store: `"cache"`. A relative path counts from the working
            directory at each decoration.
        verify: Whether every argument is read in full at every call: False.
        unknown: What counts for what no made function returned: `"content"`, or `"rerun"`.
        debug: Whether the logger `remade` tells what was reused, or run and why: False.
        raise_errors: Whether a computed value that cannot be saved is an error: False.
        keep: How many results of each function are kept: 1. A function whose file name is the same
            for all calls keeps one, whatever the default.
        durable: What is forced to the disk: `"auto"`, `"always"` or `"never"`.

    Raises:
        TypeError: If there is no such option, or a value has the wrong type.
        ValueError: If a value is not one of those that are possible. Nothing is changed then.

    Example:
        >>> import remade
        >>> remade.configure(verify=True, unknown="rerun")
        >>> remade.configure(verify="no")
        Traceback (most recent call last):
        TypeError: verify takes True or False, not 'no'
        >>> remade.configure(verify=None, unknown=None)
    """
    given = {
        "cachedir": cachedir,
        "verify": verify,
        "unknown": unknown,
        "debug": debug,
        "raise_errors": raise_errors,
        "keep": keep,
        "durable": durable,
    }
    given = {option: value for option, value in given.items() if value is not _UNCHANGED}
    for option, value in given.items():
        if value is not None:
            given[option] = checked(option, value)
    for option, value in given.items():
        if value is None:
            _configured.pop(option, None)
        else:
            _configured[option] = value
    _switch()
    for option in given:
        if option not in _AT_ONCE:
            _warn_of_those_before(option)


def default(option: str) -> Any:
    """What an option is where it is not given.

    Raises:
        ValueError: If an environment variable has a value that cannot be.
    """
    global _environment
    if _environment is None:
        _environment = _read_environment()
        _switch()
    return _now(option)


def checked(option: str, value: Any) -> Any:
    """The value of an option that `configure` knows.

    Raises:
        TypeError: If it has the wrong type.
        ValueError: If it cannot be.
    """
    if option == "cachedir":
        return _text_path(value)
    if option == "keep":
        if value != "all" and (isinstance(value, bool) or not isinstance(value, int)):
            raise TypeError(f'keep takes a number or "all", not {value!r}')
        if value != "all" and value < 1:
            raise ValueError(f'keep takes a number from 1 on, or "all", not {value!r}')
    elif option == "unknown":
        if value not in _CHOICES[option]:
            raise ValueError(f'unknown takes "content" or "rerun", not {value!r}')
    elif option == "durable":
        if value not in _CHOICES[option]:
            raise ValueError(f'durable takes "auto", "always" or "never", not {value!r}')
    elif not isinstance(value, bool):
        raise TypeError(f"{option} takes True or False, not {value!r}")
    return value


def in_effect(options: dict[str, Any]) -> dict[str, Any]:
    """The options of a made function with what holds for it now in place of what it leaves open."""
    defaults = {
        "debug": _now("debug"),
        "raise_errors": _now("raise_errors"),
        "rerun_unknown": _now("unknown") == "rerun",
        "verify": _now("verify"),
        "durable": _now("durable"),
    }
    return {
        name: defaults.get(name) if value is None and name in defaults else value
        for name, value in options.items()
    }


def _choices(option: str) -> str:
    *most, last = (f'"{word}"' for word in _CHOICES[option])
    return f"{', '.join(most)} or {last}"


def _now(option: str) -> Any:
    if option in _configured:
        return _configured[option]
    return (_environment or {}).get(option, _BUILT_IN[option])


def _switch() -> None:
    _remade._set_defaults(
        debug=_now("debug"),
        raise_errors=_now("raise_errors"),
        rerun_unknown=_now("unknown") == "rerun",
        verify=_now("verify"),
        durable=_now("durable"),
    )


def _read_environment() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for option, built_in in _BUILT_IN.items():
        name = f"REMADE_{option.upper()}"
        text = os.environ.get(name, "")
        if not text:
            continue
        value: Any = text
        if isinstance(built_in, bool):
            value = _WORDS.get(text.lower())
            allowed = "1, true, yes or on, or 0, false, no or off"
        elif option == "keep":
            value = text if text == "all" else int(text) if text.isdecimal() else None
            value = value or None
            allowed = 'a number from 1 on, or "all"'
        elif option in _CHOICES:
            value = text if text in _CHOICES[option] else None
            allowed = _choices(option)
        elif option == "cachedir":
            home = os.path.expanduser(text)
            refuse_home(text, f"the environment variable {name}, {text!r},", home)
        if value is None:
            raise ValueError(f"the environment variable {name} is {text!r}; it takes {allowed}")
        found[option] = value
    return found


def _warn_of_those_before(option: str) -> None:
    now = _now(option)
    now = os.path.abspath(now) if option == "cachedir" else now
    before = []
    for made in _remade._made_functions():
        taken = made._taken.get(option, now)
        if taken != now:
            before.append((made._arguments[1], taken))
    if not before:
        return
    import warnings

    before.sort()
    names = ", ".join(name for name, _ in before[:3])
    if len(before) > 3:
        names += f" and {len(before) - 3} more"
    warnings.warn(
        f"{names}: decorated before, with {option}={before[0][1]!r}, and so it stays. Call "
        f"configure before functions are decorated: before their modules are imported.",
        _remade.RemadeWarning,
        stacklevel=3,
    )


def _text_path(path: Any) -> str:
    try:
        text = os.fspath(path)
    except TypeError:
        text = None
    if not isinstance(text, str):
        raise TypeError(f"cachedir takes a path, not {path!r}")
    refuse_home(text, "cachedir")
    return text
