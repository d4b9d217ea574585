"""Inputs that are not values: files and environment variables."""

from __future__ import annotations

import os


def refuse_home(path: str, who: str, instead: str = "") -> None:
    """Raises a ValueError for a `~` that nobody expands: it would be a folder of that name."""
    if path == "~" or path.startswith(("~/", f"~{os.sep}")):
        instead = instead or f"os.path.expanduser({path!r})"
        raise ValueError(
            f"{who} does not replace ~ by your home, as open does not: write {instead}; ./~ is a "
            f"folder of that name"
        )


class File:
    """A file, a folder or a glob pattern as input of a made function.

    Its path, relative to the project (the folder that holds the cachedir), and its content count;
    size, time and inode save reading it again. The function receives the `File` itself: it is an
    `os.PathLike`, so `open`, `numpy.load` and nearly everything else take it as it is.

    A `File` inside a *result* is a file that the function wrote by itself: it is recorded, checked
    and versioned by content, so that the function runs again when the file is gone or changed.

    Args:
        path: A path (`"data.csv"`, `"sub-01/"`) or a pattern (`"sub-*/anat/*.nii.gz"`, `**` for
            any depth). It is resolved from the working directory once, here. As for `open`, a `~`
            is no home: write `os.path.expanduser("~/data.csv")`.

    Raises:
        TypeError: If `path` is not text or a path of text.
        ValueError: If `path` is empty, or begins with `~/`.

    Example:
        >>> import os, tempfile
        >>> from remade import File
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     for name in ("b.csv", "a.csv"):
        ...         _ = open(os.path.join(folder, name), "w").write("1,2")
        ...     table = File(os.path.join(folder, "a.csv"))
        ...     print(open(table).read())
        ...     print([os.path.basename(p) for p in File(os.path.join(folder, "*.csv")).paths])
        1,2
        ['a.csv', 'b.csv']
    """

    __slots__ = ("__weakref__", "path")

    path: str

    def __init__(self, path: str | os.PathLike[str]) -> None:
        given: object = path  # who does not check types can give anything
        text = os.fspath(given) if isinstance(given, os.PathLike) else given
        if not isinstance(text, str):
            raise TypeError(f"File takes a path as text, not {type(path).__name__}")
        if not text:
            raise ValueError('File takes the name of a file or folder, not ""; "." is this folder')
        refuse_home(text, "File")
        self.path = os.path.abspath(text)

    def __fspath__(self) -> str:
        return self.path

    @property
    def paths(self) -> list[str]:
        """The paths that exist now: those that match a pattern, sorted, or the one path."""
        if any(mark in self.path for mark in "*?[") and not os.path.lexists(self.path):
            from glob import glob

            return sorted(glob(self.path, recursive=True))
        return [self.path] if os.path.lexists(self.path) else []

    def __repr__(self) -> str:
        return f"File({self.path!r})"

    def __str__(self) -> str:
        return self.path

    def __eq__(self, other: object) -> bool:
        return isinstance(other, File) and other.path == self.path

    def __hash__(self) -> int:
        return hash((File, self.path))

    def __reduce__(self) -> tuple[type[File], tuple[str]]:
        return File, (self.path,)


class Env:
    """An environment variable, for `depends=`: a change of it makes the call stale.

    Args:
        name: The variable. One that is not set counts as such.

    Example:
        >>> from remade import Env
        >>> Env("OMP_NUM_THREADS")
        Env('OMP_NUM_THREADS')
    """

    __slots__ = ("name",)

    name: str

    def __init__(self, name: str) -> None:
        given: object = name  # who does not check types can give anything
        if not isinstance(given, str) or not given or "=" in given:
            raise TypeError(f"Env takes the name of an environment variable, not {given!r}")
        self.name = name

    @property
    def value(self) -> str | None:
        """What the variable holds now, or None."""
        return os.environ.get(self.name)

    def __repr__(self) -> str:
        return f"Env({self.name!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Env) and other.name == self.name

    def __hash__(self) -> int:
        return hash((Env, self.name))
