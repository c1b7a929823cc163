"""What follows from what a recipe says: settings that fit its network and terms, and its shape.

Functions here take a recipe's table as people wrote it, and return it with more keys; what it says
itself stays, and what is no table where there should be one is left for the fields' own checks.

What is right for a network that was trained against attacks (`robust`, such as loom) gives specks
with one that was trained on photographs, and the other way round. Values of `photographs` were
tuned on several classes of EfficientNet-Lite0 at once, judged by another network; see
docs/benchmarks.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from math import ceil
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from inkdream.errors import InputError
from inkdream.page import USUAL_SIDE, Page
from inkdream.pens import LEARNED, USUAL_WIDTH
from inkdream.pictures import size_of
from inkdream.plot.finish import Finish
from inkdream.recipe.tables import ANY_CHROMA, ClimbRecipe, box_of
from inkdream.recipe.terms import KINDS, Pictured
from inkdream.toml import read_toml

Family = Literal["robust", "photographs"]
Quality = Literal["quick", "good", "best"]
Compose = Literal["figure", "field"]
Manner = Literal["", "rings", "flow", "scribble", "engraving", "hatch", "contour", "long", "short"]

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
# They see far and settle late: large forms come first. Smooth and orderly ones are seen better.
_PHOTOGRAPHS_STROKES: Tables = {
    "strokes": {
        "length": 60.0,
        "reach": 12.0,
        "jerk": 1.0,
        "overlap": 1.0,
        "disorder": 0.3,
    },
    "softness": {"strict_from": 0.7},
    # Many views at once: strokes shake less. And what only this network sees leads them less.
    "climb": {"residual": 0.5},
    "views": {
        "count": 8,
        "size": 224,
        "jitter": 16.0,
        "rotation": 15.0,
        "scale": 1.2,
        "noise": 0.1,
        "blur": 0.8,
    },
}

# Lines that begin drawn, by their `start`, are led on: by smaller steps, in order...
_STARTS: Mapping[str, Tables] = {
    "plan": {
        "strokes": {"length": 36.0, "reach": 6.0, "rate": 0.75, "jerk": 3.0, "disorder": 0.4},
        "softness": {"strict_from": 0.6},
    },
    "sketch": {
        "strokes": {"length": 90.0, "reach": 8.0, "rate": 1.2, "jerk": 3.0, "disorder": 0.4},
        "softness": {"strict_from": 0.6},
    },
}
# ... and by views that hide them less.
_CLEARER: Tables = {"views": {"blur": 0.4}}

_DEFAULTS: Mapping[tuple[str, str], Tables] = {
    ("photographs", "pixels"): _PHOTOGRAPHS,
    ("photographs", "strokes"): _PHOTOGRAPHS_STROKES,
}
# How lines are drawn: settings that go together, by the words of `draw_as`.
_MANNERS: Mapping[str, Tables] = {
    # What is recognised hangs on details of 1 to 2 mm: strokes of many spans, small steps, pens
    # that hardly change, and edges that are sharp and inks that are strict from the first one on:
    # soft ones scramble in three steps what the plan has. The plan takes most of the time.
    "rings": {
        "strokes": {
            "start": "plan",
            "lines": "rings",
            "spans": 128,
            "length": 320.0,
            "reach": 2.0,
            "rate": 0.1,
            "pen_rate": 0.02,
            "jerk": 8.0,
            "prune": 0.0,
        },
        "softness": {"start": 0.1},
        "climb": {"study": 0.8},
    },
    "flow": {"strokes": {"start": "sketch"}},
    "scribble": {"strokes": {"start": "random"}},
    "engraving": {"strokes": {"start": "plan", "lines": "flow"}},
    "hatch": {"strokes": {"start": "plan", "lines": "hatch"}},
    "contour": {"strokes": {"start": "plan", "lines": "contour"}},
    "long": {"strokes": {"start": "sketch", "count": 120, "length": 120.0}},
    "short": {
        "strokes": {"start": "random", "count": 1500, "length": 1.2, "short": 0.0, "spans": 2}
    },
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
# Of lines that no plan is made for, which have twice as many views in each of them.
_STEPS_OF_LINES = 200
# Inks of any colour; and the kinds of terms that have inks follow a picture.
_ANY_INKS: Tables = {"palette": {"apart": 0.0, "chroma": ANY_CHROMA}}
_PICTURED = tuple(kind for kind, table in KINDS.items() if issubclass(table, Pictured))


# What strokes prefer where the recipe says nothing. They must come a long way before they settle:
# edges are blurred, and pens undecided, for half of the steps, and there is no study to trace.
STROKE_DEFAULTS: Tables = {
    "softness": {"strict_from": 0.5, "end": 0.1},
    "climb": {"study": 0.0},
}
# The share of the steps for what strokes start from.
_STUDIES = {"study": ClimbRecipe().study, "plan": 0.5, "sketch": 0.6}

# What strokes prefer where they are only to be like a picture, and the recipe says nothing else:
# long ones, that see far and stay soft for longer. A photo's tones ask for more ink than a neuron
# does, and ink is most of the time that a plotter takes.
LIKE_STROKES: Tables = {
    "strokes": {"length": 60.0, "reach": 5.0, "ink": 0.25, "fade": 0.0},
    "softness": {"strict_from": 0.65},
}
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

# What the keys of strokes were called by 0.1.0, whose Bezier curves had corners.
_EARLIER_KEYS = {"cubics": "spans", "bending": "jerk"}
# The keys that say how large a page is.
_SIZE_KEYS = ("size", "width", "height")
# Kinds of terms that say what is where on the page.
PLACED = tuple(kind for kind, table in KINDS.items() if table.is_placed)
# In an earlier run's folder.
RECIPE = "recipe.toml"


def with_defaults(table: Mapping[str, Any], defaults: Tables) -> dict[str, Any]:
    """Return a table with the keys that its inner tables lack.

    >>> with_defaults({"views": {"count": 2}}, {"views": {"count": 8, "size": 224}})
    {'views': {'count': 2, 'size': 224}}
    """
    filled = dict(table)
    for name, inner in defaults.items():
        given = table.get(name, {})
        if isinstance(given, Mapping):
            filled[name] = {**inner, **given}
    return filled


def fill_in_family(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table with its family, and the settings that follow from family and quality."""
    # Recipes that 0.1.0 filled in whole keep what they had.
    climb = table.get("climb")
    is_whole = isinstance(climb, Mapping) and "leak_until" in climb and "margin" not in climb
    family = table.get("family") or ("robust" if is_whole else family_of(table.get("terms")))
    medium = str(table.get("medium", "pixels"))
    filled = {**table, "family": family}
    is_elsewhere = table.get("tile") or _of(table.get("strokes"), "focus")
    if not is_whole and not is_elsewhere and _are_units(table):
        filled.setdefault("compose", "figure")
    if filled.get("compose") == "figure":
        filled = with_defaults(filled, {"views": _FIGURES.get(str(family), {})})
    if medium == "strokes":
        filled = with_defaults(filled, _MANNERS.get(_usual_manner(table, str(family)), {}))
        start = str(_of(filled.get("strokes"), "start", ""))
        filled = with_defaults(filled, _STARTS.get(start, {}))
        is_led = start in _STARTS and family == "photographs"
        filled = with_defaults(filled, _CLEARER if is_led else {})
    filled = with_defaults(filled, _DEFAULTS.get((str(family), medium), {}))
    filled = _fill_in_steps(filled)
    if is_whole or _follows_a_picture(table):
        filled = with_defaults(filled, _ANY_INKS)
    pixels = filled.get("pixels", {})
    is_areas = family == "photographs" and medium == "pixels"
    if is_areas and isinstance(pixels, Mapping) and not {"detail", "finest"} & pixels.keys():
        filled = with_defaults(filled, {"pixels": _detail(table)})
    return filled


def _fill_in_steps(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table with as many steps as its quality asks for, if it says no number."""
    quality = str(table.get("quality", "good"))
    if quality not in _STEPS:
        return dict(table)
    is_unplanned = table.get("medium") == "strokes" and _of(table.get("strokes"), "start") != "plan"
    is_seen_often = is_unplanned and table["family"] == "photographs"
    usual = _STEPS_OF_LINES if is_seen_often else USUAL_STEPS
    return {"steps": round(usual * _STEPS[quality]), **table}


def _usual_manner(table: Mapping[str, Any], family: str) -> str:
    """Return how lines are drawn where a table does not say it; "" for as is usual in general.

    What a network for photographs wants is planned in areas first, or sketched where no plan can
    be, unless there is something to begin from.
    """
    begins_elsewhere = table.get("origin") or table.get("tile") or table.get("pick")
    if family != "photographs" or begins_elsewhere or _of(table.get("strokes"), "start"):
        return ""
    pens = table.get("pens") or ()
    each = pens if isinstance(pens, list | tuple) else (pens,)
    has_learned = any(LEARNED in str(_of(pen, "colour", pen)) for pen in each)
    has_copies = table.get("symmetry", "none") != "none"
    return "flow" if has_learned or has_copies else "rings"


def fill_in_manner(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table with the settings of the way in which its lines are to be drawn, if any."""
    manner = table.get("draw_as")
    return with_defaults(table, _MANNERS.get(manner, {}) if isinstance(manner, str) else {})


def fill_in_corners(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table whose strokes have corners where it is one of 0.1.0's."""
    strokes = table.get("strokes")
    if not isinstance(strokes, Mapping) or not _EARLIER_KEYS.keys() & strokes.keys():
        return dict(table)
    renamed = {_EARLIER_KEYS.get(key, key): value for key, value in strokes.items()}
    return {**table, "strokes": {"corners": True, "spans": 2, **renamed}}


def fill_in_study(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table for strokes with what they prefer, and time for what they start from."""
    filled = with_defaults(table, STROKE_DEFAULTS)
    strokes, climb = filled.get("strokes"), filled["climb"]
    start = strokes.get("start") if isinstance(strokes, Mapping) else None
    share = _STUDIES.get(start) if isinstance(start, str) else None
    if share and isinstance(climb, Mapping) and not climb.get("study"):
        filled["climb"] = {**climb, "study": share}
    return filled


def fill_in_likeness(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table with what follows where all its terms ask for likeness to pictures.

    What is to become a picture need not be found by chance: its first term's picture is the origin,
    and no study is climbed. A recipe that says an origin keeps it, and `origin = ""` is none.
    Strokes prefer what `LIKE_STROKES` says.
    """
    terms = _terms(table)
    is_all_likeness = all(_of(term, "kind", "neuron") in ("like", "smooth") for term in terms)
    picture = next((_of(term, "picture", "") for term in terms if _is_to_be_seen(term)), None)
    if picture is None or not is_all_likeness:
        return dict(table)
    filled = {"origin": picture, **table}
    return with_defaults(filled, LIKE_STROKES) if table.get("medium") == "strokes" else filled


def fill_in_words(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table with the views that words need, where it has terms of words."""
    has_words = any(_of(term, "kind") == "text" for term in _terms(table))
    return with_defaults(table, {"views": TEXT_VIEWS}) if has_words else dict(table)


def fill_in_margin(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table whose margin has room for its `finish`, if it says no margin."""
    page, finish = table.get("page", {}), table.get("finish")
    if not finish or not isinstance(page, Mapping | str):
        return dict(table)
    page = {"size": page} if isinstance(page, str) else dict(page)
    pens = table.get("pens")
    pens = pens if isinstance(pens, list | tuple) else ()
    nibs = [width for pen in pens if isinstance(width := _of(pen, "width"), int | float)]
    try:
        usual = Page.model_validate({**page, "margin": 0.0})
        room = Finish.model_validate(finish).room(usual, min(nibs, default=USUAL_WIDTH))
    except (ValueError, TypeError):
        return dict(table)
    page.setdefault("margin", max(Page().margin, float(ceil(room))))
    return {**table, "page": page}


def _detail(table: Mapping[str, Any]) -> dict[str, float]:
    """Return the finest detail, in mm, that suits a recipe's page and nib."""
    try:
        page = Page.model_validate(table.get("page", "a5"))
        plot = table.get("plot", {})
        nib = float(plot["nib"]) if "nib" in plot else USUAL_WIDTH
    except (ValueError, TypeError):
        return {}
    left, top, right, bottom = page.inside
    share = min(right - left, bottom - top) * _DETAIL_OF_PAGE
    return {"detail": round(max(_DETAIL_IN_NIBS * nib, share), 2)}


def family_of(terms: Any) -> str:
    """Return the family that fits the networks of terms: `photographs` if any is such a one."""
    names = [name for term in _terms({"terms": terms}) for name in _layers_of(term)]
    networks = {name.split("/", maxsplit=1)[0] for name in names if isinstance(name, str) and name}
    return "photographs" if networks - set(ROBUST) else "robust"


def _terms(table: Mapping[str, Any]) -> Sequence[Any]:
    terms = table.get("terms")
    return terms if isinstance(terms, list | tuple) else ()


def _of(term: Any, key: str, default: Any = None) -> Any:
    """Return what a term, or its table, has for a key."""
    if isinstance(term, Mapping):
        return term.get(key, default)
    return getattr(term, key, default)


def _layers_of(term: Any) -> list[Any]:
    layers = _of(term, "layers")
    return [_of(term, "target"), *(layers if isinstance(layers, list | tuple) else ())]


def _are_units(table: Mapping[str, Any]) -> bool:
    """Return whether all terms are of one unit each, anywhere on the page."""
    terms = _terms(table)
    return bool(terms) and all(
        _of(term, "kind") in (None, "neuron")
        and not _of(term, "where")
        and _UNIT.search(str(_of(term, "target")))
        for term in terms
    )


def _follows_a_picture(table: Mapping[str, Any]) -> bool:
    """Return whether a recipe's inks are to be those of a picture that it names."""
    return bool(table.get("origin")) or any(_of(t, "kind") in _PICTURED for t in _terms(table))


def _is_to_be_seen(term: Any) -> bool:
    """Return whether a term wants a picture all over the page, as it lies."""
    weight = _of(term, "weight", 1.0)
    is_wanted = isinstance(weight, int | float) and weight > 0
    is_limited = _of(term, "turn", 0) or _of(term, "where", "")
    return bool(_of(term, "kind", "") == "like" and is_wanted and not is_limited)


# Shape: a page of which nothing is said lies as the picture does that is to be seen on it, and
# pixels of which no size is said have the shape of what is inside the page's margins.


def with_shape(table: Mapping[str, Any], place: Callable[[str], str]) -> dict[str, Any]:
    """Return a table with the page and the size that follow from what it says.

    Args:
        table: as people wrote it.
        place: where a file that it names is.
    """
    shaped = fill_in_margin(table)
    page = shaped.get("page", {})
    if not isinstance(page, dict):
        return shaped
    has_size = any(key in page for key in _SIZE_KEYS)
    earlier = _earlier(shaped, place)
    if earlier and not has_size:
        page = {**{key: value for key, value in earlier["page"].items() if key != "scale"}, **page}
    sides = None if earlier else _picture(shaped, place)
    if sides and sides[1] > sides[0] and not has_size:
        page = {**page, "size": "a5 landscape"}
    if page:
        shaped["page"] = page
    if shaped.get("medium") == "strokes":
        return shaped
    if earlier and not has_size:
        return {"width": earlier["width"], "height": earlier["height"], **shaped}
    return _sized(shaped, page) if has_size or sides else shaped


def size_on(page: Page) -> tuple[int, int]:
    """Return rows and columns of a drawing in px of which only the page is said."""
    table = _sized({}, page.model_dump())
    return table["height"], table["width"]


def _sized(table: dict[str, Any], page: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table of pixels with the size that is not said: as the page is inside its margins.

    Its longer side has as many px as is usual, if neither is said.
    """
    try:
        left, top, right, bottom = Page.model_validate(page).inside
        shape = (right - left) / (bottom - top)
        width, height = (float(table.get(key, 0)) for key in ("width", "height"))
    except (ValidationError, TypeError, ValueError):
        return table
    if not width and not height:
        width, height = USUAL_SIDE * min(1.0, shape), USUAL_SIDE * min(1.0, 1 / shape)
    # Only where no number is given is one rounded.
    return {
        "width": round(width or height * shape),
        "height": round(height or width / shape),
        **table,
    }


def _picture(table: Mapping[str, Any], place: Callable[[str], str]) -> tuple[int, int] | None:
    """Return rows and columns of the first picture that is to be seen on the page, or its part."""
    box = box_of(str(table.get("crop", "")))
    named = [table.get("origin")]
    for term in _terms(table):
        is_placed = isinstance(term, dict) and term.get("kind") in PLACED
        if is_placed and not term.get("turn") and not term.get("where"):
            named.append(term.get("picture"))
    for name in named:
        if not isinstance(name, str) or not name:
            continue
        try:
            size = size_of(Path(place(name)))
        except (InputError, OSError, ValueError):
            continue  # an SVG, or what is no picture at all
        return (box[3], box[2]) if box else size
    return None


def _earlier(table: Mapping[str, Any], place: Callable[[str], str]) -> dict[str, Any] | None:
    """Return the recipe of the earlier run that a drawing begins from, or keeps, if it does."""
    keep = table.get("keep")
    name = table.get("origin") or (keep.get("from") if isinstance(keep, dict) else None)
    if not isinstance(name, str) or not name:
        return None
    try:
        recipe = read_toml(Path(place(name)) / RECIPE, "a recipe")
        known = {key: recipe[key] for key in ("page", "width", "height")}
    except (InputError, KeyError, OSError, ValueError):
        return None
    return known if isinstance(known["page"], dict) else None


def names_of_inks(inks: Sequence[Any]) -> list[str]:
    """Return the names of pens for inks: their words; '?', '?2', '?3' where they are learned."""
    learned = 0
    names = []
    for ink in inks:
        learned += ink == LEARNED
        is_another = ink == LEARNED and learned > 1
        names.append(f"{LEARNED}{learned}" if is_another else str(ink))
    return names
