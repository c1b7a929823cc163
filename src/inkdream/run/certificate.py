"""The certificate: what was measured on the file that was written, not on what was hoped."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from inkdream.plot.motion import Budget
from inkdream.run.judging import Judgement


@dataclass(frozen=True)
class InkShare:
    """One ink of the finished picture.

    Attributes:
        colour: '#rrggbb'.
        name: the nearest CSS colour, or the pen's name.
        fixed: whether it was given, not learned.
        share: of the picture's pixels, in [0, 1]; of the metres of ink for strokes.
        is_paper: whether it is the paper, which is left bare; never for strokes.
    """

    colour: str
    name: str
    fixed: bool
    share: float
    is_paper: bool = False


@dataclass(frozen=True)
class Comparison:
    """The same climb without any limit on colours, from equal steps.

    Attributes:
        score_unconstrained: of that picture, in 8-bit colours.
        score_kmeans: of that picture cut down to as many colours as the drawing has; None for
            strokes, whose colours cannot be merged without drawing them again.
        retention: the drawing's strict score over score_unconstrained; None unless that is above
            0: of less there is no share.
    """

    score_unconstrained: float
    score_kmeans: float | None
    retention: float | None

    @classmethod
    def of(cls, score: float, unconstrained: float, kmeans: float | None) -> Comparison:
        """Return the comparison of a drawing's strict score."""
        return cls(unconstrained, kmeans, score / unconstrained if unconstrained > 0 else None)


@dataclass(frozen=True)
class Picked:
    """Which of the pens were picked; the same with one pen fewer and one more, with `--compare`.

    Attributes:
        picked: names of the pens, in plotting order.
        score_one_pen_fewer: what a drawing with one pen fewer scores, strictly, from equal steps;
            None where it was not made.
        picked_one_pen_fewer: the pens that it picked.
        score_one_pen_more: the same with one pen more.
        picked_one_pen_more: the pens that it picked.
    """

    picked: Sequence[str]
    score_one_pen_fewer: float | None
    picked_one_pen_fewer: Sequence[str] | None
    score_one_pen_more: float | None
    picked_one_pen_more: Sequence[str] | None


@dataclass(frozen=True)
class PenUse:
    """What one pen does in drawing.svg.

    Attributes:
        pen: its name, in plotting order.
        colour: '#rrggbb'.
        width_mm: of its line.
        strokes: how many; each is one lift of the pen.
        ink_metres: drawn.
        travel_metres: with the pen up.
        seconds: of plotting.
    """

    pen: str
    colour: str
    width_mm: float
    strokes: int
    ink_metres: float
    travel_metres: float
    seconds: float


@dataclass(frozen=True)
class PlotFacts:
    """What drawing.svg asks of a plotter; measured on the file as read back.

    Attributes:
        machine: for which the time is estimated.
        plot_seconds: by its motion model, changing pens left out.
        strokes: in all.
        lifts: of the pen.
        pen_changes: one less than pens.
        ink_metres: drawn.
        travel_metres: with the pen up.
        pens: each pen's part, in plotting order.
        rendering_difference: mean absolute difference, in linear RGB, between the drawing and the
            file as resvg renders it; None where the file is hatched and shows areas as lines.
    """

    machine: str
    plot_seconds: float
    strokes: int
    lifts: int
    pen_changes: int
    ink_metres: float
    travel_metres: float
    pens: Sequence[PenUse]
    rendering_difference: float | None


@dataclass(frozen=True)
class Certificate:
    """What a run gave.

    Attributes:
        medium: "pixels" or "strokes".
        score_strict: the objective, whole, unmoved: for pixels on drawing.png as read back from
            disk, for strokes on drawing.svg as resvg renders it.
        score_soft: the same on the soft picture, in which inks still blend (soft.png).
        gap: (soft - strict) / |soft|: how much is lost by using exactly the inks. Negative where
            the strict picture is better.
        scores: each term's part of score_strict, unweighted.
        inks: of the drawing, '#rrggbb', darkest first, for strokes in plotting order.
        ink_shares: the same, in the same order, with what is known of each.
        colours_in_file: different colours in the file as read back.
        off_palette_pixels: pixels of drawing.png, or strokes of drawing.svg, in none of the inks.
        specks: share of pixels in regions under 4 px (4-connected); None for strokes.
        seconds: of climbing, the comparison left out.
        steps: taken, all of them, the study in colour too.
        seed: of the recipe.
        versions: of what could change a drawing.
        plot: what drawing.svg asks of a plotter.
        budget: where there was one, what keeping it cost.
        comparison: with `--compare`.
        choice: with `--pick`, the pens.
        networks: the sha256 of each network's weights file, by name; "" for those that ship with
            inkdream.
        random_weights: the networks that nobody trained; what they like means nothing.
        unused_pens: the pens that were given, and with `--pick` picked, but draw nothing.
        parts: of the picture in which scores are measured; each is their mean. 1 where the network
            saw it whole; a unit's is always that of the part around its place.
        still: the terms whose score never moved: nothing said how to make it better.
        robust: the mean score of 32 moved, noisy and blurred views over the score of the file; None
            where that is not above 0.
        by_hand: for areas, the score after each px has taken the ink of most of what lies within
            half a nib of it, as when a hand fills the areas, over the score of the file; None as
            for `robust`, and for strokes.
        judgements: what networks that took no part see in the file.
        judgements_by_hand: the same after a hand, for areas.
        family: of the settings that the recipe started from, "robust" or "photographs".
    """

    medium: str
    score_strict: float
    score_soft: float
    gap: float
    scores: dict[str, float]
    inks: Sequence[str]
    ink_shares: Sequence[InkShare]
    colours_in_file: int
    off_palette_pixels: int
    specks: float | None
    seconds: float
    steps: int
    seed: int
    versions: dict[str, str]
    plot: PlotFacts | None = None
    budget: Budget | None = None
    comparison: Comparison | None = None
    choice: Picked | None = None
    networks: dict[str, str] = field(default_factory=dict)
    random_weights: Sequence[str] = ()
    unused_pens: Sequence[str] = ()
    parts: int = 1
    still: Sequence[str] = ()
    robust: float | None = None
    by_hand: float | None = None
    judgements: Sequence[Judgement] = ()
    judgements_by_hand: Sequence[Judgement] = ()
    family: str = ""

    def to_json(self) -> str:
        """Return certificate.json; the plot's and a comparison's facts stand beside the others."""
        table = asdict(self)
        table.update(table.pop("plot") or {})
        table.update(table.pop("budget") or {})
        table.update(table.pop("comparison") or {})
        table.update(table.pop("choice") or {})
        return json.dumps(table, indent=2) + "\n"

    @property
    def warning(self) -> str:
        """What must be said loudly: random weights, scores that never moved, an empty plot."""
        said = []
        if self.random_weights:
            names = ", ".join(self.random_weights)
            said.append(
                f"RANDOM WEIGHTS: {names} was never trained, and what it likes means nothing."
            )
        if self.still:
            names = ", ".join(self.still)
            said.append(
                f"NO GRADIENT: the score of {names} never moved; what it looks at is "
                "silent, or saturated, on all that was tried, and the drawing says nothing of it."
            )
        if self.plot and not self.plot.strokes:
            why = "what is there is smaller than the pens' lines, left bare, or in no pen's region"
            if self.budget and self.budget.strokes_left_out:
                why = "no stroke can be drawn in the time allowed for plotting"
            said.append(f"NOTHING TO PLOT: {why}.")
        return " ".join(said)
