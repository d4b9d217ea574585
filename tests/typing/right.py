"""What users write, and the types that it has. Checked by mypy, never run."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from typing_extensions import assert_type

import remade
from remade import (
    CacheInfo,
    Env,
    Event,
    File,
    Lineage,
    MadeFunction,
    NumpyFile,
    Origin,
    Persister,
    PickleFile,
    allclose,
    make,
)


@make
def bare(x: int, *, scale: float = 1.0) -> str:
    return str(x * scale)


assert_type(bare(1), str)
assert_type(bare(x=1, scale=2.0), str)
assert_type(bare.call(1), str)
assert_type(bare.load(), str)
assert_type(bare.check_call_in_cache(1, scale=3), bool)
assert_type(bare.cache_info(), CacheInfo)
assert_type(bare.cache_info().folder, str)
assert_type(bare.is_async, bool)
assert_type(bare.__name__, str)
assert_type(bare.__wrapped__(1), str)
bare.clear()
bare.output_path(1)


@make(output=(NumpyFile("a.npy", mmap_mode="r"), PickleFile(Path("b.pkl"))), keep="all")
def with_options(file: File) -> tuple[list[int], str]:
    return [1], file.path


assert_type(with_options(File("x")), tuple[list[int], str])

all_options = make(
    output=PickleFile,
    cachedir=Path("cache"),
    name="n",
    debug=True,
    raise_errors=True,
    keep=3,
    unknown="rerun",
    verify=True,
    durable="always",
    ignore=("x",),
    depends=(Env("HOME"), "numpy", remade),
    follow=["lab"],
    version="2",
    cutoff=allclose(rtol=1e-9),
)
assert_type(all_options(len)([1]), int)


def plain(x: int) -> list[int]:
    return [x]


as_call = make(plain, name="as_call")
by_keyword = make(func=plain)
assert_type(as_call(2), list[int])
assert_type(by_keyword(x=2), list[int])
assert_type(make(functools.partial(plain, 3))(), list[int])

takes_a_function: Callable[[int], list[int]] = as_call


def takes_a_made_function(made: MadeFunction[[int], list[int]]) -> list[int]:
    return made(1)


takes_a_made_function(as_call)


@make
async def asynchronous(x: int) -> bytes:
    return bytes(x)


async def awaits() -> None:
    waiting: Coroutine[Any, Any, bytes] = asynchronous(1)
    assert_type(await waiting, bytes)
    assert_type(await asynchronous.call(1), bytes)
    assert_type(asynchronous.load(), bytes)


class Model:
    width: float = 1.0

    @make(ignore=("self",))
    def fit(self, data: list[float], steps: int = 10) -> float:
        return self.width

    @staticmethod
    @make
    def helper(x: int) -> int:
        return x


assert_type(Model().fit([1.0]), float)
assert_type(Model().fit([1.0], steps=3), float)
assert_type(Model().fit.call([1.0]), float)
assert_type(Model().fit.check_call_in_cache([1.0]), bool)
assert_type(Model().fit.load(), float)
assert_type(Model.fit(Model(), [1.0]), float)
assert_type(Model.helper(1), int)


class TextFile(Persister):
    def save(self, value: str) -> None:
        Path(self.filename).write_text(value)

    def load(self) -> str:
        return Path(self.filename).read_text()


def listener(event: Event) -> None:
    assert_type(event.reasons, tuple[str, ...])


with remade.events(listener):
    try:
        bare(1)
    except remade.SaveError as error:
        print(error.value)

# Where things came from.

found = remade.origin(bare(1))
assert_type(found, Origin | None)
if found is not None:
    assert_type(found.function, str)
    assert_type(found.started, datetime)
    assert_type(found.run.path, str | None)
    assert_type(found.arguments[0].origins[0].result, str)

graph = remade.lineage([bare(1)])
assert_type(graph, Lineage)
for node in graph:
    assert_type(node.kind, Literal["run", "forgotten", "file", "value"])
    assert_type(graph.nodes[node.inputs[0].node].name, str)
