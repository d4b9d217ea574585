"""`output=`: a persister, or a list, tuple or dict of them that mirrors the result."""

from __future__ import annotations

import os

from ._inputs import refuse_home
from ._persisters import Persister

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Slot:
    """One place of a result, and the persister that keeps it.

    Attributes:
        persister: A copy of the persister, or its class where the engine names the file.
        template: Absolute path of the file, which may hold `{parameter}`; None where the engine
            names the file; False where the persister has no file.
        fields: The parameters in the template.
    """

    __slots__ = ("fields", "persister", "template")

    persister: Any
    template: Any
    fields: tuple[str, ...]

    def __init__(self, persister: Any) -> None:
        self.fields = ()
        if isinstance(persister, type):
            self.persister = persister
            self.template = None
            return
        import copy

        self.persister = copy.copy(persister)  # later changes of the user's object are not ours
        filename = getattr(persister, "filename", None)
        if filename is None:
            self.template = False
            return
        filename = os.fspath(filename)
        if not isinstance(filename, str) or not filename or not _can_be_named(filename):
            raise TypeError(f"{persister!r}: a file name is text, not {filename!r}")
        self.fields = _fields(filename)
        if os.path.basename(filename) in ("", ".", ".."):
            raise ValueError(f"{persister!r}: {filename!r} names a folder; name a file in it")
        refuse_home(filename, "output")
        self.template = os.path.abspath(filename)


def _can_be_named(filename: str) -> bool:
    try:
        return b"\0" not in os.fsencode(filename)
    except UnicodeEncodeError:
        return False


def _fields(filename: str) -> tuple[str, ...]:
    if "{" not in filename and "}" not in filename:
        return ()
    from string import Formatter

    try:
        parsed = list(Formatter().parse(filename))
    except ValueError as error:
        raise ValueError(
            f"{filename!r}: {error}; write {{parameter}} for the value of a parameter, and double "
            f"braces for a brace"
        ) from None
    fields = []
    for _, field, _, conversion in parsed:
        if field is None:
            continue
        if not field.isidentifier() or conversion is not None:
            raise ValueError(
                f"{filename!r}: {{{field}}} is not the plain name of a parameter; write {{x}} or, "
                f"with a format, {{x:03d}}"
            )
        fields.append(field)
    return tuple(fields)


def checked(output: Any) -> Any:
    """The same structure with a `Slot` for each persister.

    Raises:
        TypeError: If there is no persister in it at all, or a subclass lacks `save` or `load`.
    """
    if output is None:
        return None
    tree, slots = _walk(output)
    if not slots:
        raise TypeError(
            f"output takes a persister such as PickleFile('f.pkl'), a persister class, a list, "
            f"tuple or dict of them, or None, not {output!r}"
        )
    targets: set[str] = set()
    for slot in slots:
        if slot.template:
            if slot.template in targets:
                raise ValueError(f"output names the file {slot.template} twice")
            targets.add(slot.template)
    return tree


def _walk(output: Any) -> tuple[Any, list[Slot]]:
    if isinstance(output, Persister) or (
        isinstance(output, type) and issubclass(output, Persister)
    ):
        missing = sorted(getattr(output, "__abstractmethods__", ()))
        if missing:
            kind = output if isinstance(output, type) else type(output)
            raise TypeError(
                f"{kind.__qualname__} lacks {' and '.join(missing)}: a persister has a method "
                f"save(self, value) and a method load(self)"
            )
        slot = Slot(output)
        return slot, [slot]
    if type(output) in (list, tuple):
        parts = [_walk(part) for part in output]
        return type(output)(tree for tree, _ in parts), [s for _, slots in parts for s in slots]
    if type(output) is dict:
        pairs = {key: _walk(part) for key, part in output.items()}
        return (
            {key: tree for key, (tree, _) in pairs.items()},
            [s for _, slots in pairs.values() for s in slots],
        )
    # A constant that can change is kept as it is now.
    if type(output) in (set, bytearray) or type(output).__module__ == "numpy":
        import copy

        output = copy.deepcopy(output)
    return output, []


def _kind_of(value: Any) -> str:
    kind = type(value).__name__
    return f"{kind} {value!r}" if type(value) in (str, int, float, bool) else kind


def fill(template: str, arguments: dict[str, Any]) -> str:
    """The file name for one call.

    Raises:
        ValueError: If a value would leave the folder, cannot be part of a file name, or does not
            fit its format.
    """
    from string import Formatter

    parts = []
    for literal, field, spec, _ in Formatter().parse(template):
        parts.append(literal)
        if field is None:
            continue
        try:
            text = format(arguments[field], spec or "")
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"{template}: the parameter {field} is {_kind_of(arguments[field])}, which does "
                f"not fit {{{field}:{spec}}} ({error}); write {{{field}}}, or pass what fits"
            ) from error
        separators = {os.sep, os.altsep, "\0"} - {None}
        # Records write names as Unicode, where all lone surrogates would be one.
        is_unicode = text.encode(errors="replace").decode() == text
        if text in ("", ".", "..") or not is_unicode or any(s in text for s in separators if s):
            raise ValueError(
                f"{template}: the parameter {field} gives {text!r}, which cannot be part of a file "
                f"name in that folder; pass a value without {os.sep!r}, or leave {{{field}}} out"
            )
        parts.append(text)
    return "".join(parts)
