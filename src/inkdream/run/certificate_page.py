"""The certificate as a page for people: every number that was measured, and what it means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from inkdream.objectives.views import PART
from inkdream.plot.motion import Budget
from inkdream.plot.run_sheet import clock
from inkdream.recipe.recipe import AREAS
from inkdream.run.certificate import Certificate, Comparison, Picked, PlotFacts

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
    shown = "drawing.png" if certificate.medium in AREAS else "preview.png"
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


def _score(made: Certificate) -> Iterator[Row]:
    is_area = made.medium in AREAS
    file = "drawing.png, read back," if is_area else "drawing.svg, as resvg draws it,"
    yield (
        "score",
        f"{made.score_strict:.4g}",
        f"how well {file} gives what was asked for; higher is better, and one target's score says "
        "nothing beside another's",
    )
    if made.parts > 1:
        yield (
            "measured in",
            f"{made.parts:,} parts",
            f"scores are means over parts of at most {PART} px a side, which a network sees one by "
            "one: the whole picture is too large for it",
        )
    yield (
        "score while inks could blend",
        f"{made.score_soft:.4g}",
        "the same of soft.png, whose colours are mixtures that no pen draws",
    )
    yield (
        "lost by using exactly the inks",
        f"{made.gap:.1%}",
        "the difference of these two, as a share of the second; below 0 it is a gain",
    )
    yield (
        "colours in the file",
        str(made.colours_in_file),
        f"counted in {file[:11]}; no more than inks",
    )
    if made.specks is not None:
        off = str(made.off_palette_pixels)
        yield "pixels in no ink", off, "of drawing.png; 0 in a file that is right"
        few = f"{made.specks:.2%}"
        yield "pixels in dots", few, "in regions of under 4 px, which a pen can hardly draw"
    if made.comparison:
        yield from _comparison(made.comparison)
    yield from _seen_otherwise(made)


def _seen_otherwise(made: Certificate) -> Iterator[Row]:
    if made.robust is not None:
        yield (
            "score when moved, noisy, blurred",
            f"{made.robust:.1%}",
            "of the score: the mean of 32 such views; low where exact pixels hold it together",
        )
    if made.by_hand is not None:
        meaning = "of the score: after each px took the ink of most px within half a nib of it"
        yield "score when filled by hand", f"{made.by_hand:.1%}", meaning
    for made_by, judgements in (
        ("", made.judgements),
        (", filled by hand", made.judgements_by_hand),
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


def _choice(made: Picked | None) -> Iterator[Row]:
    if not made:
        return
    yield "pens picked", _names(made.picked), "of those given, those that serve the picture best"
    for word, score, pens in (
        ("fewer", made.score_one_pen_fewer, made.picked_one_pen_fewer),
        ("more", made.score_one_pen_more, made.picked_one_pen_more),
    ):
        if score is not None:
            which = f"from as many steps, with {_names(pens or ())}"
            yield f"score with one pen {word}", f"{score:.4g}", which


def _inks(made: Certificate) -> list[str]:
    whole = "picture" if made.medium in AREAS else "ink"
    numbers = _numbers(made.plot) if made.plot else {}
    title = "## Inks, bare paper included" if made.medium in AREAS else "## Inks"
    lines = ["", title, "", f"| pen | ink | name | colour | share of the {whole} |"]
    lines.append("|---|---|---|---|---|")
    for ink in made.ink_shares:
        given = "given" if ink.fixed else "learned"
        pen = "paper" if ink.is_paper else numbers.get(ink.name, "-")
        cells = [pen, f"`{ink.colour}`", _cell(ink.name), given]
        lines.append(f"| {' | '.join(cells)} | {ink.share:.1%} |")
    return lines


def _plot(made: Certificate, plot: PlotFacts) -> Iterator[Row]:
    time = "by a model of its motion; changing pens is not counted"
    yield f"plotting time ({plot.machine})", clock(plot.plot_seconds), time
    yield "strokes", f"{plot.strokes:,}", "lines from pen down to pen up"
    yield "pen changes", str(plot.pen_changes), "one less than pens that draw"
    yield "ink", f"{plot.ink_metres:.2f} m", "way with the pen down"
    yield "travel", f"{plot.travel_metres:.2f} m", "way with the pen up"
    if made.unused_pens:
        yield "pens that draw nothing", _names(made.unused_pens), "they were given, but not needed"
    if made.budget:
        yield from _budget(made.budget)


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


def _run(made: Certificate) -> Iterator[Row]:
    yield "steps", str(made.steps), "of climbing, those in all colours included"
    yield "time", f"{made.seconds:.1f} s", "of climbing, what is only compared with left out"
    yield "settings", made.family, "that the recipe started from: its `family`"
    yield "seed", str(made.seed), "the same seed and recipe make the same drawing"
    for name, value in made.scores.items():
        yield f"term {_cell(name)}", f"{value:.4g}", "its own score, not multiplied by its weight"
    for name, sha256 in made.networks.items():
        if sha256:
            yield f"weights of {name}", f"`{sha256}`", "SHA-256 of the file"
    for name, version in made.versions.items():
        yield f"version of {name}", version, "another may draw otherwise"


def _numbers(plot: PlotFacts) -> dict[str, str]:
    """Return the number of each pen that draws: of its layer, and of its slot on the sheet."""
    drawing = [pen.pen for pen in plot.pens if pen.strokes]
    return {name: str(number) for number, name in enumerate(drawing, 1)}


def _names(names: Sequence[str]) -> str:
    return _cell(", ".join(names))


def _cell(text: str) -> str:
    """Return a name that cannot end its table cell."""
    return text.replace("|", "/")
