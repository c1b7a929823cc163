"""What long work tells of itself while it goes on, to whoever listens; by default nobody does.

with listening(print):
    with telling("hatching") as done:
        for number, area in enumerate(areas, 1):
            ...
            done(number / len(areas))
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# Takes what is being done, and the share of it that is done, in [0, 1]; None if nobody knows.
Listener = Callable[[str, float | None], None]

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Let a function hear what work in this block tells."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def tell(what: str) -> None:
    """Tell what is being done from now on, of which nobody knows how long it takes."""
    listener = _listener.get()
    if listener:
        listener(what, None)


@contextmanager
def telling(what: str) -> Iterator[Callable[[float], None]]:
    """Tell what is done in this block, whose own parts are then not heard.

    Yields:
        A function that tells the share that is done, in [0, 1].
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
