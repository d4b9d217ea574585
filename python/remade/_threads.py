"""Runs reach into the threads that they start: what is called there is called inside them.

A `ContextVar` says which run one is in, and a new thread begins with an empty context (before
Python 3.14, and by default after it). A run that handed its made functions to threads would not
know what they drew from outside, and its record would answer when it must not. So the starting of a
thread and the submitting of a task carry that one variable over, and nothing else of the context.
"""

from __future__ import annotations

import sys
from functools import wraps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import ContextVar
    from typing import Any

_MARK = "__remade_carries__"


def install(variable: ContextVar[Any]) -> bool:
    """Teaches threads and pools, as far as they are imported, to carry `variable` over.

    Returns:
        Whether there is nothing left to teach.
    """
    threading = sys.modules.get("threading")
    if threading is not None and not hasattr(threading.Thread.start, _MARK):
        threading.Thread.start = _starting(threading.Thread.start, variable)
    pools = sys.modules.get("concurrent.futures.thread")
    if pools is not None and not hasattr(pools.ThreadPoolExecutor.submit, _MARK):
        pools.ThreadPoolExecutor.submit = _submitting(pools.ThreadPoolExecutor.submit, variable)
    return threading is not None and pools is not None


def _starting(start: Callable[..., Any], variable: ContextVar[Any]) -> Callable[..., Any]:
    @wraps(start)
    def carrying(thread: Any) -> Any:
        run = variable.get(None)
        if run is None:
            return start(thread)
        body = thread.run
        own = vars(thread).get("run")

        def restore() -> None:
            if own is None:
                vars(thread).pop("run", None)
            else:
                thread.run = own

        def inside() -> None:
            restore()
            variable.set(run)
            body()

        thread.run = inside
        try:
            return start(thread)
        except BaseException:
            restore()
            raise

    setattr(carrying, _MARK, True)
    return carrying


def _submitting(submit: Callable[..., Any], variable: ContextVar[Any]) -> Callable[..., Any]:
    @wraps(submit)
    def carrying(pool: Any, task: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        run = variable.get(None)
        if run is None:
            return submit(pool, task, *args, **kwargs)

        def inside(*args: Any, **kwargs: Any) -> Any:
            token = variable.set(run)
            try:
                return task(*args, **kwargs)
            finally:
                variable.reset(token)

        return submit(pool, inside, *args, **kwargs)

    setattr(carrying, _MARK, True)
    return carrying
