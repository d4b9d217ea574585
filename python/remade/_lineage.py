"""Where an object came from: the run that returned it, and the walk back to the sources."""

from __future__ import annotations

import os
from collections import namedtuple

from . import _configure, _remade
from ._inputs import File
from ._run import Run, RunFacts, run_of_record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal


_OriginFields = namedtuple("_OriginFields", ("run", "position", "version", "is_part"))


class Origin(RunFacts, _OriginFields):
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

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            """What is known of the run."""
            if name in Run._fields:
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
    return Origin(run_of_record(text, store, path), position, version, is_part)


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
            run = run_of_record(name, store, path)
            name = run.function
        links = tuple(Link(*link) for link in inputs)
        found.append(Node(kind, name, version, path, run, links))
    return Lineage(tuple(found), tuple(Link(*root) for root in roots), text)
