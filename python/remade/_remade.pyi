# The compiled module, by hand: crates/remade-python/src/lib.rs lists the same names in the same
# order. `python -m mypy.stubtest remade` holds the two against each other.
from collections.abc import Callable, Coroutine, Sequence
from os import PathLike
from types import GenericAlias
from typing import (
    Any,
    Concatenate,
    Final,
    Generic,
    Literal,
    ParamSpec,
    TypeAlias,
    TypeVar,
    final,
    overload,
)

from typing_extensions import Self

from ._check import _Kind
from ._explain import Explanation
from ._results import CacheInfo

_P = ParamSpec("_P")
_Q = ParamSpec("_Q")
_R_co = TypeVar("_R_co", covariant=True)
_S = TypeVar("_S")
_T = TypeVar("_T")
_Role: TypeAlias = Literal["argument", "implicit", "read", "called", "asked"]
_Problem: TypeAlias = tuple[_Kind, str, str | None, str, str, str | None, bool, str | None]
_Link: TypeAlias = tuple[int, _Role, str, str, str]
_Node: TypeAlias = tuple[
    Literal["run", "forgotten", "file", "value"],
    bytes | str,
    str | None,
    str | None,
    str | None,
    tuple[_Link, ...],
]

__all__ = [
    "BoundMade",
    "CorruptFileError",
    "MadeFunction",
    "RemadeWarning",
    "SaveError",
    "_Code",
    "__version__",
    "_after_fork_in_child",
    "_check",
    "_constant",
    "_digest",
    "_fingerprint",
    "_forget",
    "_has_aliases",
    "_history",
    "_lineage",
    "_lineage_of_file",
    "_made_functions",
    "_nanoseconds",
    "_normal",
    "_origin",
    "_registry_size",
    "_remember",
    "_seconds_of_read",
    "_seconds_of_stat",
    "_set_defaults",
    "_set_patience",
    "_set_watch_worth",
    "_short_form",
    "_trackable",
    "_verify",
    "_version",
    "_version_by_history",
    "_vouch",
    "add_listener",
    "load_nifti",
    "load_npy",
    "nifti_header",
    "nifti_template",
    "remove_listener",
    "replace_file",
    "save_nifti",
    "save_npy",
]
__version__: str

@final
class MadeFunction(Generic[_P, _R_co]):
    """A function that `make` decorated. It is called as the plain one is."""

    __module__: str
    __name__: str
    __qualname__: str
    __doc__: str | None
    __annotations__: dict[str, Any]
    __dict__: dict[str, Any]
    __remade_made__: Final = True
    #: The plain function.
    __wrapped__: Callable[_P, _R_co]

    def __new__(
        cls,
        func: Callable[_P, _R_co],
        name: str,
        output: Any,
        *,
        cachedir: str | PathLike[str],
        debug: bool | None,
        raise_errors: bool | None,
        keep: int | None,
        rerun_unknown: bool | None,
        verify: bool | None,
        durable: Literal["auto", "always", "never"] | None,
        ignore: Sequence[str],
        depends: Sequence[Any],
        follow: Sequence[str],
        version: str | None,
        module: str,
        was: Sequence[str],
        cutoff: Callable[[Any, Any], bool] | None,
    ) -> MadeFunction[_P, _R_co]: ...
    @classmethod
    def __class_getitem__(cls, item: Any) -> GenericAlias: ...
    def __call__(self, *args: _P.args, **kwargs: _P.kwargs) -> _R_co: ...
    def call(self, *args: _P.args, **kwargs: _P.kwargs) -> _R_co:
        """Runs the function whatever is stored, and stores the result."""
    def check_call_in_cache(self, *args: _P.args, **kwargs: _P.kwargs) -> bool:
        """Whether a call would be answered from the store. Runs nothing and loads nothing."""
    def explain(self, *args: _P.args, **kwargs: _P.kwargs) -> Explanation:
        """Why a call would be answered from the store, or every reason why not.

        Runs nothing, loads no result, and reads no array that is known by history. `print` it.
        """
    def accept(self, *args: Any, reason: str, **kwargs: Any) -> None:
        """Keeps the stored result of a call although something changed that does not matter.

        The code may have changed, that of made functions called inside too, and a result file may
        have been corrected by hand: then its content is the result from here on, and what depends
        on it is stale. The record says who accepted it, when and why. A call that is fresh is left
        as it is.

        Args:
            args: The arguments of the call.
            reason: Why it does not matter. An argument of the function that is called `reason`
                too is given by its place.
            kwargs: The keyword arguments of the call.

        Raises:
            ValueError: If anything else is different, such as an argument, a file that was read or
                a setting. It names the differences.
        """
    def output_path(self, *args: _P.args, **kwargs: _P.kwargs) -> Any:
        """The file of the result of a call: its path; None where it has no file.

        Where `output=` has a structure, the answer has the same one.
        """
    @overload
    def load(self: MadeFunction[_Q, Coroutine[Any, Any, _T]]) -> _T: ...
    @overload
    def load(self) -> _R_co:
        """The last result, without a call.

        Raises:
            LookupError: If there is none, or its file is gone or changed: the text says which.
        """
    def clear(self) -> None:
        """Forgets all results. Files that the user named stay."""
    def cache_info(self) -> CacheInfo:
        """What the store holds for this function, and what this process did with it."""
    @property
    def is_async(self) -> bool:
        """Whether the function is `async def`."""
    @overload
    def __get__(self, instance: None, owner: type | None = None, /) -> Self: ...
    @overload
    def __get__(
        self: MadeFunction[Concatenate[_S, _Q], _T], instance: _S, owner: type | None = None, /
    ) -> BoundMade[_Q, _T]: ...
    def __reduce__(self) -> str | tuple[Any, ...]: ...
    @property
    def _arguments(self) -> tuple[Callable[..., Any], str, Any]: ...
    _options: dict[str, Any]
    _taken: dict[str, Any]
    def _pseudo_files(self) -> list[tuple[str, list[str]]]: ...
    def _register(self) -> None: ...
    def _open(
        self, args: tuple[Any, ...], kwargs: dict[str, Any] | None, forced: bool
    ) -> tuple[int, Any]: ...
    def _key(self, args: tuple[Any, ...], kwargs: dict[str, Any] | None) -> str | None: ...

@final
class BoundMade(Generic[_P, _R_co]):
    """A made function as the method of an instance."""

    __name__: str
    __qualname__: str
    @classmethod
    def __class_getitem__(cls, item: Any) -> GenericAlias: ...
    def __call__(self, *args: _P.args, **kwargs: _P.kwargs) -> _R_co: ...
    def call(self, *args: _P.args, **kwargs: _P.kwargs) -> _R_co: ...
    def check_call_in_cache(self, *args: _P.args, **kwargs: _P.kwargs) -> bool: ...
    def explain(self, *args: _P.args, **kwargs: _P.kwargs) -> Explanation: ...
    def accept(self, *args: Any, reason: str, **kwargs: Any) -> None: ...
    def output_path(self, *args: _P.args, **kwargs: _P.kwargs) -> Any: ...
    @overload
    def load(self: BoundMade[_Q, Coroutine[Any, Any, _T]]) -> _T: ...
    @overload
    def load(self) -> _R_co: ...
    def clear(self) -> None: ...
    def cache_info(self) -> CacheInfo: ...
    @property
    def is_async(self) -> bool: ...
    @property
    def __self__(self) -> Any: ...
    @property
    def __func__(self) -> MadeFunction[Concatenate[Any, _P], _R_co]: ...
    @property
    def __wrapped__(self) -> Callable[_P, _R_co]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

class RemadeWarning(UserWarning):
    """Something that a user of a made function should know, although the call went on."""

class SaveError(Exception):
    """A value was computed and could not be saved; it stands in the attribute `value`.

    Raised only by functions made with `raise_errors=True`.
    """

    value: Any

class CorruptFileError(ValueError):
    """A file is damaged, cut short, or not what its name says."""

def save_npy(filename: str | PathLike[str], value: Any) -> None: ...
def load_npy(filename: str | PathLike[str], mmap_mode: Literal["r", "c"] | None = None) -> Any: ...
def save_nifti(filename: str | PathLike[str], value: Any, persister: Any) -> None: ...
def load_nifti(filename: str | PathLike[str], persister: Any) -> Any: ...
def nifti_header(filename: str | PathLike[str]) -> bytes: ...
def nifti_template(header: bytes) -> bytes: ...
def replace_file(filename: str | PathLike[str], content: bytes) -> None: ...
def add_listener(
    listener: Callable[[str, bool, tuple[str, ...], float, tuple[str, ...], str | None], object],
) -> None: ...
def remove_listener(listener: Callable[..., object]) -> None: ...
def _after_fork_in_child() -> None: ...
def _check(cachedir: str | PathLike[str], repair: bool) -> tuple[int, int, int, list[_Problem]]: ...
def _set_defaults(
    *,
    debug: bool,
    raise_errors: bool,
    rerun_unknown: bool,
    verify: bool,
    durable: Literal["auto", "always", "never"],
) -> None: ...
def _vouch(root: str | PathLike[str]) -> tuple[int, int, int, list[tuple[str, str]]]: ...
def _set_patience(seconds: float) -> None: ...
def _set_watch_worth(looks: int) -> None: ...
def _made_functions() -> list[MadeFunction[..., Any]]: ...

# What tests and a closer look ask.
def _fingerprint(
    object: object,  # noqa: A002, its name in the module
    follow: Sequence[str] = ...,
    as_type: bool = False,
) -> dict[str, Any]: ...
def _normal(node: Any) -> str: ...

@final
class _Code:
    def is_current(self) -> bool: ...
    def time(self, times: int) -> float: ...

def _origin(
    obj: object,
) -> tuple[bytes, str, str | None, str, str, bool] | None: ...
def _lineage(
    obj: object,
) -> tuple[str, tuple[_Link, ...], tuple[_Node, ...]]: ...
def _digest(content: bytes) -> str: ...
def _lineage_of_file(
    path: str,
    cachedir: str,
) -> tuple[str, tuple[_Link, ...], tuple[_Node, ...]]: ...
def _version(value: object) -> str: ...
def _version_by_history(value: object, rerun_unknown: bool = False) -> str: ...
def _constant(value: object) -> str | None: ...
def _remember(value: object, record: str = ..., version: str | None = None) -> int: ...
def _forget(value: object) -> None: ...
def _verify(value: object) -> list[str]: ...
def _trackable(value: object) -> tuple[list[tuple[str, str]], list[str]]: ...
def _registry_size() -> int: ...
def _has_aliases(values: list[Any]) -> bool: ...
def _short_form(value: object) -> str: ...
def _history(value: object) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]: ...
def _nanoseconds(value: object, times: int) -> float: ...
def _seconds_of_stat(path: str | PathLike[str], times: int) -> float: ...
def _seconds_of_read(array: object) -> float: ...
