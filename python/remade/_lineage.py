"""Where an object came from: the run that returned it, and the walk back to the sources."""

from __future__ import annotations

import json
import os
from collections import namedtuple
from datetime import datetime, timezone

from . import _configure, _remade
from ._inputs import File

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Literal


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


_RunFields = namedtuple(
    "_RunFields",
    "function key started seconds host pid language packages fingerprint arguments files implicit "
    "nested results written accepted store path",
)


class Run(_RunFields):
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


_OriginFields = namedtuple("_OriginFields", ("run", "position", "version", "is_part"))


class Origin(_OriginFields):
    """Where an object came from: a run, and the place in what that returned.

    What is known of the run can be asked for here as well: `origin.started` is
    `origin.run.started`.

    Attributes:
        run: The run that returned it.
        position: The place in what the run returned: `""` for all of it, `"[0]"`, `"['mask']"`.
        version: The version of what stands there.
        is_part: Whether the object is a view of that, such as a slice of an array.
    """

    __slots__ = ()
    run: Run
    position: str
    version: str
    is_part: bool

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
    else:

        def __getattr__(self, name):
            """What is known of the run."""
            if name in _RunFields._fields:
                return getattr(self.run, name)
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __str__(self) -> str:
        """For people: which part of which call, and what is known of that."""
        place = f"{self.position} of " if self.position else ""
        return f"{'a part of ' if self.is_part else ''}{place}{self.run}"


_LinkFields = namedtuple("_LinkFields", "node role name position result")


class Link(_LinkFields):
    """What a run was given, and the node that it came from.

    Attributes:
        node: The place of that node in `Lineage.nodes`.
        role: How it was given: `"argument"`; `"implicit"`, through a global or a closure; `"read"`,
            a file; `"called"`, a made function called inside; `"asked"`, what was asked for.
        name: The parameter or the global; else empty.
        position: The place inside the argument: `""` for all of it, `"[0]"`.
        result: The place in what that node returned.
    """

    __slots__ = ()
    node: int
    role: Literal["argument", "implicit", "read", "called", "asked"]
    name: str
    position: str
    result: str


_NodeFields = namedtuple("_NodeFields", "kind name version path run inputs")


class Node(_NodeFields):
    """A run or a source.

    Attributes:
        kind: `"run"`; `"forgotten"`, a run whose record is no longer kept; `"file"`; `"value"`, a
            value that no record explains.
        name: The function, the path, or a short text of the value.
        version: The version: of the result that was used, where the run is forgotten. None for a
            run, and where there is none.
        path: The file, or the record of the run where it is still there; else None.
        run: What is known of the run; None for all others.
        inputs: What the run was given.
    """

    __slots__ = ()
    kind: Literal["run", "forgotten", "file", "value"]
    name: str
    version: str | None
    path: str | None
    run: Run | None
    inputs: tuple[Link, ...]


class Lineage:
    """The graph of runs and sources from which something came. Iteration gives its nodes.

    `str(lineage)` is a tree for people: each run with what it was given, when it ran and how long,
    and below it where its arguments came from. What several runs were given is shown in full once.

    Attributes:
        nodes: Every run and every source, once, those that were asked for first.
        roots: Where each object that was asked for came from.
    """

    __slots__ = ("_text", "nodes", "roots")
    nodes: tuple[Node, ...]
    roots: tuple[Link, ...]
    _text: str

    def __init__(self, nodes: tuple[Node, ...], roots: tuple[Link, ...], text: str) -> None:
        object.__setattr__(self, "nodes", nodes)
        object.__setattr__(self, "roots", roots)
        object.__setattr__(self, "_text", text)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a lineage tells what was; it cannot be changed")

    def __reduce__(self) -> tuple[object, ...]:
        return Lineage, (self.nodes, self.roots, self._text)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        names = ", ".join(self.nodes[root.node].name for root in self.roots[:3])
        more = ", ..." if len(self.roots) > 3 else ""
        return f"<lineage of {names or 'nothing known'}{more}: {len(self.nodes)} nodes>"


def origin(obj: object) -> Origin | None:
    """The run that returned an object, as its record tells it.

    Nothing is run, loaded or read in full: an object is known by what this process saw of it. So an
    object that was changed outside made functions, where no trace of that was noticed yet, still
    has the origin that it had.

    Args:
        obj: An array, a frame or another object that a made function returned, or that stood in a
            list, tuple, dict or set which it returned. A view of an array has the origin of the
            array, and `is_part` is true.

    Returns:
        The origin; None for what is not known: an object from elsewhere, one that was seen to be
        changed since, a copy, numbers and texts, which have no identity, and lists, tuples, dicts
        and sets themselves: ask for what is in them, or for `lineage`.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> import remade
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     @remade.make(cachedir=folder + "/cache", name="record")
        ...     def record(length):
        ...         return np.arange(length)
        ...     found = remade.origin(record(3))
        >>> found.function.endswith(".record"), found.position, found.arguments[0].short
        (True, '', '3')
        >>> remade.origin(np.arange(3)) is None
        True
    """
    told = _remade._origin(obj)
    if told is None:
        return None
    text, store, path, position, version, is_part = told
    return Origin(_run(text, store, path), position, version, is_part)


def lineage(obj: object, *, cachedir: str | os.PathLike[str] | None = None) -> Lineage:
    """Walks from an object back to the files and values that it was made of.

    The walk goes from record to record, through arguments, globals and the made functions called
    inside, and reads nothing but records. It also follows results that another process or another
    program made, in this store or in another one.

    A record that was replaced or forgotten since is a node of kind `"forgotten"`: the walk ends
    there. With `keep="all"` that does not happen.

    Args:
        obj: What `origin` knows, or a list, tuple, dict or set of such: then what is in it is
            looked for, at any depth. Or a `File` that is a result of a made function, of this
            process or of another program, in Python or in Rust.
        cachedir: The store in which the record of a `File` is looked for; by default that which
            functions have by default.

    Returns:
        The graph; an empty one where nothing is known. A file that was changed since is not known.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> import remade
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     @remade.make(cachedir=folder + "/cache", name="record")
        ...     def record(length):
        ...         return np.arange(length)
        ...     @remade.make(cachedir=folder + "/cache", name="double")
        ...     def double(signal):
        ...         return 2 * signal
        ...     found = remade.lineage(double(record(3)))
        >>> [(node.kind, node.name.rpartition(".")[2]) for node in found]
        [('run', 'double'), ('run', 'record'), ('value', '3')]
        >>> [(link.name, link.node) for link in found.nodes[0].inputs]
        [('signal', 1)]
    """
    if isinstance(obj, File):
        folder = _configure.default("cachedir") if cachedir is None else cachedir
        text, roots, nodes = _remade._lineage_of_file(obj.path, os.path.abspath(folder))
    else:
        text, roots, nodes = _remade._lineage(obj)
    found = []
    for kind, name, version, store, path, inputs in nodes:
        run = None
        if isinstance(name, bytes) and store is not None:
            run = _run(name, store, path)
            name = run.function
        links = tuple(Link(*link) for link in inputs)
        found.append(Node(kind, name, version, path, run, links))
    return Lineage(tuple(found), tuple(Link(*root) for root in roots), text)


def _run(text: bytes, store: str, path: str | None) -> Run:
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
