"""The certificate: what was measured on the files as written, as data and as a page for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace

from inkdream.media import AREAS
from inkdream.objectives.views import PART
from inkdream.plot.motion import Budget
from inkdream.plot.run_sheet import clock
from inkdream.recipe.tables import OUTPUTS
from inkdream.run.judging import Judgement
from inkdream.run.keeping import KeptArea, KeptFacts


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
    refills: int = 0

    def refilled(self, more: PenUse) -> PenUse:
        """Return what the pen does in all, if it does `more` after another refill."""
        sums = ("strokes", "ink_metres", "travel_metres", "seconds")
        added = {name: getattr(self, name) + getattr(more, name) for name in sums}
        return replace(self, refills=self.refills + 1, **added)


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
        misplaced: by mm, what is left of the score of how the plot will look where each pen's layer
            lies so far off the others; empty for one pen.
        judgements: what networks that took no part see in the file.
        judgements_by_hand: the same after a hand, for areas.
        family: of the settings that the recipe started from, "robust" or "photographs".
        outputs: what the run left; nothing is known of what it did not.
        kept: where something stays as it was, how much.
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
    misplaced: dict[str, float] = field(default_factory=dict)
    judgements: Sequence[Judgement] = ()
    judgements_by_hand: Sequence[Judgement] = ()
    family: str = ""
    outputs: Sequence[str] = OUTPUTS
    kept: KeptFacts | KeptArea | None = None

    def to_json(self) -> str:
        """Return certificate.json; the plot's and a comparison's facts stand beside the others."""
        table = asdict(self)
        table.update(table.pop("plot") or {})
        table.update(table.pop("budget") or {})
        table.update(table.pop("comparison") or {})
        table.update(table.pop("choice") or {})
        table.update(table.pop("kept") or {})
        return json.dumps(table, indent=2) + "\n"

    @property
    def warning(self) -> str:
        """What must be said loudly: random weights, scores that never moved, an empty plot."""
        sentences = []
        if self.random_weights:
            names = ", ".join(self.random_weights)
            sentences.append(
                f"RANDOM WEIGHTS: {names} was never trained, and what it likes means nothing."
            )
        if self.still:
            names = ", ".join(self.still)
            sentences.append(
                f"NO GRADIENT: the score of {names} never moved; what it looks at is "
                "silent, or saturated, on all that was tried, and the drawing says nothing of it."
            )
        if self.plot and not self.plot.strokes:
            why = "what is there is smaller than the pens' lines, left bare, or in no pen's region"
            if self.budget and self.budget.strokes_left_out:
                why = "no stroke can be drawn in the time allowed for plotting"
            sentences.append(f"NOTHING TO PLOT: {why}.")
        return " ".join(sentences)


# What was measured, its value, and what that means.
Row = tuple[str, str, str]


def certificate_page(certificate: Certificate, title: str) -> str:
    """Return certificate.md: the picture, then tables of score, inks, plot and run.

    Pens have the numbers of their layers in drawing.svg and of their slots on sheet.html.

    Args:
        certificate: of a finished run.
        title: what the drawing shows; any text.
    """
    lines = [f"# {title}", ""]
    if certificate.warning:
        lines += [f"**{certificate.warning}**", ""]
    is_shown_plotted = certificate.medium not in AREAS and "previews" in certificate.outputs
    shown = "preview.png" if is_shown_plotted else "drawing.png"
    lines += [f"![drawing]({shown})"]
    lines += _section("Score", [*_score(certificate), *_choice(certificate.choice)])
    lines += _inks(certificate)
    if certificate.plot:
        lines += _section("Plot", [*_plot(certificate, certificate.plot)])
        lines += _pens(certificate.plot)
    lines += _section("Run", [*_run(certificate)])
    return "\n".join([*lines, ""])


def _section(title: str, rows: Sequence[Row]) -> list[str]:
    lines = ["", f"## {title}", "", "| what | measured | what it means |", "|---|---|---|"]
    return [*lines, *(f"| {what} | {value} | {meaning} |" for what, value, meaning in rows)]


def _score(certificate: Certificate) -> Iterator[Row]:
    is_area = certificate.medium in AREAS
    file = "drawing.png, read back," if is_area else "drawing.svg, as resvg draws it,"
    yield (
        "score",
        f"{certificate.score_strict:.4g}",
        f"how well {file} gives what was asked for; higher is better, and one target's score says "
        "nothing beside another's",
    )
    if certificate.parts > 1:
        yield (
            "measured in",
            f"{certificate.parts:,} parts",
            f"scores are means over parts of at most {PART} px a side, which a network sees one by "
            "one: the whole picture is too large for it",
        )
    soft = "soft.png" if "pictures" in certificate.outputs else "the soft picture"
    yield (
        "score while inks could blend",
        f"{certificate.score_soft:.4g}",
        f"the same of {soft}, whose colours are mixtures that no pen draws",
    )
    yield (
        "lost by using exactly the inks",
        f"{certificate.gap:.1%}",
        "the difference of these two, as a share of the second; below 0 it is a gain",
    )
    yield (
        "colours in the file",
        str(certificate.colours_in_file),
        f"counted in {file[:11]}; no more than inks",
    )
    if certificate.specks is not None:
        off = str(certificate.off_palette_pixels)
        yield "pixels in no ink", off, "of drawing.png; 0 in a file that is right"
        few = f"{certificate.specks:.2%}"
        yield "pixels in dots", few, "in regions of under 4 px, which a pen can hardly draw"
    if certificate.comparison:
        yield from _comparison(certificate.comparison)
    yield from _seen_otherwise(certificate)


def _seen_otherwise(certificate: Certificate) -> Iterator[Row]:
    if certificate.robust is not None:
        yield (
            "score when moved, noisy, blurred",
            f"{certificate.robust:.1%}",
            "of the score: the mean of 32 such views; low where exact pixels hold it together",
        )
    if certificate.by_hand is not None:
        meaning = "of the score: after each px took the ink of most px within half a nib of it"
        yield "score when filled by hand", f"{certificate.by_hand:.1%}", meaning
    for shift, share in certificate.misplaced.items():
        what = f"score with pens {shift} mm off"
        yield (
            what,
            f"{share:.1%}",
            "of the score of preview.png: each pen's layer is shifted so far",
        )
    for made_by, judgements in (
        ("", certificate.judgements),
        (", filled by hand", certificate.judgements_by_hand),
    ):
        for each in judgements:
            what = f"judge {_cell(each.target)}{made_by}"
            if each.probability is not None:
                value = f"{each.probability:.1%}, rank {each.rank}"
                yield what, value, "probability of the class for a network that took no part"
            else:
                usual = f"{each.natural_mean:.3g} +- {each.natural_deviation:.2g}"
                meaning = "mean activation, and that of natural pictures (by formula)"
                yield what, f"{each.activation:.3g}; {usual}", meaning


def _comparison(free: Comparison) -> Iterator[Row]:
    yield (
        "score without limit on colours",
        f"{free.score_unconstrained:.4g}",
        "of the same climb in any colours, from as many steps: unconstrained.png",
    )
    if free.retention is not None:
        yield "of which the drawing keeps", f"{free.retention:.1%}", "the score as a share of that"
    if free.score_kmeans is None:
        return
    if free.retention is None:
        score = f"{free.score_kmeans:.4g}"
        yield "score of that in as few colours", score, "chosen by k-means: kmeans.png"
        return
    share = f"{free.score_kmeans / free.score_unconstrained:.1%}"
    meaning = "that picture cut down to as many colours by k-means: kmeans.png"
    yield "of which k-means keeps", share, meaning


def _choice(choice: Picked | None) -> Iterator[Row]:
    if not choice:
        return
    yield "pens picked", _names(choice.picked), "of those given, those that serve the picture best"
    for word, score, pens in (
        ("fewer", choice.score_one_pen_fewer, choice.picked_one_pen_fewer),
        ("more", choice.score_one_pen_more, choice.picked_one_pen_more),
    ):
        if score is not None:
            which = f"from as many steps, with {_names(pens or ())}"
            yield f"score with one pen {word}", f"{score:.4g}", which


def _inks(certificate: Certificate) -> list[str]:
    whole = "picture" if certificate.medium in AREAS else "ink"
    numbers = _numbers(certificate.plot) if certificate.plot else {}
    title = "## Inks, bare paper included" if certificate.medium in AREAS else "## Inks"
    lines = ["", title, "", f"| pen | ink | name | colour | share of the {whole} |"]
    lines.append("|---|---|---|---|---|")
    for ink in certificate.ink_shares:
        given = "given" if ink.fixed else "learned"
        pen = "paper" if ink.is_paper else numbers.get(ink.name, "-")
        cells = [pen, f"`{ink.colour}`", _cell(ink.name), given]
        lines.append(f"| {' | '.join(cells)} | {ink.share:.1%} |")
    return lines


def _plot(certificate: Certificate, plot: PlotFacts) -> Iterator[Row]:
    time = "by a model of its motion; changing pens is not counted"
    yield f"plotting time ({plot.machine})", clock(plot.plot_seconds), time
    yield "strokes", f"{plot.strokes:,}", "lines from pen down to pen up"
    yield "pen changes", str(plot.pen_changes), "one less than pens that draw"
    if refills := sum(pen.refills for pen in plot.pens):
        yield "refills", str(refills), "of pens that have drawn as far as `plot.refill` says"
    yield "ink", f"{plot.ink_metres:.2f} m", "way with the pen down"
    yield "travel", f"{plot.travel_metres:.2f} m", "way with the pen up"
    if certificate.unused_pens:
        yield (
            "pens that draw nothing",
            _names(certificate.unused_pens),
            "they were given, but not needed",
        )
    if certificate.budget:
        yield from _budget(certificate.budget)


def _budget(kept: Budget) -> Iterator[Row]:
    yield "time allowed for plotting", clock(kept.budget_seconds), "--budget"
    left_out = f"{kept.strokes_left_out:,}"
    yield "strokes left out to keep it", left_out, "those that earn least for the time they take"
    yield "plotting time with them", clock(kept.seconds_before_budget), "had none been left out"
    if kept.score_before_budget is not None:
        score = f"{kept.score_before_budget:.4g}"
        yield "score with them", score, "of the plot as it would have looked"
    if kept.score_within_budget is not None:
        yield "score without them", f"{kept.score_within_budget:.4g}", "of the plot as it will look"


def _pens(plot: PlotFacts) -> list[str]:
    numbers = _numbers(plot)
    lines = [
        "",
        "| pen | name | line | strokes | ink | travel | time |",
        "|---|---|---|---|---|---|---|",
    ]
    for pen in plot.pens:
        cells = [numbers.get(pen.pen, "-"), _cell(pen.pen), f"{pen.width_mm:g} mm"]
        cells += [f"{pen.strokes:,}", f"{pen.ink_metres:.2f} m", f"{pen.travel_metres:.2f} m"]
        lines.append(f"| {' | '.join(cells)} | {clock(pen.seconds)} |")
    return lines


def _run(certificate: Certificate) -> Iterator[Row]:
    if certificate.kept:
        yield from certificate.kept.rows()
    yield "steps", str(certificate.steps), "of climbing, those in all colours included"
    yield "time", f"{certificate.seconds:.1f} s", "of climbing, what is only compared with left out"
    yield "settings", certificate.family, "that the recipe started from: its `family`"
    yield "seed", str(certificate.seed), "the same seed and recipe make the same drawing"
    for name, value in certificate.scores.items():
        yield f"term {_cell(name)}", f"{value:.4g}", "its own score, not multiplied by its weight"
    for name, sha256 in certificate.networks.items():
        if sha256:
            yield f"weights of {name}", f"`{sha256}`", "SHA-256 of the file"
    for name, version in certificate.versions.items():
        yield f"version of {name}", version, "another may draw otherwise"


def _numbers(plot: PlotFacts) -> dict[str, str]:
    """Return the number of each pen that draws: of its layers, and of its slots on the sheet."""
    numbers, first = {}, 1
    for pen in plot.pens:
        if pen.strokes:
            last = first + pen.refills
            numbers[pen.pen] = f"{first} to {last}" if pen.refills else str(first)
            first = last + 1
    return numbers


def _names(names: Sequence[str]) -> str:
    return _cell(", ".join(names))


def _cell(text: str) -> str:
    """Return a name that cannot end its table cell."""
    return text.replace("|", "/")
