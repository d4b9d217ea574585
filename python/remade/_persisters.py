"""Persisters: each saves one kind of value to a file and loads it."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod

from . import _remade

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar, Literal


class Persister(ABC):
    """Saves a value to the file `self.filename`, and loads it from there.

    Write your own by subclassing: `save` and `load` are all it takes. While a result is being
    saved, remade works on a copy whose `filename` is a staged name in the same folder with the
    same extension, and renames it when it is whole. So `save` writes to `self.filename`, and to
    nothing else. A persister without a `filename` (a database, say) is called as it is, without
    that protection.

    Every attribute except `filename` and those named in `loading` is a saving parameter: it is
    part of the record, and a change of it, or of the code of the class, runs the function again.

    Args:
        filename: The file. The name given is the name used; nothing is appended. In `output=`,
            it may hold parameters of the function: `"out/f-{x}.txt"`.

    Example:
        >>> import os, tempfile
        >>> from remade import Persister, make
        >>> class TextFile(Persister):
        ...     def save(self, value):
        ...         with open(self.filename, "w") as file:
        ...             file.write(value)
        ...     def load(self):
        ...         with open(self.filename) as file:
        ...             return file.read()
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     @make(cachedir=folder + "/cache", output=TextFile(folder + "/greeting.txt"))
        ...     def greet(name):
        ...         return "Hello " + name
        ...     _ = greet("Ada")
        ...     print(open(folder + "/greeting.txt").read())
        Hello Ada
    """

    #: The end of the file names that remade chooses, for `output=TextFile` without a name.
    extension: ClassVar[str] = ""
    #: Attributes that matter only when loading.
    loading: ClassVar[tuple[str, ...]] = ()

    filename: str

    def __init__(self, filename: str | os.PathLike[str]) -> None:
        self.filename = os.fspath(filename)

    @abstractmethod
    def save(self, value: Any) -> None:
        """Writes `value` to `self.filename`."""

    @abstractmethod
    def load(self) -> Any:
        """Returns what `save` wrote to `self.filename`."""

    def __repr__(self) -> str:
        filename = getattr(self, "filename", None)
        return f"{type(self).__name__}({'' if filename is None else repr(filename)})"


class PickleFile(Persister):
    """Keeps any value that pickles, by the standard `pickle` at protocol 5.

    A pickle can run any code when it is loaded. A made function loads one only if nobody but you,
    your private group and root can have written it.

    Args:
        filename: The file; nothing is appended.

    Example:
        >>> import tempfile
        >>> from remade import PickleFile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = PickleFile(folder + "/settings.pkl")
        ...     file.save({"fwhm": 6.0})
        ...     file.load()
        {'fwhm': 6.0}
    """

    extension: ClassVar[str] = ".pkl"

    def save(self, value: Any) -> None:
        """Pickles `value` into the file; an earlier file stays whole until the new one is.

        Raises:
            pickle.PicklingError, TypeError, AttributeError: If the value cannot be pickled.
            OSError: If the file cannot be written.
        """
        import pickle

        _remade.replace_file(self.filename, pickle.dumps(value, protocol=5))

    def load(self) -> Any:
        """Unpickles the file, whoever wrote it.

        Raises:
            OSError: If the file cannot be read.
            pickle.UnpicklingError: If it holds no pickle.
        """
        import pickle

        with open(self.filename, "rb") as file:
            return pickle.load(file)


class NumpyFile(Persister):
    """Keeps an array in a `.npy` file (NEP 1), which nearly every program reads.

    What `numpy.asarray` makes of the value is what is saved: a number comes back as an array
    without dimensions. Element type, shape and order in memory (C or Fortran) are kept; strided
    views come back compact.

    Args:
        filename: The file; nothing is appended.
        mmap_mode: None reads the array into memory. `"r"` (read-only) and `"c"` (copy-on-write:
            changes stay in memory) map the file, in constant time at any size.

    Raises:
        ValueError: If `mmap_mode` is anything else. `"r+"` and `"w+"` would change a result in
            place, behind the back of every later call.

    Example:
        >>> import numpy as np, tempfile
        >>> from remade import NumpyFile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = NumpyFile(folder + "/image.npy")
        ...     file.save(np.eye(2))
        ...     file.load()
        array([[1., 0.],
               [0., 1.]])
    """

    extension: ClassVar[str] = ".npy"
    loading: ClassVar[tuple[str, ...]] = ("mmap_mode",)

    mmap_mode: Literal["r", "c"] | None

    def __init__(
        self,
        filename: str | os.PathLike[str],
        mmap_mode: Literal["r", "c"] | None = None,
    ) -> None:
        super().__init__(filename)
        if mmap_mode not in (None, "r", "c"):
            raise ValueError(
                f"mmap_mode={mmap_mode!r} would change or empty the saved result in place; "
                'write mmap_mode="r" (read-only), mmap_mode="c" (copy-on-write) or leave it out'
            )
        self.mmap_mode = mmap_mode

    def save(self, value: Any) -> None:
        """Writes `value` to the file; an earlier file stays whole until the new one is.

        Raises:
            TypeError: If the value is a masked array (the mask would be lost) or has elements
                that are objects (they would have to be pickled).
            OSError: If the file cannot be written.
        """
        _remade.save_npy(self.filename, value)

    def load(self) -> Any:
        """Returns the array.

        Raises:
            OSError: If the file cannot be read.
            ValueError: If it is not a whole `.npy` file.
        """
        return _remade.load_npy(self.filename, self.mmap_mode)
