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


class NiftiFile(Persister):
    """Keeps an image in a NIfTI file (`.nii.gz`, `.nii`), which every brain viewer opens.

    Saved is an array, x first, or an image of nibabel with its header and affine. Elements are
    written in the array's own type: nothing is scaled or narrowed. What NIfTI has no type for
    becomes the next one that holds it: bool is kept as uint8, float16 as float32. Loaded is an
    array in the element type of the file, in float64 where the file is scaled, x first and in the
    order in memory that nibabel gives it.

    Args:
        filename: The file; nothing is appended. `.nii.gz` is compressed, `.nii` is not. Pairs
            (`.hdr`, `.img`) are read, not written.
        header: A header or an image of nibabel, or the path of a NIfTI file, read now: its units,
            codes, repetition time and extensions are written. Shape and element type are always
            those of the data.
        dtype: What elements are cast to when they are loaded; `bool` is whether one is not 0.
        affine: The matrix of 4 by 4 from voxels to millimetres. Without it that of the image or of
            `header`; without those, the identity.
        image: Load an image of nibabel, with header and affine, instead of an array.
        order: `"tzyx"` for code that expects the axes reversed, as PyNIfTI gives them: arrays are
            saved from that order and loaded in it. None or `"xyzt"`: x first.

    Raises:
        TypeError: If `header` is nothing that has a NIfTI header.
        ValueError: If the name has another extension, the affine is no matrix of 4 by 4 finite
            numbers, or `order` and `image` do not go together.
        OSError: If the file that `header` names cannot be read.

    Example:
        >>> import numpy as np, tempfile
        >>> from remade import NiftiFile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = NiftiFile(folder + "/ramp.nii.gz", affine=np.diag([2, 2, 2, 1]))
        ...     file.save(np.arange(4, dtype="int16").reshape(2, 2, 1))
        ...     file.load()[:, :, 0]
        array([[0, 1],
               [2, 3]], dtype=int16)
    """

    extension: ClassVar[str] = ".nii.gz"

    # What a class without options stands for.
    header: bytes | None = None
    dtype: str | None = None
    affine: tuple[tuple[float, ...], ...] | None = None
    image: bool = False
    order: Literal["xyzt", "tzyx"] | None = None

    def __init__(
        self,
        filename: str | os.PathLike[str],
        header: Any = None,
        dtype: Any = None,
        affine: Any = None,
        image: bool = False,
        order: Literal["xyzt", "tzyx"] | None = None,
    ) -> None:
        from . import _nifti

        super().__init__(filename)
        _nifti.checked_name(self.filename, mapped=isinstance(self, MemMappedNiftiFile))
        if order not in (None, "xyzt", "tzyx"):
            raise ValueError(
                f'order={order!r}: write order="tzyx" for reversed axes, or leave it out'
            )
        if image and (order == "tzyx" or dtype is not None):
            raise ValueError(
                "image=True gives an image of nibabel, whose axes are x first and whose elements "
                "are those of the file; leave out order and dtype"
            )
        self.header = _nifti.header_bytes(header)
        self.dtype = _nifti.dtype_text(dtype)
        self.affine = _nifti.affine_rows(affine)
        self.image = bool(image)
        self.order = None if order == "xyzt" else order

    def save(self, value: Any) -> None:
        """Writes `value` to the file; an earlier file stays whole until the new one is.

        Raises:
            TypeError: If it is no array of numbers and no image: a list, None, a masked array
                (the mask would be lost), objects, texts, times, numbers of more than 64 bits.
            ValueError: If it has no dimension, more than seven, or one of length 0.
            OSError: If the file cannot be written.
        """
        _remade.save_nifti(self.filename, value, self)

    def load(self) -> Any:
        """Returns the array, or the image.

        Raises:
            OSError: If the file cannot be read.
            CorruptFileError: If it is not a whole NIfTI file, or a checksum is wrong.
            ValueError: If it is a CIFTI file, or an element does not fit into `dtype`.
        """
        return _remade.load_nifti(self.filename, self)


class MemMappedNiftiFile(NiftiFile):
    """Keeps an image in an uncompressed NIfTI file, and loads it as a memory map.

    Loading takes constant time at any size. Running again replaces the file by a new one of the
    same name, so that a map that is still in use keeps what it shows.

    Args:
        filename: The file, `.nii`; nothing is appended.
        header: As for `NiftiFile`.
        dtype: The element type that the file must have.
        affine: As for `NiftiFile`.
        image: Load an image of nibabel over the map, instead of the map.
        order: As for `NiftiFile`.
        mode: `"r"`: read-only. `"c"`: copy-on-write, so that changes stay in memory.

    Raises:
        ValueError: If the name is that of a compressed file, if `mode` is anything else, or if no
            NIfTI file has elements of that `dtype`; and what `NiftiFile` raises.

    Example:
        >>> import numpy as np, tempfile
        >>> from remade import MemMappedNiftiFile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = MemMappedNiftiFile(folder + "/ones.nii")
        ...     file.save(np.ones((2, 2, 2), dtype="float32"))
        ...     mapped = file.load()
        ...     type(mapped).__name__, mapped.flags.writeable, float(mapped.sum())
        ('memmap', False, 8.0)
    """

    extension: ClassVar[str] = ".nii"
    loading: ClassVar[tuple[str, ...]] = ("mode",)

    mode: Literal["r", "c"] = "r"

    def __init__(
        self,
        filename: str | os.PathLike[str],
        header: Any = None,
        dtype: Any = None,
        affine: Any = None,
        image: bool = False,
        order: Literal["xyzt", "tzyx"] | None = None,
        mode: Literal["r", "c"] = "r",
    ) -> None:
        super().__init__(filename, header, dtype, affine, image, order)
        if self.dtype is not None and self.dtype[1:] in ("b1", "f2"):
            name = "bool" if self.dtype[1:] == "b1" else "float16"
            raise ValueError(
                f"no NIfTI file has elements of the type {name}, and a map shows them as they are: "
                f"take NiftiFile(..., dtype={name!r}), which casts them"
            )
        if mode not in ("r", "c"):
            raise ValueError(
                f"mode={mode!r} would change or empty the saved result in place; "
                'write mode="r" (read-only) or mode="c" (copy-on-write)'
            )
        self.mode = mode

    def load(self) -> Any:
        """Returns the map, or an image over it.

        Raises:
            OSError: If the file cannot be read.
            CorruptFileError: If it is not a whole NIfTI file.
            ValueError: If its elements are scaled, or `dtype` is another than theirs: then they
                would have to be computed, and a map shows them as they are.
        """
        return super().load()
