"""The certificate: what was measured on the file that was written, not on what was hoped."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from inkdream.plot.sheet import clock
from inkdream.run.budget import Budget


@dataclass(frozen=True)
class InkShare:
    """One ink of the finished picture.

    Attributes:
        colour: '#rrggbb'.
        name: the nearest CSS colour, or the pen's name.
        fixed: whether it was given, not learned.
        share: of the picture's pixels, in [0, 1]; of the metres of ink for strokes.
    """

    colour: str
    name: str
    fixed: bool
    share: float


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

    def to_json(self) -> str:
        """Return certificate.json; the plot's and a comparison's facts stand beside the others."""
        table = asdict(self)
        table.update(table.pop("plot") or {})
        table.update(table.pop("budget") or {})
        table.update(table.pop("comparison") or {})
        table.update(table.pop("choice") or {})
        return json.dumps(table, indent=2) + "\n"

    def to_markdown(self, title: str) -> str:
        """Return certificate.md, for people."""
        rows = [*self._score_rows(), *self._picked_rows(), *self._plot_rows(), *self._run_rows()]
        picture = "preview.png" if self.medium == "strokes" else "drawing.png"
        lines = [f"# {title}", ""]
        if self.warning:
            lines += [f"**{self.warning}**", ""]
        lines += [f"![drawing]({picture})", "", "| what | measured |", "|---|---|"]
        lines += [f"| {what} | {value} |" for what, value in rows]
        whole = "ink" if self.medium == "strokes" else "picture"
        lines += ["", f"| ink | name | given | share of the {whole} |", "|---|---|---|---|"]
        for ink in self.ink_shares:
            given = "yes" if ink.fixed else "learned"
            lines.append(f"| `{ink.colour}` | {_cell(ink.name)} | {given} | {ink.share:.1%} |")
        if self.plot:
            lines += [
                "",
                "| pen | width | strokes | ink | travel | time |",
                "|---|---|---|---|---|---|",
            ]
            lines += [_pen_row(pen) for pen in self.plot.pens]
        return "\n".join([*lines, ""])

    @property
    def warning(self) -> str:
        """What must be said loudly: that weights are random, or the plot empty; "" for nothing."""
        said = []
        if self.random_weights:
            names = ", ".join(self.random_weights)
            said.append(
                f"RANDOM WEIGHTS: {names} was never trained, and what it likes means nothing."
            )
        if self.plot and not self.plot.strokes:
            why = "what is there is smaller than the pens' lines, left bare, or in no pen's region"
            if self.budget and self.budget.strokes_left_out:
                why = "no stroke can be drawn in the time allowed for plotting"
            said.append(f"NOTHING TO PLOT: {why}.")
        return " ".join(said)

    def _score_rows(self) -> list[tuple[str, str]]:
        rows = [
            ("score of the file", f"{self.score_strict:.4g}"),
            ("score while inks blend", f"{self.score_soft:.4g}"),
            ("lost by using exactly the inks", f"{self.gap:.1%}"),
            ("colours in the file", str(self.colours_in_file)),
        ]
        if self.specks is not None:
            rows += [
                ("pixels in no ink", str(self.off_palette_pixels)),
                ("pixels in specks under 4 px", f"{self.specks:.2%}"),
            ]
        return rows + (_comparison_rows(self.comparison) if self.comparison else [])

    def _picked_rows(self) -> list[tuple[str, str]]:
        if not self.choice:
            return []
        made = self.choice
        rows = [("pens picked", _listed(made.picked))]
        if made.score_one_pen_fewer is not None:
            rows.append(("score with one pen fewer", f"{made.score_one_pen_fewer:.4g}"))
            rows.append(("pens picked then", _listed(made.picked_one_pen_fewer or ())))
        if made.score_one_pen_more is not None:
            rows.append(("score with one pen more", f"{made.score_one_pen_more:.4g}"))
            rows.append(("pens picked then", _listed(made.picked_one_pen_more or ())))
        return rows

    def _plot_rows(self) -> list[tuple[str, str]]:
        if not self.plot:
            return []
        rows = [
            (f"plotting time ({self.plot.machine})", clock(self.plot.plot_seconds)),
            ("strokes", f"{self.plot.strokes:,}"),
            ("pen changes", str(self.plot.pen_changes)),
            ("ink", f"{self.plot.ink_metres:.2f} m"),
            ("travel with the pen up", f"{self.plot.travel_metres:.2f} m"),
        ]
        if self.budget:
            rows += [
                ("time allowed for plotting", clock(self.budget.budget_seconds)),
                ("strokes left out to keep it", f"{self.budget.strokes_left_out:,}"),
                ("plotting time with them", clock(self.budget.seconds_before_budget)),
            ]
            if self.budget.score_before_budget is not None:
                rows.append(("score with them", f"{self.budget.score_before_budget:.4g}"))
            if self.budget.score_within_budget is not None:
                rows.append(("score without them", f"{self.budget.score_within_budget:.4g}"))
        return rows

    def _run_rows(self) -> list[tuple[str, str]]:
        rows = [
            ("steps", str(self.steps)),
            ("time", f"{self.seconds:.1f} s"),
            ("seed", str(self.seed)),
        ]
        rows += [(f"term {_cell(name)}", f"{value:.4g}") for name, value in self.scores.items()]
        rows += [
            (f"weights of {name}", f"`{sha256}`")
            for name, sha256 in self.networks.items()
            if sha256
        ]
        return rows + [(f"version of {name}", value) for name, value in self.versions.items()]


def _comparison_rows(free: Comparison) -> list[tuple[str, str]]:
    rows = [("score without limit on colours", f"{free.score_unconstrained:.4g}")]
    if free.retention is not None:
        rows.append(("of which the drawing keeps", f"{free.retention:.1%}"))
    if free.score_kmeans is None:
        return rows
    if free.retention is None:
        return [*rows, ("score of that, quantised by k-means", f"{free.score_kmeans:.4g}")]
    share = free.score_kmeans / free.score_unconstrained
    return [*rows, ("of which k-means keeps", f"{share:.1%}")]


def _pen_row(pen: PenUse) -> str:
    return (
        f"| {_cell(pen.pen)} | {pen.width_mm:g} mm | {pen.strokes:,} | {pen.ink_metres:.2f} m | "
        f"{pen.travel_metres:.2f} m | {clock(pen.seconds)} |"
    )


def _listed(names: Sequence[str]) -> str:
    return _cell(", ".join(names))


def _cell(text: str) -> str:
    """Return a name that cannot end its table cell."""
    return text.replace("|", "/")
