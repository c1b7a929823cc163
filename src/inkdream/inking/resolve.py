"""What the flags ask for, as pens and a page; and what a source becomes."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from pydantic import ValidationError

import inkdream
from inkdream import colour
from inkdream.errors import InputError, problem_of
from inkdream.formats.base import Format
from inkdream.inking.flags import PlotFlags
from inkdream.page import Page
from inkdream.pens import LEARNED, USUAL_WIDTH, Pen, parse_pens
from inkdream.plot.plot import Plot
from inkdream.recipe import Recipe, title_of
from inkdream.svg.document import Document

USUAL_PAGE = "a5"
USUAL_MARGIN = 10.0
# Of sums of lengths in mm.
NOISE = 1e-6


@dataclass(frozen=True)
class Home:
    """What a source says of itself, where the flags say nothing.

    Attributes:
        name: what it is called, for titles.
        recipe: that it was made from, if it is a run.
    """

    name: str
    recipe: Recipe | None = None

    @property
    def facts(self) -> dict[str, str]:
        """Where it is from, by name; nothing that changes from day to day."""
        facts = {"title": self.name, "source": f"inkdream {inkdream.__version__}"}
        if self.recipe:
            facts["title"] = title_of(self.recipe)
            facts["medium"] = self.recipe.medium
            facts |= {name: str(getattr(self.recipe, name)) for name in ("seed", "steps")}
        return facts


@dataclass(frozen=True, eq=False)
class Inking:
    """A source in pens.

    Attributes:
        plot: on its page, in no particular order.
        notes: what is to be said of it, a sentence each.
        document: that the plot shows in its middle, if it does, at the document's own size.
        factor: mm in the plot for each mm of the document.
        hint: what would help if nothing is left to be drawn.
    """

    plot: Plot
    notes: tuple[str, ...] = ()
    document: Document | None = None
    factor: float = 1.0
    hint: str = ""


def corner(document: Document, factor: float, page: Page) -> tuple[float, float]:
    """Return where the top left corner of a document lies that is enlarged in a page's middle."""
    return (page.width - factor * document.width) / 2, (page.height - factor * document.height) / 2


def paper_of(flags: PlotFlags, home: Home, usual: str = "#ffffff") -> str:
    """Return the paper's colour as '#rrggbb'.

    Raises:
        InputError: if it is none.
    """
    own = home.recipe.paper if home.recipe else usual
    return colour.to_hex(colour.parse(flags.paper or own))


def pens_of(flags: PlotFlags) -> tuple[Pen, ...]:
    """Return the pens that were asked for, those to be learned as '?'; none if nothing was said.

    Raises:
        InputError: if a word is no pen.
    """
    if flags.pens is not None:
        return parse_pens(flags.pens, own=flags.pen_file)
    if flags.learn is not None:
        return parse_pens(",".join([f"{LEARNED}:{USUAL_WIDTH}"] * flags.learn))
    return ()


def page_of(flags: PlotFlags, usual: Page, target: Format) -> Page:
    """Return the sheet that was asked for; where no margin is, with one that the machine reaches.

    Args:
        flags: page and margin.
        usual: what they are if they are not said.
        target: the file that it is for; it may refuse the page.

    Raises:
        InputError: if there is no such page, no room inside its margins, or the machine takes none
            that is so large.
    """
    margin = flags.margin
    try:
        if flags.page is not None:
            usual = Page.of(flags.page, margin=USUAL_MARGIN if margin is None else margin)
        elif margin is not None:
            usual = Page(width=usual.width, height=usual.height, margin=margin)
        bare = target.margin(usual)
        if flags.page is None or margin is not None:
            return usual
        least = ceil(bare - NOISE)
        return Page(width=usual.width, height=usual.height, margin=max(USUAL_MARGIN, least))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = "".join(f"{part}: " for part in first["loc"])
        raise InputError(f"{place}{problem_of(first)}") from error
