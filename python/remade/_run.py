"""One run of a made function, as its record tells it."""

from __future__ import annotations

import json
import os
from collections import namedtuple
from datetime import datetime, timezone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


_ArgumentOriginFields = namedtuple("_ArgumentOriginFields", "position function key result version")


class ArgumentOrigin(_ArgumentOriginFields):
    """Which result an argument, or a part of it, was.

    Attributes:
        position: The place inside the argument: `""` for all of it, `"[0]"`, `"['mask']"`.
        function: The made function that returned it.
        key: The key of the record of that run.
        result: The place inside what that run returned.
        version: The version of what stood there.
    """

    __slots__ = ()
    position: str
    function: str
    key: str
    result: str
    version: str


_ArgumentFields = namedtuple("_ArgumentFields", "name version short origins")


class Argument(_ArgumentFields):
    """What a run was given: an argument, or a global or closure value that its code reads.

    Attributes:
        name: The parameter, or the name of the global.
        version: Its version; None where it had none.
        short: A short text for people.
        origins: The results of made functions in it.
    """

    __slots__ = ()
    name: str
    version: str | None
    short: str
    origins: tuple[ArgumentOrigin, ...]


_FileStateFields = namedtuple("_FileStateFields", "path version")


class FileState(_FileStateFields):
    """A file, a folder or a pattern, as it was.

    Attributes:
        path: Where it lies, absolute.
        version: The version of path and content.
    """

    __slots__ = ()
    path: str
    version: str


_NestedCallFields = namedtuple("_NestedCallFields", "function key")


class NestedCall(_NestedCallFields):
    """A made function that was called inside a run.

    Attributes:
        function: Its name.
        key: The key of the record of that call.
    """

    __slots__ = ()
    function: str
    key: str


_ResultFields = namedtuple("_ResultFields", "position persister version path")


class Result(_ResultFields):
    """A part of what a run returned that has a file.

    Attributes:
        position: The place in the returned value: `""` for all of it, `"[0]"`.
        persister: The class that keeps it.
        version: The version of what is loaded.
        path: The file, absolute; None where the persister keeps it elsewhere.
    """

    __slots__ = ()
    position: str
    persister: str
    version: str
    path: str | None


_AcceptedFields = namedtuple("_AcceptedFields", "who when why what")


class Accepted(_AcceptedFields):
    """A person kept a result although something had changed: a call of `f.accept`.

    Attributes:
        who: The user's name on the machine.
        when: When, in UTC.
        why: That person's words.
        what: What had changed.
    """

    __slots__ = ()
    who: str
    when: datetime
    why: str
    what: tuple[str, ...]


class RunFacts:
    """What is known of a run, for type checkers. A `Run` holds it, an `Origin` asks its run."""

    __slots__ = ()
    if TYPE_CHECKING:
        function: str
        key: str
        started: datetime
        seconds: float
        host: str
        pid: int
        language: str
        packages: tuple[tuple[str, str], ...]
        fingerprint: str
        arguments: tuple[Argument, ...]
        files: tuple[FileState, ...]
        implicit: tuple[Argument, ...]
        nested: tuple[NestedCall, ...]
        results: tuple[Result, ...]
        written: tuple[FileState, ...]
        accepted: tuple[Accepted, ...]
        store: str
        path: str | None


_RunFields = namedtuple(
    "_RunFields",
    "function key started seconds host pid language packages fingerprint arguments files implicit "
    "nested results written accepted store path",
)


class Run(RunFacts, _RunFields):
    """One run of a made function, as its record tells it.

    Attributes:
        function: Its name, `module.qualname`.
        key: The key of the call.
        started: When the run began, in UTC.
        seconds: How long the function ran.
        host: The machine.
        pid: The process.
        language: What ran it: `"python 3.12.1"`.
        packages: Name and version of each package that the code reaches, as far as they tell it.
        fingerprint: The version of the code.
        arguments: What it was given, and what stands in `depends=`.
        files: The `File` inputs among the arguments.
        implicit: The mutable globals and closure values that it read.
        nested: The made functions called directly inside, each call once, at most 100.
        results: The parts of what it returned that persisters keep.
        written: Files that the function wrote by itself and returned as `File`.
        accepted: Who kept this result although something had changed, when and why.
        store: The cache directory.
        path: The record's file; None where it was replaced or forgotten since.
    """

    __slots__ = ()

    def __str__(self) -> str:
        """For people: a line for the call, and one for each thing that is known of it."""
        given = ", ".join(f"{argument.name}={argument.short}" for argument in self.arguments)
        packages = "".join(f", {name} {version}" for name, version in self.packages)
        lines = [
            f"{self.function}({given})",
            f"ran {self.started:%Y-%m-%d %H:%M:%S} UTC in {self.seconds:.3g} s",
            f"on {self.host}, process {self.pid}, {self.language}{packages}",
        ]
        for argument in (*self.arguments, *self.implicit):
            for origin in argument.origins:
                place = f"{origin.result} of " if origin.result else ""
                lines.append(f"{argument.name}{origin.position} came from {place}{origin.function}")
        lines += [f"read {file.path}" for file in self.files]
        lines += [f"used {value.name} = {value.short}" for value in self.implicit]
        lines += [f"called {call.function}" for call in self.nested]
        for result in self.results:
            if result.path is not None:
                lines.append(f"saved {result.path} ({result.persister})")
        lines += [f"wrote {file.path}" for file in self.written]
        lines += [
            f"accepted by {one.who} at {one.when:%Y-%m-%d %H:%M:%S} UTC: {one.why}"
            for one in self.accepted
        ]
        lines.append(f"record {self.path or 'replaced or forgotten since'}")
        return "\n  ".join(lines)


def run_of_record(text: bytes, store: str, path: str | None) -> Run:
    """What a record tells: docs/format.md describes it field by field."""
    record = json.loads(text)
    project = os.path.dirname(store)

    def files(states: list[dict[str, Any]]) -> tuple[FileState, ...]:
        return tuple(FileState(_place(project, one["path"]), one["version"]) for one in states)

    return Run(
        function=record["function"],
        key=record["key"],
        started=_moment(record["started"]),
        seconds=record["seconds"],
        host=record["host"],
        pid=record["pid"],
        language=record["language"],
        packages=tuple(record["packages"].items()),
        fingerprint=record["fingerprint"],
        arguments=tuple(_argument(one) for one in record["arguments"]),
        files=files(record["sources"]),
        implicit=tuple(_argument(one) for one in record["implicit"] if not one["changed"]),
        nested=tuple(
            NestedCall(one["function"], one["record"]) for one in record["nested"]["calls"]
        ),
        results=tuple(
            Result(
                one["position"],
                one["persister"],
                one["version"],
                None if one["file"] is None else _place(project, one["file"]["path"]),
            )
            for one in record["results"]
        ),
        written=files(record["written"]),
        accepted=tuple(
            Accepted(one["who"], _moment(one["when"]), one["why"], tuple(one["what"]))
            for one in record.get("accepted", ())
        ),
        store=store,
        path=path,
    )


def _argument(told: dict[str, Any]) -> Argument:
    origins = (
        ArgumentOrigin(
            one["position"], one["function"], one["record"], one["result"], one["version"]
        )
        for one in told["origins"]
    )
    return Argument(told["name"], told["version"], told["short"], tuple(origins))


def _place(project: str, text: str) -> str:
    """The path that a record names; one that is not Unicode stands there as hexadecimal digits."""
    if text.startswith("\0"):
        text = os.fsdecode(bytes.fromhex(text[1:]))
    return os.path.normpath(os.path.join(project, text))


def _moment(text: str) -> datetime:
    """`2026-11-22T19:25:45.941464056Z`, of which Python keeps the microseconds."""
    whole, _, digits = text.rstrip("Z").partition(".")
    moment = datetime.fromisoformat(whole).replace(tzinfo=timezone.utc)
    return moment.replace(microsecond=int(digits[:6].ljust(6, "0")))
