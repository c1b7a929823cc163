"""The certificate: what was measured on the file that was written, not on what was hoped."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class InkShare:
    """One ink of the finished picture.

    Attributes:
        colour: '#rrggbb'.
        name: the nearest CSS colour.
        fixed: whether it was given, not learned.
        share: of the picture's pixels, in [0, 1].
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
        score_kmeans: of that picture cut down to as many colours as the drawing has.
        retention: the drawing's strict score over score_unconstrained.
    """

    score_unconstrained: float
    score_kmeans: float
    retention: float


@dataclass(frozen=True)
class Certificate:
    """What a run gave.

    Attributes:
        score_strict: the objective, on drawing.png as read back from disk, whole, unmoved.
        score_soft: the same on the soft picture, in which inks still blend (soft.png).
        gap: 1 - strict / soft; how much is lost by using exactly the inks. Negative where
            the strict picture is better.
        scores: each term's part of score_strict, unweighted.
        inks: of drawing.png, '#rrggbb', darkest first.
        ink_shares: the same, in the same order, with what is known of each.
        colours_in_file: different colours in drawing.png as read back.
        off_palette_pixels: pixels of drawing.png that are none of the inks.
        specks: share of pixels in regions under 4 px (4-connected).
        seconds: of climbing, the comparison left out.
        steps: taken, all of them, the study in colour too.
        seed: of the recipe.
        versions: of what could change a drawing.
        comparison: with `--compare`.
    """

    score_strict: float
    score_soft: float
    gap: float
    scores: dict[str, float]
    inks: Sequence[str]
    ink_shares: Sequence[InkShare]
    colours_in_file: int
    off_palette_pixels: int
    specks: float
    seconds: float
    steps: int
    seed: int
    versions: dict[str, str]
    comparison: Comparison | None = None

    def to_json(self) -> str:
        """Return certificate.json; a comparison's numbers stand beside the others."""
        table = asdict(self)
        table.update(table.pop("comparison") or {})
        return json.dumps(table, indent=2) + "\n"

    def to_markdown(self, title: str) -> str:
        """Return certificate.md, for people."""
        rows = [
            ("score of the file", f"{self.score_strict:.4g}"),
            ("score while inks blend", f"{self.score_soft:.4g}"),
            ("lost by using exactly the inks", f"{self.gap:.1%}"),
            ("colours in the file", str(self.colours_in_file)),
            ("pixels in no ink", str(self.off_palette_pixels)),
            ("pixels in specks under 4 px", f"{self.specks:.2%}"),
            ("steps", str(self.steps)),
            ("time", f"{self.seconds:.1f} s"),
            ("seed", str(self.seed)),
        ]
        if self.comparison:
            rows += [
                ("score without limit on colours", f"{self.comparison.score_unconstrained:.4g}"),
                ("of which the drawing keeps", f"{self.comparison.retention:.1%}"),
                ("of which k-means keeps", _share(self.comparison)),
            ]
        rows += [(f"term {name}", f"{value:.4g}") for name, value in self.scores.items()]
        rows += [(f"version of {name}", value) for name, value in self.versions.items()]
        lines = [
            f"# {title}",
            "",
            "![drawing](drawing.png)",
            "",
            "| what | measured |",
            "|---|---|",
        ]
        lines += [f"| {what} | {value} |" for what, value in rows]
        lines += ["", "| ink | name | given | share of the picture |", "|---|---|---|---|"]
        for ink in self.ink_shares:
            given = "yes" if ink.fixed else "learned"
            lines.append(f"| `{ink.colour}` | {ink.name} | {given} | {ink.share:.1%} |")
        return "\n".join([*lines, ""])


def _share(comparison: Comparison) -> str:
    if comparison.score_unconstrained == 0:
        return "-"
    return f"{comparison.score_kmeans / comparison.score_unconstrained:.1%}"
