"""What a run is called: the name of its folder, and the title of its sheet.

Both say what was asked for beyond the defaults, so that two runs of one neuron can be told apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

from inkdream import colour
from inkdream.errors import shorten
from inkdream.page import SIZES, Page
from inkdream.pens.pen import LEARNED, WHITE
from inkdream.recipe.defaults import size_on
from inkdream.recipe.recipe import Recipe
from inkdream.recipe.terms import Neuron, Pictured, Targeted, TermRecipe, Unlike

# Letters of a folder's name, with room for the number of a run that is made again.
LONGEST = 60
_ROOM_FOR_NUMBER = 4
_LONGEST_FIRST, _LONGEST_PART = 30, 20
# So many pens are named in a folder's name; more are counted.
_NAMED_PENS = 3
# Within this many mm, a page has one of the named sizes.
_NEAR = 0.05


def folder_name(recipe: Recipe) -> str:
    """Return a name for a run's folder: at most 56 of letters, digits, '_', '.' and '-'.

    What does not fit is left out, from the least telling on; the seed always stands at the end.
    """
    usual = Recipe(medium=recipe.medium)
    which = f"seed{recipe.seed}" + (f"-v{recipe.variation}" if recipe.variations > 1 else "")
    terms = asked_terms(recipe)
    ends = [*_medium(recipe, usual), which]
    room = LONGEST - _ROOM_FOR_NUMBER - len("-".join(["", *ends]))
    first = _named(terms[0], min(_LONGEST_FIRST, room)) or "x"
    left = room - len(first)
    # The other terms stand behind the first, all else before the seed.
    others: list[str] = []
    extras: list[str] = []
    other_terms = (_named(term, _LONGEST_PART) for term in terms[1:])
    rest = (_letters(word, _LONGEST_PART) for word in _extras(recipe, usual))
    for places, words in ((others, other_terms), (extras, rest)):
        for word in words:
            if word and len(word) + 1 <= left:
                places.append(word)
                left -= len(word) + 1
    return "-".join([first, *others, *ends[:-1], *extras, which])


def title_of(recipe: Recipe) -> str:
    """Return what a drawing shows, in words: for the sheet, and for the file's own title."""
    words = [_long(term) for term in asked_terms(recipe)]
    if recipe.symmetry != "none":
        words.append(f"symmetry {recipe.symmetry}")
    if recipe.origin:
        words.append(f"from {PurePath(recipe.origin).name}")
    if recipe.variations > 1:
        words.append(f"variation {recipe.variation} of {recipe.variations}")
    return ", ".join(words)


def asked_terms(recipe: Recipe) -> tuple[TermRecipe, ...]:
    """Return the terms that were asked for: all but the one that a series of variations adds."""
    added = recipe.variation > 1 and recipe.terms[-1].kind == "unlike"
    return recipe.terms[:-1] if added else recipe.terms


def page_name(page: Page) -> str:
    """Return a page in a few letters: 'a4-landscape', '300x200mm'."""
    sides = sorted((page.width, page.height))
    for name, size in SIZES.items():
        if all(abs(one - other) < _NEAR for one, other in zip(sides, sorted(size), strict=True)):
            return f"{name}-landscape" if page.width > page.height else name
    return f"{page.width:.4g}x{page.height:.4g}mm"


def _named(term: TermRecipe, most: int) -> str:
    """Return a term for a folder's name; of a long target what is left out is its beginning.

    The channel stands at its end, and tells two drawings of one network apart.
    """
    words = _letters(_short(term), 1000)
    if len(words) <= most or not isinstance(term, Targeted):
        return words[:most].strip("-.")
    end = words[-most:]
    # From the start of a part on, unless the one part is all there is.
    whole = end if words[-most - 1] == "-" else end.partition("-")[2]
    return (whole if len(whole) >= most // 3 else end).strip("-.")


def _short(term: TermRecipe) -> str:
    """Return a term for a folder's name: 'loom/conv4_1/17', 'style wave', 'no loom/class/fish'."""
    what = term.target if isinstance(term, Neuron | Unlike) else term.name
    if isinstance(term, Pictured):
        what = f"{term.kind} {PurePath(term.picture).stem}"
    turned = f" turned {term.turn}" if term.turn else ""
    return ("no " if term.weight < 0 else "") + what + turned


def _long(term: TermRecipe) -> str:
    """Return a term for a title: 'loom/conv4_1/17', 'style of wave.jpg:3'."""
    what = term.name
    if isinstance(term, Pictured):
        link = "" if term.kind == "like" else "of "
        what = what.replace(f"{term.kind} ", f"{term.kind} {link}", 1)
    return shorten(f"{what}:{term.weight:g}" if term.weight != 1 else what, 80)


def _medium(recipe: Recipe, usual: Recipe) -> list[str]:
    """Return what it is drawn with: '400strokes', '2of5pens'."""
    strokes = [f"{recipe.strokes.count}strokes"] if recipe.medium == "strokes" else []
    if recipe.pick:
        return [*strokes, f"{recipe.pick}of{len(recipe.pens)}pens"]
    has_names = all(pen.colour != LEARNED for pen in recipe.pens)
    if has_names and recipe.pens != usual.pens and 0 < len(recipe.pens) <= _NAMED_PENS:
        named = _letters(" ".join(pen.name for pen in recipe.pens), LONGEST)
        if len(named) <= _LONGEST_PART:
            return [*strokes, named]
    if recipe.pens:
        return [*strokes, f"{len(recipe.pens)}pens"]
    return [f"{len(recipe.inks)}inks"]


def _extras(recipe: Recipe, usual: Recipe) -> Iterator[str]:
    """Yield what else differs from the defaults, the most telling first."""
    if recipe.symmetry != usual.symmetry:
        yield recipe.symmetry
    if recipe.origin:
        yield f"from {PurePath(recipe.origin).stem}"
    is_page_told = page_name(recipe.page) != page_name(usual.page)
    if is_page_told:
        yield page_name(recipe.page)
    follows = is_page_told and recipe.size == size_on(recipe.page)
    if recipe.size != usual.size and recipe.has_areas and not follows:
        yield f"{recipe.width}x{recipe.height}px"
    if recipe.paper != WHITE:
        yield f"{colour.name_of(colour.parse(recipe.paper))} paper"
    if recipe.bare:
        yield f"bare {PurePath(recipe.bare).stem}"
    if recipe.tile:
        yield f"tile{recipe.tile}"
    if recipe.plot.budget:
        yield f"{recipe.plot.budget / 60:.4g}min"
    if recipe.steps != usual.steps:
        yield f"{recipe.steps}steps"


def _letters(words: str, most: int) -> str:
    """Return words as they can stand in the name of a folder on any system."""
    return re.sub(r"[^A-Za-z0-9_.]+", "-", words)[:most].strip("-.")
