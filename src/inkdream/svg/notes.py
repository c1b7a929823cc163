"""What of a file was not read, or not as it says: counted, for the sentences that name it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

# Different mistakes that are named one by one.
MOST_NAMED = 10


class Notes:
    """What was left out of a file, and its mistakes."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._mistakes: dict[str, list[int]] = {}

    def count(self, what: str, times: int = 1) -> None:
        """Count something that was left out or done otherwise."""
        self._counts[what] += times

    def mistake(self, line: int, what: str) -> None:
        """Count something that a file says wrongly.

        Args:
            line: where the element begins.
            what: a clause that says what is wrong, and what was done.
        """
        first_and_times = self._mistakes.setdefault(what, [line, 0])
        first_and_times[1] += 1

    @contextmanager
    def aside(self) -> Iterator[None]:
        """While this lasts, nothing is noted: something is looked at that is drawn elsewhere."""
        kept = self._counts, self._mistakes
        self._counts, self._mistakes = Counter(), {}
        yield
        self._counts, self._mistakes = kept

    def sentences(self) -> tuple[str, ...]:
        """Return one sentence for each kind, with how often it was met."""
        counted = [f"{what} ({times})" for what, times in sorted(self._counts.items())]
        named = [
            f"line {line}: {what}" + (f" ({times} times)" if times > 1 else "")
            for what, (line, times) in self._mistakes.items()
        ]
        if len(named) > MOST_NAMED:
            named[MOST_NAMED:] = [f"{len(named) - MOST_NAMED} more kinds of mistake"]
        return (*counted, *named)
