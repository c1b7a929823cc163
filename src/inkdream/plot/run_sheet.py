"""The run sheet: one self-contained HTML page to print and pin beside the plotter.

It shows the drawing, which pen goes into which slot and when, how long it takes and how large it
is. Swatches and the scale bar are drawn as SVG: browsers do not print background colours.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import accumulate

from inkdream import colour
from inkdream.errors import shorten
from inkdream.page import SIZES, Page
from inkdream.pens import Pen
from inkdream.pens.pen import seen_inks
from inkdream.plot.motion import Estimate, Times
from inkdream.plot.plot import Plot
from inkdream.wording import counted

# A4, in mm: what can be written on, and what all but picture and pens takes of its height.
WIDTH, HEIGHT = 180.0, 267.0
AROUND = 66.0
# A longer title takes a second line, of such a height.
ONE_LINE, SECOND_LINE = 45, 9.0
# Up to so many pens stand in rows of such a height, in mm; more stand in two columns.
ROWS = ((10, 7.0), (20, 5.2))
COMPACT = 4.3
LONGEST_TITLE = 90
NO_STOP = "no pen change"
LONGEST_FACT = 160
LONGEST_FACTS = 700

_STYLE = """
@page { size: A4 portrait; margin: 0 }
* { box-sizing: border-box }
html { background: #fff }
body { margin: 0 auto; width: 210mm; height: 297mm; padding: 15mm; position: relative;
  overflow: hidden; background: #fff; color: #1a1a1a;
  font: 9.5pt/1.35 "Helvetica Neue", Helvetica, Arial, "Liberation Sans", sans-serif }
h1 { margin: 0; font: 400 21pt/1.15 Georgia, "Times New Roman", "Liberation Serif", serif }
.lead { margin: 1.5mm 0 0; padding-bottom: 3mm; border-bottom: .3mm solid #1a1a1a;
  color: #444; font-size: 10pt }
.lead b { color: #1a1a1a; font-weight: 600 }
figure { margin: 6mm 0 5mm; text-align: center }
img { display: block; margin: 0 auto; border: .2mm solid #aaa }
figcaption { margin-top: 2mm; color: #666; font-size: 8pt }
svg { vertical-align: middle }
.columns { display: flex; justify-content: space-between }
table { width: 100%; border-collapse: collapse; table-layout: fixed }
.two table { width: 86mm; font-size: 7.5pt }
th { padding: 0 1mm 1mm; border-bottom: .15mm solid #999; color: #666; font-weight: 400;
  font-size: 7.5pt; text-align: left }
td { padding: 0 1mm; border-bottom: .1mm solid #ddd; white-space: nowrap; overflow: hidden;
  text-overflow: ellipsis }
.n { text-align: right; font-variant-numeric: tabular-nums }
.slot { width: 9mm; font: 400 12pt Georgia, "Liberation Serif", serif }
.two .slot { width: 7mm; font-size: 9pt }
footer { position: absolute; left: 15mm; right: 15mm; bottom: 11mm; max-height: 18mm;
  overflow: hidden; padding-top: 2mm; border-top: .15mm solid #999; color: #666;
  font-size: 7.5pt; overflow-wrap: anywhere }
"""


@dataclass(frozen=True)
class _Row:
    """A layer: its slot, its pen, that one's ink on the paper, times, and when it is put in."""

    slot: int
    title: str
    pen: Pen
    ink: str
    times: Times
    begins: float


def sheet_html(
    plot: Plot,
    estimate: Estimate,
    preview_png: bytes,
    provenance: Mapping[str, str],
    title: str,
    is_timed: bool = True,
) -> str:
    """Return the run sheet as HTML of one A4 page; the same text for the same plot.

    Args:
        plot: what is drawn, in plotting order.
        estimate: of that plot, layer by layer.
        preview_png: its picture.
        provenance: facts by name; 'title' and 'pen 1' ... are left out, as they are shown above.
        title: any text.
        is_timed: whether times are shown.
    """
    rows = _rows(plot, estimate)
    height = dict(ROWS).get(next((most for most, _ in ROWS if len(rows) <= most), 0), COMPACT)
    is_two = height == COMPACT
    around = AROUND + (SECOND_LINE if len(title) > ONE_LINE else 0.0)
    table = height * (-(-len(rows) // 2) if is_two else len(rows))
    halves = [rows[: -(-len(rows) // 2)], rows[-(-len(rows) // 2) :]] if is_two else [rows]
    tables = "".join(_table(half, plot.paper, height, is_two, is_timed) for half in halves)
    head = escape(shorten(title, LONGEST_TITLE))
    parts = [
        "<!DOCTYPE html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{head}</title>',
        f"<style>{_STYLE}td {{ height: {height:g}mm }}\n</style></head><body>",
        f"<header><h1>{head}</h1>{_lead(plot, estimate, rows, is_timed)}</header>",
        _figure(plot.page, preview_png, HEIGHT - around - table),
        f'<div class="columns{" two" if is_two else ""}">{tables}</div>',
        _footer({**provenance, "title": ""}, stops_words(plot), is_timed),
        "</body></html>",
    ]
    return "\n".join([*parts, ""])


def clock(seconds: float) -> str:
    """Return a duration as text: '42 s', '7 min 5 s', '2 h 3 min'."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def page_words(page: Page) -> str:
    """Return a page's size as text: 'a5, 148 x 210 mm'."""
    sides = sorted((page.width, page.height))
    named = (
        name
        for name, size in SIZES.items()
        if max(abs(side - own) for side, own in zip(sides, sorted(size), strict=True)) < 0.01
    )
    name = next(named, "")
    turned = " landscape" if name and page.width > page.height else ""
    size = f"{page.width:.4g} × {page.height:.4g} mm"
    return f"{name}{turned}, {size}" if name else size


def _rows(plot: Plot, estimate: Estimate) -> list[_Row]:
    """Return the layers that are drawn, in plotting order, from slot 1."""
    drawn = [
        (layer, part.times)
        for layer, part in zip(plot.layers, estimate.layers, strict=True)
        if layer.strokes
    ]
    begins = accumulate((times.seconds for _, times in drawn), initial=0.0)
    seen = colour.to_bytes(seen_inks([layer.pen for layer, _ in drawn], plot.paper))
    inks = [colour.to_hex(ink) for ink in seen.tolist()]
    return [
        _Row(slot, layer.title, layer.pen, ink, times, begun)
        for slot, ((layer, times), ink, begun) in enumerate(
            zip(drawn, inks, begins, strict=False), 1
        )
    ]


def _lead(plot: Plot, estimate: Estimate, rows: Sequence[_Row], is_timed: bool) -> str:
    """Return the line of totals."""
    metres = sum(row.times.ink for row in rows) / 1000
    words = [f"<b>{escape(page_words(plot.page))}</b>"]
    if is_timed:
        words.append(f"<b>{clock(estimate.seconds)}</b> on {escape(estimate.machine)}")
    else:
        words.append(f"for {escape(estimate.machine)}")
    words.append(counted(len(rows) - plot.refills, "pen"))
    words += [counted(plot.refills, "refill")] if plot.refills else []
    words += [f"{metres:,.1f} m of ink", counted(estimate.lifts, "stroke")]
    return f'<p class="lead">{" · ".join(words)}</p>'


def _figure(page: Page, png: bytes, most: float) -> str:
    """Return the picture, at most `most` mm high, and a scale bar."""
    factor = min(WIDTH / page.width, most / page.height, 1.0)
    width, height = page.width * factor, page.height * factor
    data = base64.b64encode(png).decode("ascii")
    shown = "at its size" if factor == 1 else f"at {factor:.0%} of its size"
    return (
        f'<figure><img src="data:image/png;base64,{data}" alt="what the plot will look like" '
        f'style="width:{width:.2f}mm;height:{height:.2f}mm">'
        f"<figcaption>{_bar(page, factor)} &nbsp; shown {shown}</figcaption></figure>"
    )


def _bar(page: Page, factor: float) -> str:
    """Return a scale bar: the longest round length of at most half the page's width."""
    lengths = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)
    length = max((each for each in lengths if each <= page.width / 2), default=1)
    long = length * factor
    return (
        f'<svg width="{long + 0.4:.2f}mm" height="2.4mm" viewBox="-0.2 0 {long + 0.4:.2f} 2.4">'
        f'<path d="M0 0V2.4M0 1.2H{long:.2f}M{long:.2f} 0V2.4" fill="none" stroke="#1a1a1a" '
        f'stroke-width="0.25"/></svg> &nbsp;{length} mm'
    )


def _table(rows: Sequence[_Row], paper: str, height: float, is_two: bool, is_timed: bool) -> str:
    """Return a table of pens."""
    heads = [("", "slot", 0), ("pen", "", 0), ("line mm", "n", 13 if is_two else 19)]
    heads.append(("strokes", "n", 14 if is_two else 18))
    if not is_two:
        heads.append(("ink m", "n", 18))
    if is_timed:
        heads.append(("time", "n", 18 if is_two else 24))
        heads += [] if is_two else [("put in after", "n", 24)]
    cells = "".join(_head(*head) for head in heads)
    body = "".join(_line(row, paper, height, is_two, is_timed) for row in rows)
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>"


def _head(word: str, kind: str, wide: float) -> str:
    style = f' style="width:{wide}mm"' if wide else ""
    return f'<th class="{kind}"{style}>{word}</th>'


def _line(row: _Row, paper: str, height: float, is_two: bool, is_timed: bool) -> str:
    name = escape(shorten(row.title, 20 if is_two else 34))
    values = [
        f'<td class="slot">{row.slot}</td>',
        f"<td>{_swatch(row, paper, min(height - 1.4, 4.6))} &nbsp;{name}</td>",
        f'<td class="n">{row.pen.width:.3g}</td>',
        f'<td class="n">{row.times.strokes:,}</td>',
    ]
    if not is_two:
        values.append(f'<td class="n">{row.times.ink / 1000:.2f}</td>')
    if is_timed:
        values.append(f'<td class="n">{clock(row.times.seconds)}</td>')
        if not is_two:
            when = clock(row.begins) if row.begins else "start"
            values.append(f'<td class="n">{when}</td>')
    return f"<tr>{''.join(values)}</tr>"


def _swatch(row: _Row, paper: str, high: float) -> str:
    """Return the ink on its paper, as an area and as a line of the pen's own width."""
    ground, wide = colour.to_hex(colour.parse(paper)), 2.6 * high
    line = min(row.pen.width, high)
    return (
        f'<svg width="{wide:.2f}mm" height="{high:.2f}mm" viewBox="0 0 {wide:.2f} {high:.2f}">'
        f'<rect width="{wide:.2f}" height="{high:.2f}" fill="{ground}" stroke="#bbb" '
        f'stroke-width="0.1"/><rect width="{wide / 2:.2f}" height="{high:.2f}" '
        f'fill="{row.ink}"/><path d="M{wide / 2:.2f} {high / 2:.2f}H{wide - 0.6:.2f}" '
        f'stroke="{row.ink}" stroke-width="{line:.3g}"/></svg>'
    )


def stops_words(plot: Plot) -> str:
    """Return how often somebody is needed at the plotter: '2 pen changes, 1 refill'."""
    layers = sum(bool(layer.strokes) for layer in plot.layers)
    changes = layers - plot.refills - 1
    words = counted(changes, "pen change") if changes > 0 else NO_STOP
    return ", ".join([words, *([counted(plot.refills, "refill")] if plot.refills else [])])


def _footer(provenance: Mapping[str, str], stops: str, is_timed: bool) -> str:
    uncounted = ", for which no time is counted" if is_timed and stops != NO_STOP else ""
    facts = " · ".join(_facts(provenance))
    return f"<footer>{stops}{uncounted}.<br>{escape(shorten(facts, LONGEST_FACTS))}</footer>"


def _facts(provenance: Mapping[str, str]) -> Iterator[str]:
    """Yield where the drawing is from."""
    for name, text in provenance.items():
        if text and name != "recipe" and not name.startswith("pen "):
            yield f"{shorten(name, 40)}: {shorten(text, LONGEST_FACT)}"
