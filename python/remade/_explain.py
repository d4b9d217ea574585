"""Why a call is fresh, or why it is not: what `f.explain(...)` returns."""

from __future__ import annotations

from collections import namedtuple

_ReasonFields = namedtuple("_ReasonFields", "kind text name before after origin path")
_ChangeFields = namedtuple("_ChangeFields", "name file line diff names")
_CoveredFields = namedtuple("_CoveredFields", "name file line")
_Fields = namedtuple(
    "_Fields",
    "function fresh reasons changes record files covers packages implicit not_followed cachedir "
    "text",
)


class Reason(_ReasonFields):
    """One reason why a call is stale. `str` gives it in words.

    Attributes:
        kind: Which reason: "never_ran", "forgotten", "arranged", "code_changed", "label_changed",
            "argument_changed", "unversioned", "changed_by_itself", "not_resumed",
            "cutoff_changed", "shared", "implicit_changed",
            "source_changed", "nested_changed", "nested_unversioned", "result_missing",
            "result_changed", "persister_changed", "asked_elsewhere", "unloadable",
            "record_damaged", "record_newer" or "asked".
        text: In words.
        name: The parameter, global, setting or function that it is about.
        before: What that was, in short.
        after: What it is now, in short.
        origin: The made function that a new argument came from.
        path: The file that it is about.
    """

    __slots__ = ()
    kind: str
    text: str
    name: str | None
    before: str | None
    after: str | None
    origin: str | None
    path: str | None

    def __str__(self) -> str:
        return self.text


class CodeChange(_ChangeFields):
    """One function or class whose code is not what it was.

    Attributes:
        name: `module.qualname`.
        file: The file it stands in, relative to the project where it lies inside; None where
            there is none.
        line: The line where it begins.
        diff: The lines that changed, as a unified diff. Empty where its text is the same, and only
            what its names refer to changed, or where there is no text.
        names: What its names refer to, where that changed: `{"FWHM": ("6", "8")}`.
    """

    __slots__ = ()
    name: str
    file: str | None
    line: int
    diff: str
    names: dict[str, tuple[str | None, str | None]]


class Covered(_CoveredFields):
    """A function or class that the fingerprint covers.

    Attributes:
        name: `module.qualname`.
        file: The file it stands in; None where there is none.
        line: The line where it begins.
    """

    __slots__ = ()
    name: str
    file: str | None
    line: int


class Explanation(_Fields):
    """Why a call is fresh, or every reason why it is not. `str` says it in words.

    Attributes:
        function: The function, `module.qualname`.
        fresh: Whether the stored result would be reused.
        reasons: Why not; empty when it is fresh.
        changes: What changed in the code, function by function.
        record: The record that the call was compared with; None where there is none.
        files: The files of the result that this record tells of.
        covers: The functions and classes whose code counts, the function itself first.
        packages: Packages that count by name, with their versions.
        implicit: The mutable globals and closure values that are inputs, in short.
        not_followed: What of the code could not be followed, and what of the implicit inputs is
            not compared, in sentences.
        cachedir: The store.
        text: All of it, in words.
    """

    __slots__ = ()
    function: str
    fresh: bool
    reasons: tuple[Reason, ...]
    changes: tuple[CodeChange, ...]
    record: str | None
    files: tuple[str, ...]
    covers: tuple[Covered, ...]
    packages: dict[str, str]
    implicit: dict[str, str]
    not_followed: tuple[str, ...]
    cachedir: str
    text: str

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        state = "fresh" if self.fresh else "stale: " + "; ".join(map(str, self.reasons))
        return f"<explanation of {self.function}: {state}>"

    def __bool__(self) -> bool:
        raise TypeError("ask an explanation for what you want to know: f.explain(...).fresh")

    def _repr_html_(self) -> str:
        """For notebooks."""
        parts = [f"<p><b>{_html(self.function)}</b>: {'fresh' if self.fresh else 'stale'}</p>"]
        if self.reasons:
            items = "".join(f"<li>{_html(reason.text)}</li>" for reason in self.reasons)
            parts.append(f"<ul>{items}</ul>")
        for change in self.changes:
            place = (
                "" if change.file is None else f" <code>{_html(change.file)}:{change.line}</code>"
            )
            parts.append(f"<p>{_html(change.name)}{place}</p>")
            names = "".join(
                f"<tr><td>{_html(name)}</td><td>{_html(before)}</td><td>{_html(now)}</td></tr>"
                for name, (before, now) in change.names.items()
            )
            if names:
                head = "<tr><th>name</th><th>before</th><th>now</th></tr>"
                parts.append(f"<table>{head}{names}</table>")
            if change.diff:
                parts.append(f"<pre>{_html(change.diff)}</pre>")
        covers = "".join(f"<li>{_html(one.name)}</li>" for one in self.covers)
        more = "".join(f"<li>not followed: {_html(one)}</li>" for one in self.not_followed)
        parts.append(f"<details><summary>covers</summary><ul>{covers}{more}</ul></details>")
        return "".join(parts)


def _html(text: object) -> str:
    from html import escape

    return escape("nothing" if text is None else str(text))
