"""Pens and a page from the flags; and the result of inking a source."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from pydantic import ValidationError

import inkdream
from inkdream import colour
from inkdream.errors import InputError, first_place, first_problem
from inkdream.formats.base import Format
from inkdream.hatch.ruling import Ruling, Rulings
from inkdream.inking.flags import PlotFlags
from inkdream.inking.rulings import parse_ruled
from inkdream.page import Page
from inkdream.pens import LEARNED, USUAL_WIDTH, Pen, parse_pens
from inkdream.plot.finish import Box, Finish
from inkdream.plot.plot import Plot
from inkdream.recipe import PlotRecipe, Recipe, title_of
from inkdream.recipe.carry import carried_text
from inkdream.svg.document import Document

USUAL_PAGE = "a5"
USUAL_MARGIN = 10.0
NO_FINISH = Finish()
# Of sums of lengths in mm.
NOISE = 1e-6


@dataclass(frozen=True)
class Home:
    """Facts of a source, defaults of the flags.

    Attributes:
        name: for titles.
        recipe: of a run.
    """

    name: str
    recipe: Recipe | None = None

    @property
    def facts(self) -> dict[str, str]:
        """Its provenance, by name, without dates."""
        facts = {"title": self.name, "source": f"inkdream {inkdream.__version__}"}
        if self.recipe:
            facts["title"] = title_of(self.recipe)
            facts["medium"] = self.recipe.medium
            facts |= {name: str(getattr(self.recipe, name)) for name in ("seed", "steps")}
            facts["recipe"] = carried_text(self.recipe)
        return facts


@dataclass(frozen=True, eq=False)
class Inking:
    """A source in pens.

    Attributes:
        plot: on its page, unordered.
        notes: a sentence each.
        document: that the plot shows in its middle, if any, at the document's own size.
        factor: mm in the plot for each mm of the document.
        hint: what would help if nothing is left to be drawn.
        finish: what is to be drawn around it.
        box: mm that it fills on its page; None for all inside the margin.
    """

    plot: Plot
    notes: tuple[str, ...] = ()
    document: Document | None = None
    factor: float = 1.0
    hint: str = ""
    finish: Finish = NO_FINISH
    box: Box | None = None


def corner(document: Document, factor: float, page: Page) -> tuple[float, float]:
    """Return the top left corner of a document that is enlarged in a page's middle."""
    return (page.width - factor * document.width) / 2, (page.height - factor * document.height) / 2


def paper_of(flags: PlotFlags, home: Home, usual: str = "#ffffff") -> str:
    """Return the paper's colour as '#rrggbb'.

    Raises:
        InputError: if it is none.
    """
    own = home.recipe.paper if home.recipe else usual
    return colour.to_hex(colour.parse(flags.paper or own))


def pens_of(flags: PlotFlags) -> tuple[Pen, ...]:
    """Return the pens asked for, those to be learned as '?'; none if none are asked for.

    Raises:
        InputError: if a word is no pen.
    """
    if flags.pens is not None:
        return parse_ruled(flags.pens, flags.pen_file)[0]
    if flags.learn is not None:
        return parse_pens(",".join([f"{LEARNED}:{USUAL_WIDTH}"] * flags.learn))
    return ()


def rulings_of(flags: PlotFlags) -> Rulings:
    """Return how pens' lines lie, by their names, as far as the flags say something of it.

    Raises:
        InputError: if what stands behind a pen says no such thing.
    """
    usual = Ruling(flags.angle, flags.spacing)
    own = parse_ruled(flags.pens, flags.pen_file)[1] if flags.pens is not None else {}
    return lambda name: own.get(name, Ruling()).over(usual)


def finish_of(flags: PlotFlags, home: Home) -> Finish:
    """Return what is to be drawn around a drawing: a run's own, but for what the flags say.

    Raises:
        InputError: if a flag is for something of which nothing is drawn, or takes no such value.
    """
    own = home.recipe.finish if home.recipe else NO_FINISH
    given = flags.finish.keys()
    try:
        finish = Finish.model_validate({**own.model_dump(), **given})
    except ValidationError as error:
        flag = _flag_of(first_place(error).partition(".")[0])
        raise InputError(f"{flag}: {first_problem(error)}") from error
    if given and not finish:
        raise InputError(f"{_flag_of(next(iter(given)))}: of what? --frame or --title is drawn")
    return finish


def refill_of(flags: PlotFlags, home: Home) -> float:
    """Return the metres that a pen draws before it is filled again; 0 for never.

    Raises:
        InputError: if the flag is no such length.
    """
    own = home.recipe.plot.refill if home.recipe else 0.0
    if flags.refill is None:
        return own
    try:
        return PlotRecipe.model_validate({"refill": flags.refill}).refill
    except ValidationError as error:
        raise InputError(f"--refill: {first_problem(error)}") from error


def _flag_of(key: str) -> str:
    """Return the flag of a key of `Finish`."""
    return "--finish-pen" if key == "pen" else f"--{key}"


def page_of(flags: PlotFlags, usual: Page, target: Format, finish: Finish = NO_FINISH) -> Page:
    """Return the page asked for, by default with a margin that the machine reaches.

    Args:
        flags: page and margin.
        usual: the default page.
        target: the format; it may refuse the page.
        finish: what is to lie in the margin.
        finish: what is to lie in the margin.

    Raises:
        InputError: if there is no such page, no room inside its margins, or it is too large for the
            machine.
    """
    margin = flags.margin
    nib = min((pen.width for pen in pens_of(flags)), default=USUAL_WIDTH)
    try:
        if flags.page is not None:
            usual = Page.of(flags.page, margin=USUAL_MARGIN if margin is None else margin)
        elif margin is not None:
            usual = Page(width=usual.width, height=usual.height, margin=margin)
        bare = target.margin(usual)
        room = finish.room(usual, nib, bare)
        if margin is not None or (flags.page is None and usual.margin >= room):
            return usual
        least = max(USUAL_MARGIN, ceil(max(bare, room) - NOISE))
        return Page(width=usual.width, height=usual.height, margin=least)
    except ValidationError as error:
        place = first_place(error)
        named = f"{place}: " if place else ""
        raise InputError(f"{named}{first_problem(error)}") from error
