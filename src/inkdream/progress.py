"""Progress of long work: tasks report how far they are to a listener; the default is none.

with listening(print):
    with task("hatching") as done:
        for number, area in enumerate(areas, 1):
            ...
            done(number / len(areas))
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# Takes the name of a task and the share of it that is done, in [0, 1]; None if it is not known.
Listener = Callable[[str, float | None], None]

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Call a function with the progress of all tasks in this block."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def tell(what: str) -> None:
    """Report the start of a task whose length is not known."""
    listener = _listener.get()
    if listener:
        listener(what, None)


@contextmanager
def task(what: str) -> Iterator[Callable[[float], None]]:
    """Report this block as one task; tasks inside it are not reported.

    Yields:
        A function that reports the share of the task that is done, in [0, 1].
    """
    listener = _listener.get()

    def done(share: float) -> None:
        if listener:
            listener(what, share)

    done(0.0)
    token = _listener.set(None)
    try:
        yield done
    finally:
        _listener.reset(token)
