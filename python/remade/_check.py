"""Are the records and files of a store what they say of each other?"""

from __future__ import annotations

import os
from dataclasses import dataclass

from . import _remade

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    _Kind = Literal[
        "record_damaged",
        "record_newer",
        "record_misplaced",
        "result_missing",
        "result_changed",
        "result_replaced",
        "unfinished",
        "abandoned",
        "unexplained",
        "order",
        "code_damaged",
        "unreadable",
    ]


@dataclass(frozen=True)
class Problem:
    """One thing in a store that is not as it should be.

    Attributes:
        kind: What is wrong, as one word: `"result_missing"`.
        path: The file, absolute.
        function: The made function that it belongs to, where that is known.
        found: What lies there.
        expected: What should.
        repair: What `repair=True` does, or did; None where only a person can say what is right.
        repaired: Whether that was done.
        failed: Why it could not be done.
    """

    kind: _Kind
    path: str
    function: str | None
    found: str
    expected: str
    repair: str | None
    repaired: bool
    failed: str | None

    def __str__(self) -> str:
        of = f" ({self.function})" if self.function else ""
        lines = [
            f"{self.kind}: {self.path}{of}",
            f"found {self.found}",
            f"expected {self.expected}",
        ]
        if self.failed is not None:
            lines.append(f"could not be repaired: {self.failed}")
        elif self.repair is not None:
            lines.append(f"{'repaired' if self.repaired else 'repair=True'}: {self.repair}")
        return "\n    ".join(lines)


@dataclass(frozen=True)
class CheckReport:
    """What `remade.check` found. `print` it.

    Attributes:
        cachedir: The store, absolute.
        records: Records that were looked at.
        files: Files of results, all of which were read.
        running: Calls that somebody was running meanwhile: they were left alone.
        problems: What is not as it should be.
    """

    cachedir: str
    records: int
    files: int
    running: int
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong any more: there was no problem, or each was repaired."""
        return all(problem.repaired for problem in self.problems)

    def __bool__(self) -> bool:
        raise TypeError("ask a report for what you want to know: report.ok, report.problems")

    def __str__(self) -> str:
        counts = [(self.records, "record"), (self.files, "file"), (len(self.problems), "problem")]
        told = ", ".join(f"{number} {word}{'' if number == 1 else 's'}" for number, word in counts)
        return "\n  ".join([f"{self.cachedir}: {told}", *map(str, self.problems)])


def check(cachedir: str | os.PathLike[str], *, repair: bool = False) -> CheckReport:
    """Compares the records and the files of a store, and tells what does not agree.

    Every file of a result is read in full. Others may use the store meanwhile: what they are just
    doing is no problem. Without `repair` nothing is changed.

    Args:
        cachedir: The store.
        repair: True mends what can be mended without losing anything that a person made or named.
            Commits that a killed process did not finish are finished; what it left is removed;
            calls whose results are gone are forgotten, so that they run again; records that cannot
            be read are moved aside.

    Raises:
        FileNotFoundError: If there is no store.

    Example:
        >>> import os, tempfile
        >>> from remade import PickleFile, check, make
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = os.path.join(folder, "squares.pkl")
        ...     def squares(n):
        ...         return [i * i for i in range(n)]
        ...     made = make(squares, cachedir=folder + "/cache", output=PickleFile(file))
        ...     _ = made(3)
        ...     print(check(folder + "/cache").ok)
        ...     os.remove(file)
        ...     for problem in check(folder + "/cache", repair=True).problems:
        ...         print(problem.kind, "-", problem.repair)
        ...     print(check(folder + "/cache").ok)
        True
        result_missing - the call is forgotten, and runs again when it is asked for
        True
    """
    cachedir = os.path.abspath(cachedir)
    records, files, running, problems = _remade._check(cachedir, bool(repair))
    return CheckReport(cachedir, records, files, running, tuple(Problem(*one) for one in problems))
