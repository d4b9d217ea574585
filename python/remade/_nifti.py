"""What `NiftiFile` makes of its options, and what only nibabel can do: its images and headers."""

from __future__ import annotations

import os
import sys

from . import _remade

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: What the elements of a file can be cast to, by numpy's letters.
KINDS = "biufc"


def nibabel_type(value: object, module: str, name: str) -> bool:
    """Whether this is an instance of a class of nibabel. Where nobody imported it, nothing is."""
    loaded = sys.modules.get(module)
    found = getattr(loaded, name, None)
    return isinstance(found, type) and isinstance(value, found)


def is_image(value: object) -> bool:
    """Whether this is an image of nibabel's."""
    return nibabel_type(value, "nibabel.dataobj_images", "DataobjImage")


def checked_name(filename: str, *, mapped: bool) -> None:
    """Refuses a name whose end says nothing of NIfTI.

    Raises:
        ValueError: With what to write.
    """
    name = filename.lower()
    if name.endswith((".nii.gz", ".hdr.gz", ".img.gz")):
        if mapped:
            raise ValueError(
                f"{filename!r}: a compressed file cannot be mapped; name it .nii, or use NiftiFile"
            )
        return
    if not name.endswith((".nii", ".hdr", ".img")):
        kinds = ".nii" if mapped else ".nii.gz or .nii"
        raise ValueError(f"{filename!r}: the name of a NIfTI file ends in {kinds}")


def header_bytes(header: Any) -> bytes | None:
    """The header as bytes, without what follows the data: the same for every image of a space.

    Raises:
        TypeError: If it is nothing that has a NIfTI header.
        ValueError: If it is that of a CIFTI file, or a file that is none.
        OSError: If the file cannot be read.
    """
    if header is None:
        return None
    if is_image(header):
        return _remade.nifti_template(image_header(header))
    if nibabel_type(header, "nibabel.spatialimages", "SpatialHeader") or nibabel_type(
        header, "nibabel.analyze", "AnalyzeHeader"
    ):
        return _remade.nifti_template(nifti_header(header))
    if isinstance(header, (str, os.PathLike)):
        return _remade.nifti_header(os.fspath(header))
    raise TypeError(
        f"header= takes a header or an image of nibabel, or the path of a NIfTI file, not "
        f"{type(header).__qualname__}"
    )


def nifti_header(header: Any) -> bytes:
    """The bytes of a header of nibabel, little-endian, with its extensions."""
    import io

    import nibabel

    own: Any = nibabel.Nifti1Header  # that of NIfTI-2 is one of them
    if not isinstance(header, own):
        header = own.from_header(header, check=False)
    extensions = io.BytesIO()
    header.extensions.write_to(extensions, sys.byteorder != "little")
    found = extensions.getvalue()
    block: bytes = header.as_byteswapped("<").binaryblock
    return block + bytes([bool(found), 0, 0, 0]) + found


def image_header(image: Any) -> bytes:
    """The header that nibabel would save this image with, but for what follows the data.

    Raises:
        TypeError: If it is no image of voxels.
    """
    import nibabel

    if isinstance(image, nibabel.Cifti2Image):
        raise TypeError(
            "a CIFTI image is no image of voxels: save it with a persister of your own, by "
            "nibabel.save"
        )
    return nifti_header(image.header)


def image_parts(image: Any) -> tuple[Any, bytes, tuple[tuple[float, ...], ...] | None]:
    """The elements of an image of nibabel, its header and its affine."""
    import numpy as np

    header = image_header(image)
    affine = None if image.affine is None else affine_rows(image.affine)
    return np.asanyarray(image.dataobj), header, affine


def to_image(array: Any, header: bytes) -> Any:
    """An image of nibabel with this array; `header` is followed by its extensions.

    Its header says the element type of the array: saved by nibabel, nothing is rounded.
    """
    import io

    import nibabel

    size = int.from_bytes(header[:4], "little")
    image_class: Any = nibabel.Nifti2Image if size == 540 else nibabel.Nifti1Image
    found = image_class.header_class(header[:size], "<", check=False)
    content = io.BytesIO(header[size + 4 :])
    found.extensions = found.exts_klass.from_fileobj(content, -1, sys.byteorder != "little")
    # As nibabel leaves a header that it has read: these follow the data when it is saved.
    found["vox_offset"] = 0
    found["magic"] = found.single_magic
    found.set_data_dtype(array.dtype)
    found.set_slope_inter(None, None)
    return image_class(array, found.get_best_affine(), found)


def image_state(image: Any) -> dict[str, Any]:
    """What an image of nibabel consists of: what it keeps of its own elements is not among it.

    An image keeps what `get_fdata` has given out. Where someone has changed that, it counts.
    """
    import numpy as np

    state = dict(vars(image))
    for name in ("_fdata_cache", "_data_cache"):
        kept = state.pop(name, None)
        elements = state.get("_dataobj")
        if kept is None or kept is elements:
            continue
        own = np.asanyarray(elements).astype(kept.dtype)
        if _remade._version(kept) != _remade._version(own):
            state[name] = kept
    return state


def affine_rows(affine: Any) -> tuple[tuple[float, ...], ...] | None:
    """A matrix of 4 by 4 as tuples.

    Raises:
        ValueError: If it is no such matrix, or has numbers that are not finite.
    """
    if affine is None:
        return None
    import numpy as np

    try:
        given = np.asarray(affine)
        matrix = given.astype(np.float64) if given.dtype.kind in "iuf" else np.empty(0)
    except (TypeError, ValueError):
        matrix = np.empty(0)
    if matrix.shape != (4, 4) or not np.isfinite(matrix).all():
        raise ValueError(
            f"affine= takes a matrix of 4 by 4 finite numbers, from voxels to millimetres, not "
            f"{affine!r}"
        )
    if tuple(matrix[3]) != (0, 0, 0, 1):
        raise ValueError(f"the last row of an affine is 0, 0, 0, 1, not {matrix[3].tolist()!r}")
    return tuple(map(tuple, matrix.tolist()))


def dtype_text(dtype: Any) -> str | None:
    """The name of an element type, of native byte order.

    Raises:
        TypeError: If numpy knows no such type.
        ValueError: If a file cannot be cast to it.
    """
    if dtype is None:
        return None
    import numpy as np

    found = np.dtype(dtype)
    longest = {"f": 8, "c": 16}.get(found.kind, 8)
    if found.kind not in KINDS or found.itemsize > longest:
        raise ValueError(f"dtype= takes bool or a type of numbers of at most 64 bits, not {found}")
    text: str = found.newbyteorder("=").str
    return text


def cast(array: Any, text: str, filename: str) -> Any:
    """The array in another element type; bool is whether an element is not 0.

    Raises:
        ValueError: If an element is no number of that type: NaN or too large.
    """
    import numpy as np

    target = np.dtype(text)
    source = array.dtype
    if source == target:
        return array
    if source.names is not None:
        raise ValueError(f"{filename}: colours cannot be cast to {target}; leave out dtype=")
    if target.kind == "b":
        return array != 0
    if source.kind == "c" and target.kind != "c":
        raise ValueError(f"{filename}: complex numbers cannot be cast to {target}")
    cast = np.empty(array.shape, target, order="F")
    # In pieces, so that looking needs no memory to speak of.
    piece = 1 << 20
    elements, out = array.ravel(order="K"), cast.ravel(order="K")
    for start in range(0, elements.size, piece):
        part = elements[start : start + piece]
        with np.errstate(all="ignore"):
            out[start : start + piece] = converted = part.astype(target)
            if target.kind in "iu":
                wrong = _is_outside(part, target)
            else:
                wrong = np.isfinite(part) & ~np.isfinite(converted)
        if wrong.any():
            found = part[wrong][0]
            raise ValueError(
                f"{filename}: {found!r} is no number of {target}; load it without dtype=, or with "
                f"a wider one"
            )
    return cast


def _is_outside(part: Any, target: Any) -> Any:
    """Which of these numbers an integer type does not hold, after cutting off the fraction."""
    import numpy as np

    limits = np.iinfo(target)
    if part.dtype.kind in "iu":
        own = np.iinfo(part.dtype)
        wrong = np.zeros(part.shape, bool)
        if own.min < limits.min:
            wrong |= part < part.dtype.type(limits.min)
        if own.max > limits.max:
            wrong |= part > part.dtype.type(limits.max)
        return wrong
    # Both bounds are powers of two, so these numbers hold them exactly. NaN is in neither range.
    whole = np.trunc(part.astype(np.float64))
    return ~((whole >= float(limits.min)) & (whole < float(limits.max // 2 + 1) * 2))
