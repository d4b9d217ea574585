"""Calls of `async def` functions: the two halves of a call, with the wait between them."""

from __future__ import annotations

import asyncio

from . import _remade

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_FRESH, _BUSY, _STALE = 0, 1, 2

#: Calls of this process that run now, by event loop, function and key.
_running: dict[tuple[int, str, str], asyncio.Future[None]] = {}


async def call(
    made: _remade.MadeFunction[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any] | None,
    forced: bool,
) -> Any:
    """One call. Coroutines that ask for the same one wait for the one that runs."""
    loop = asyncio.get_running_loop()
    pause = 0.001
    while True:
        key = made._key(args, kwargs)
        place = (id(loop), made._arguments[1], key or "")
        other = _running.get(place) if key is not None else None
        if other is not None:
            await asyncio.shield(other)
            continue
        state, found = made._open(args, kwargs, forced)
        if state == _FRESH:
            return found
        if state == _STALE:
            return await _run(made, args, kwargs, found, place if key is not None else None)
        # Another process or thread runs it. A file lock is never waited for on an event loop.
        await asyncio.sleep(pause)
        pause = min(2 * pause, 0.05)


async def _run(
    made: _remade.MadeFunction[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any] | None,
    pending: Any,
    place: tuple[int, str, str] | None,
) -> Any:
    done: asyncio.Future[None] | None = None
    if place is not None and place not in _running:
        done = _running[place] = asyncio.get_running_loop().create_future()
    try:
        try:
            value = await made.__wrapped__(*args, **(kwargs or {}))
        finally:
            pending.leave()
        return pending.finish(value)
    finally:
        pending.abandon()
        if done is not None and place is not None:
            del _running[place]
            done.set_result(None)
