"""What makes a plot a print: a frame, and a line below it with title, edition, signature, date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from inkdream.errors import InputError, shorten
from inkdream.page import Page
from inkdream.pens import Pen, parse_pens
from inkdream.pens.pen import lightness
from inkdream.plot.letters import Font, write_words
from inkdream.plot.plot import Layer, Plot, Stroke

# Capitals are so high: a share of the page's height, in mm at least, and in nibs, so that the
# lines of an e are two nibs apart.
_OF_PAGE, LEAST_LETTER, IN_NIBS = 1 / 60, 2.2, 7.0
# In capitals: from the drawing to the frame, from there to a word's top, from the drawing to it
# where there is no frame, below the line for tails, and from there to the sheet's edge.
_TO_FRAME, _FRAME_TO_WORDS, _TO_WORDS, _TAIL, _BARE = 0.75, 1.0, 1.4, 0.6, 1.0
# Between two words of the line.
_APART = 1.5

# Left, top, right and bottom, in mm.
Box = tuple[float, float, float, float]


class Finish(BaseModel):
    """What is drawn around a drawing, in its page's margin; nothing by default.

    >>> import inkdream as ink
    >>> recipe = ink.Recipe(page=ink.Page.of("a5", margin=15), finish={"title": "Waves"})
    >>> recipe.finish.title
    'Waves'

    Attributes:
        frame: whether a line is drawn around the drawing.
        title: stands below it.
        signature: stands below it at the right, in a script.
        edition: such as '3/20'; stands at the left.
        date: stands behind the signature.
        pen: name of one of the drawing's pens, or another pen. By default the drawing's pen that
            is most unlike the paper, of those that are fine enough for letters.
        align: where the title stands.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    frame: bool = Field(False, description="draw a line around the drawing")
    title: str = Field("", max_length=200, description="words below the drawing")
    signature: str = Field("", max_length=80, description="a name at the right, in a script")
    edition: str = Field("", max_length=40, description="number of the print: `3/20`")
    date: str = Field("", max_length=40, description="stands behind the signature")
    pen: str = Field(
        "", max_length=80, description="which pen draws all this, or another: `black:0.3`"
    )
    align: Literal["left", "centre"] = Field("left", description="where the title stands")

    def __bool__(self) -> bool:
        return self.frame or self.has_words

    @property
    def has_words(self) -> bool:
        """Whether anything is written."""
        return any((self.title, self.signature, self.edition, self.date))

    def room(self, page: Page, nib: float, bare: float = 0.0) -> float:
        """Return the least margin of a page, in mm, that has room for all this.

        Args:
            page: whose height says how large letters are.
            nib: mm that the pen draws.
            bare: mm along the page's edges where nothing can be drawn.
        """
        if not self:
            return 0.0
        letter = _letter(page, nib)
        edge = max(_BARE * letter, bare + nib)
        return self._depth(letter) + edge

    def _depth(self, letter: float) -> float:
        """Return how far below the drawing it reaches, in mm."""
        words = (_FRAME_TO_WORDS if self.frame else _TO_WORDS) + 1 + _TAIL
        return letter * (_TO_FRAME * self.frame + words * self.has_words)

    def check(
        self, page: Page, box: Box, nib: float, pens: Mapping[str, Pen], bare: float = 0.0
    ) -> None:
        """Raise InputError if it cannot be drawn so: for lack of room, of a letter, of a pen.

        Args:
            page: with its margin.
            box: what the drawing fills.
            nib: mm that the pen draws, if `pen` does not say.
            pens: the drawing's, by name.
            bare: mm along the page's edges where nothing can be drawn.
        """
        if self.pen:
            nib = (pens.get(self.pen) or parse_pens(self.pen, most=1)[0]).width
        room = self.room(page, nib, bare)
        if page.margin < room:
            least = np.ceil(room)
            what = " and ".join(["a frame"] * self.frame + ["words"] * self.has_words)
            take = "takes" if what == "a frame" else "take"
            raise InputError(
                f"{what} {take} a margin of {least:g} mm on this page; it is {page.margin:g} mm"
            )
        list(_marks(self, page, box, nib, max(LEAST_LETTER, IN_NIBS * nib)))


def finished(plot: Plot, finish: Finish, box: Box | None = None) -> Plot:
    """Return the plot with its frame and words, drawn last by their pen.

    All of it lies in the margin. Letters are a 60th of the page's height, 2.2 mm at least; smaller
    than usual where their line would be longer than the drawing is wide.

    Args:
        plot: its page's margin has room for it, see `Finish.room`.
        finish: what to add; an empty one adds nothing.
        box: what the drawing fills; by default all inside the margin.

    Raises:
        InputError: if there is no such pen, or words are too long or cannot be written.
    """
    if not finish:
        return plot
    pen = _pen(plot, finish)
    marks = marks_of(finish, plot.page, box or plot.page.inside, pen.width)
    layers = [
        replace(layer, strokes=layer.strokes + marks) if layer.pen is pen else layer
        for layer in plot.layers
    ]
    if all(layer.pen is not pen for layer in layers):
        layers.append(Layer(pen, marks))
    return replace(plot, layers=tuple(layers))


def marks_of(finish: Finish, page: Page, box: Box, nib: float) -> tuple[Stroke, ...]:
    """Return the frame and the words around a box, as a pen draws them that is `nib` mm wide.

    Raises:
        InputError: if words are too long or cannot be written.
    """
    return tuple(_marks(finish, page, box, nib, LEAST_LETTER)) if finish else ()


def _pen(plot: Plot, finish: Finish) -> Pen:
    """Return the pen that draws it: one of the plot's, if it is named there."""
    pens = [layer.pen for layer in plot.layers if layer.strokes]
    if finish.pen or not pens:
        named = [pen for pen in pens if pen.name == finish.pen]
        return (named or list(parse_pens(finish.pen or "black", most=1)))[0]
    ground, most = lightness(plot.paper), _letter(plot.page, 0.0) / IN_NIBS
    fine = [pen for pen in pens if pen.width <= most]
    finest = min(pen.width for pen in pens)
    fine = fine or [pen for pen in pens if pen.width == finest]
    return max(fine, key=lambda pen: abs(lightness(pen.colour) - ground))


def _letter(page: Page, nib: float) -> float:
    return max(page.height * _OF_PAGE, LEAST_LETTER, IN_NIBS * nib)


def _marks(finish: Finish, page: Page, box: Box, nib: float, least: float) -> Iterator[Stroke]:
    """Yield the words and the frame around a box."""
    letter = _letter(page, nib)
    room = finish.room(page, nib)
    # A pen that is wider than was thought of writes smaller, not off the page.
    letter *= min(1.0, max(page.margin, box[0]) / room)
    gap = finish.frame * _TO_FRAME * letter
    left, top, right, bottom = box[0] - gap, box[1] - gap, box[2] + gap, box[3] + gap
    drop = (_FRAME_TO_WORDS if finish.frame else _TO_WORDS) * letter
    if finish.has_words:
        for strokes, x, size in _line(finish, left, right, letter, least):
            corner = np.array([x, bottom + drop + size])
            yield from (Stroke(size * each.points + corner, each.curved) for each in strokes)
    if finish.frame:
        corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
        yield Stroke(np.array(corners))


def _line(
    finish: Finish, left: float, right: float, letter: float, least: float
) -> Iterator[tuple[tuple[Stroke, ...], float, float]]:
    """Yield the strokes of each of its words, 1 high, with x of where they begin and their height.

    Raises:
        InputError: if they are longer than there is room, in the least letters.
    """
    fonts: list[tuple[str, Font]] = [
        (finish.edition, "roman"),
        (finish.title, "roman"),
        (finish.signature, "script"),
        (finish.date, "roman"),
    ]
    edition, title, signature, date = (write_words(*pair) for pair in fonts)
    widths = [width for _, width in (edition, title, signature, date) if width]
    whole = sum(widths) + _APART * (len(widths) - 1)
    size = min(letter, (right - left) / whole)
    if size < least:
        words = shorten(" ".join(word for word, _ in fonts if word))
        raise InputError(
            f"{words!r} is {whole * least:.0f} mm long in letters of {least:.3g} mm, and the "
            f"drawing {right - left:.0f} mm wide; use fewer words"
        )
    apart = _APART * size
    begin = left + (edition[1] * size + apart if edition[1] else 0.0)
    end = right
    for strokes, width in (date, signature):
        if width:
            yield strokes, end - width * size, size
            end -= width * size + apart
    if finish.align == "centre":
        begin = min(max(begin, (left + right - title[1] * size) / 2), end - title[1] * size)
    if edition[1]:
        yield edition[0], left, size
    if title[1]:
        yield title[0], begin, size
