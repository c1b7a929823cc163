"""Whether scores move: one that stays exactly what it was has no gradient to climb."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from inkdream.objectives import Term

# From so many scores on it can be said that a term does not move.
_FEWEST = 2
# The tails of GELU, SiLU, Mish and Hardswish are silent, too, but not quite: they fall, by no more
# than this, before they rise. Uphill is then where they are more silent still.
_DIP = -0.375


class ScoreHistory:
    """What the scores of a climb did so far."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._count = 0
        self._first: dict[str, float] = {}
        self._last: dict[str, float] = {}
        self._moved: set[str] = set()

    def note(self, scores: Mapping[str, float]) -> None:
        """Take note of the scores of a step, by the names of terms."""
        if not self._count:
            self._first = dict(scores)
        self._last = dict(scores)
        self._moved |= {name for name, score in scores.items() if score != self._first[name]}
        self._count += 1

    def asleep(self, terms: Sequence[Term]) -> bool:
        """Return whether a term that could be better is, after the last step, where it began."""
        return self._count >= _FEWEST and any(self._sleeps(term) for term in terms)

    def still(self, terms: Sequence[Term]) -> list[str]:
        """Return the names of terms that could be better and never moved."""
        return [
            term.name
            for term in terms
            if self._count >= _FEWEST and term.name not in self._moved and self._can_rise(term)
        ]

    def state_dict(self) -> dict[str, Any]:
        """Return all that changes."""
        return {
            "count": self._count,
            "first": self._first,
            "last": self._last,
            "moved": sorted(self._moved),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up where another one stopped."""
        self._count = int(state["count"])
        self._first, self._last = dict(state["first"]), dict(state["last"])
        self._moved = set(state["moved"])

    def _sleeps(self, term: Term) -> bool:
        first, last = self._first[term.name], self._last[term.name]
        is_in_dip = term.degree > 0 and term.weight > 0 and _DIP <= first <= 0 and _DIP <= last <= 0
        return (last == first or is_in_dip) and self._can_rise(term)

    def _can_rise(self, term: Term) -> bool:
        """Return whether there is a better score: what is avoided, and is 0, is avoided."""
        return term.weight > 0 or self._first[term.name] > 0
