"""What follows for a recipe from terms of likeness to a picture, where it has no others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What strokes prefer where they are only to be like a picture, and the recipe says nothing else:
# long ones, that see far and stay soft for longer. A photo's tones ask for more ink than a neuron
# does, and ink is most of the time that a plotter takes.
LIKE_STROKES: Mapping[str, Mapping[str, Any]] = {
    "strokes": {"cubics": 3, "length": 60.0, "reach": 5.0, "ink": 0.25},
    "softness": {"strict_from": 0.65},
}


def fill_in_likeness(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return a recipe's table with what follows where it is only to be like a picture.

    What is to become a picture need not be found by chance: its first term's picture is the origin,
    and no study is climbed. A recipe that says an origin keeps it, and `origin = ""` is none.
    Strokes prefer what `LIKE_STROKES` says. What is no table where there should be one is left for
    others to refuse.
    """
    terms = said.get("terms")
    if not isinstance(terms, list | tuple) or not terms:
        return dict(said)
    if any(_get(term, "kind", "neuron") not in ("like", "smooth") for term in terms):
        return dict(said)
    meant = next((term for term in terms if _is_to_be_seen(term)), None)
    if meant is None:
        return dict(said)
    made = {"origin": _get(meant, "picture", ""), **said}
    if said.get("medium") == "strokes":
        for table, defaults in LIKE_STROKES.items():
            given = said.get(table, {})
            if isinstance(given, Mapping):
                made[table] = {**defaults, **given}
    return made


def _is_to_be_seen(term: Any) -> bool:
    """Return whether a term wants a picture all over the page, as it lies."""
    weight = _get(term, "weight", 1.0)
    wanted = isinstance(weight, int | float) and weight > 0
    limited = _get(term, "turn", 0) or _get(term, "where", "")
    return bool(_get(term, "kind", "") == "like" and wanted and not limited)


def _get(term: Any, key: str, default: Any) -> Any:
    if isinstance(term, Mapping):
        return term.get(key, default)
    return getattr(term, key, default)
