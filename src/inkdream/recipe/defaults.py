"""Settings that fit a network, and how much time a drawing may take: what a recipe starts from.

What is right for a network that was trained against attacks (`robust`, such as loom) gives specks
with one that was trained on photographs, and the other way round. Values of `photographs` were
tuned on several classes of EfficientNet-Lite0 at once, judged by another network; see
docs/benchmarks.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from inkdream.page import Page
from inkdream.pens import USUAL_WIDTH
from inkdream.recipe.tables import ANY_CHROMA
from inkdream.recipe.terms import KINDS, Pictured

Family = Literal["robust", "photographs"]
Quality = Literal["quick", "good", "best"]
Compose = Literal["figure", "field"]

# Networks whose family is known; others are taken to have been trained on photographs.
ROBUST = ("loom",)

Tables = Mapping[str, Mapping[str, Any]]

_PHOTOGRAPHS: Tables = {
    # Far and near, turned and mirrored: what is seen from everywhere is a thing, not a pattern.
    # A little noise and blur: what survives them survives a pen. Slow waves: calm ground.
    "views": {
        "count": 4,
        "size": 224,
        "jitter": 32.0,
        "rotation": 20.0,
        "scale": 1.5,
        "flip": True,
        "noise": 0.1,
        "blur": 1.0,
    },
    "pixels": {"decay": 1.25, "tidiness": 1.0},
}
# Strokes have their own: a strong blur hides lines, and few of them make one thing, seen whole.
_PHOTOGRAPHS_STROKES: Tables = {
    "views": {
        "count": 4,
        "size": 224,
        "jitter": 16.0,
        "rotation": 15.0,
        "scale": 1.2,
        "noise": 0.1,
        "blur": 0.8,
    },
}

_DEFAULTS: Mapping[tuple[str, str], Tables] = {
    ("photographs", "pixels"): _PHOTOGRAPHS,
    ("photographs", "strokes"): _PHOTOGRAPHS_STROKES,
}
# A figure is seen whole in each view, and beyond the page there is more of the ground.
_FIGURES: Mapping[str, Mapping[str, Any]] = {
    "robust": {"padding": "edge"},
    "photographs": {"padding": "edge", "jitter": 16.0, "scale": 1.2},
}
# What stands behind a channel in the target of one unit.
_UNIT = re.compile(r"/(centre|center|[\d.]+\s*,\s*[\d.]+)\s*$")
# The finest thing that areas show: so many nibs, and no less than this share of the paper that is
# drawn on, since on larger sheets the network sees no more than on small ones.
_DETAIL_IN_NIBS, _DETAIL_OF_PAGE = 3.3, 1 / 97
# Factors of the steps.
_STEPS = {"quick": 0.4, "good": 1.0, "best": 3.0}
USUAL_STEPS = 300
# Inks that are as they may be, and the kinds of terms that have inks follow a picture.
_ANY_INKS = {"apart": 0.0, "chroma": ANY_CHROMA}
_PICTURED = tuple(kind for kind, table in KINDS.items() if issubclass(table, Pictured))


def fill_in_family(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return a recipe's table with its family, and the settings that follow from it.

    What the table says itself stays. What is no table where there should be one is left for others
    to refuse.
    """
    # Recipes that 0.1.0 filled in whole keep what they had.
    climb = said.get("climb")
    is_whole = isinstance(climb, Mapping) and "leak_until" in climb and "margin" not in climb
    usual = "robust" if is_whole else family_of(said.get("terms"))
    family = said.get("family") or usual
    made = {**said, "family": family}
    quality = said.get("quality", "good")
    if quality in _STEPS:
        made.setdefault("steps", round(USUAL_STEPS * _STEPS[quality]))
    if not is_whole and not said.get("tile") and _are_units(said.get("terms")):
        made.setdefault("compose", "figure")
    fits = (family, str(said.get("medium", "pixels")))
    is_figure = made.get("compose") == "figure" and family in _FIGURES
    figure = {"views": _FIGURES[family]} if is_figure else {}
    # What is said first wins.
    for tables in (figure, _DEFAULTS.get(fits, {})):
        for table, defaults in tables.items():
            given = made.get(table, {})
            if isinstance(given, Mapping):
                made[table] = {**defaults, **given}
    palette = made.get("palette", {})
    if isinstance(palette, Mapping) and (is_whole or _follows_a_picture(made)):
        made["palette"] = {**_ANY_INKS, **palette}
    pixels = made.get("pixels", {})
    is_areas = family == "photographs" and said.get("medium", "pixels") == "pixels"
    if is_areas and isinstance(pixels, Mapping) and not {"detail", "finest"} & pixels.keys():
        made["pixels"] = {**pixels, **_detail(said)}
    return made


def _detail(said: Mapping[str, Any]) -> dict[str, float]:
    """Return the finest detail, in mm, that suits a recipe's page and nib."""
    try:
        page = Page.model_validate(said.get("page", "a5"))
        plot = said.get("plot", {})
        nib = float(plot["nib"]) if "nib" in plot else USUAL_WIDTH
    except (ValueError, TypeError):
        return {}  # the fields' own checks say what is wrong
    left, top, right, bottom = page.inside
    share = min(right - left, bottom - top) * _DETAIL_OF_PAGE
    return {"detail": round(max(_DETAIL_IN_NIBS * nib, share), 2)}


# What the table of strokes was called by 0.1.0, whose Bezier curves had corners.
_EARLIER = {"cubics": "spans", "bending": "jerk"}


def fill_in_corners(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return a recipe's table whose strokes have corners where it is one of 0.1.0's.

    What is no table where there should be one is left for others to refuse.
    """
    strokes = said.get("strokes")
    if not isinstance(strokes, Mapping) or not _EARLIER.keys() & strokes.keys():
        return dict(said)
    named = {_EARLIER.get(key, key): value for key, value in strokes.items()}
    return {**said, "strokes": {"corners": True, "spans": 2, **named}}


def family_of(terms: Any) -> str:
    """Return the family that fits the networks of terms: `photographs` if any is such a one."""
    if not isinstance(terms, list | tuple):
        return "robust"
    words = [word for term in terms for word in _names(term)]
    networks = {word.split("/", maxsplit=1)[0] for word in words if isinstance(word, str) and word}
    return "photographs" if networks - set(ROBUST) else "robust"


def _are_units(terms: Any) -> bool:
    """Return whether all terms are of one unit each, anywhere on the page."""
    if not isinstance(terms, list | tuple):
        return False
    return bool(terms) and all(
        _of(term, "kind") in (None, "neuron")
        and not _of(term, "where")
        and _UNIT.search(str(_of(term, "target")))
        for term in terms
    )


def _follows_a_picture(said: Mapping[str, Any]) -> bool:
    """Return whether a recipe's inks are to be those of a picture that it names."""
    terms = said.get("terms")
    terms = terms if isinstance(terms, list | tuple) else ()
    return bool(said.get("origin")) or any(_of(term, "kind") in _PICTURED for term in terms)


def _names(term: Any) -> list[Any]:
    return [_of(term, "target"), *(_of(term, "layers") or ())]


def _of(term: Any, key: str) -> Any:
    """Return what a term, or its table, has for a key; None for nothing."""
    return term.get(key) if isinstance(term, Mapping) else getattr(term, key, None)


# What strokes prefer where they are only to be like a picture, and the recipe says nothing else:
# long ones, that see far and stay soft for longer. A photo's tones ask for more ink than a neuron
# does, and ink is most of the time that a plotter takes.
LIKE_STROKES: Mapping[str, Mapping[str, Any]] = {
    "strokes": {"length": 60.0, "reach": 5.0, "ink": 0.25},
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


# How pictures are looked at where words describe them, and the recipe says nothing else. A network
# for words is easily fooled by single views (Frans et al., "CLIPDraw", 2021); most such networks
# take pictures of 224 px, so that these views need no resizing.
TEXT_VIEWS: Mapping[str, Any] = {
    "count": 8,
    "size": 224,
    "jitter": 16,
    "scale": 1.3,
    "rotation": 10,
    "flip": False,
}


def fill_in_words(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return a recipe's table with the views that words need, where it has terms of words.

    What is no table where there should be one is left for others to refuse.
    """
    terms, views = said.get("terms"), said.get("views", {})
    has_words = isinstance(terms, list | tuple) and any(map(_is_text, terms))
    if not has_words or not isinstance(views, Mapping):
        return dict(said)
    return {**said, "views": {**TEXT_VIEWS, **views}}


def _is_text(term: Any) -> bool:
    kind = term.get("kind") if isinstance(term, Mapping) else getattr(term, "kind", None)
    return bool(kind == "text")
