"""What a certificate says of what stays as it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from inkdream.drawing.kept import Kept
from inkdream.wording import counted


@dataclass(frozen=True)
class KeptFacts:
    """What of an earlier drawing stays as it is; the plot's own facts are of the new file alone.

    Attributes:
        kept_strokes: of it, all that stay.
        kept_metres: of their ink.
        plotted_strokes: those of them that are on paper already, and not in drawing.svg.
        plotted_metres: of their ink.
    """

    kept_strokes: int
    kept_metres: float
    plotted_strokes: int
    plotted_metres: float

    @classmethod
    def of(cls, kept: Kept) -> KeptFacts:
        """Return the facts of what stays."""
        plotted, stays = (
            [stroke.length() / 1000 for layer in part.layers for stroke in layer.strokes]
            for part in (kept.plotted, kept.stays)
        )
        every = plotted + stays
        return cls(len(every), sum(every), len(plotted), sum(plotted))

    @property
    def words(self) -> str:
        """What is told of it when a run ends."""
        on_paper = f", {self.plotted_strokes:,} of them on paper already"
        strokes = counted(self.kept_strokes, "stroke")
        return f"kept as they were: {strokes}{on_paper if self.plotted_strokes else ''}"

    def rows(self) -> Iterator[tuple[str, str, str]]:
        """Yield what is said of it on the certificate's page: name, value, meaning."""
        said = f"{self.kept_strokes:,}, {self.kept_metres:.2f} m of ink"
        yield "strokes kept", said, "they lie as they were; scores are of them and the new ones"
        if self.plotted_strokes:
            said = f"{self.plotted_strokes:,}, {self.plotted_metres:.2f} m of ink"
            yield (
                "on paper already",
                said,
                "shown in the preview; not in drawing.svg, nor in the plotting time",
            )


@dataclass(frozen=True)
class KeptArea:
    """What of an earlier picture stays as it is.

    Attributes:
        kept_share: of the picture's px, in [0, 1].
    """

    kept_share: float

    @property
    def words(self) -> str:
        """What is told of it when a run ends."""
        return f"kept as it was: {self.kept_share:.1%} of the picture"

    def rows(self) -> Iterator[tuple[str, str, str]]:
        """Yield what is said of it on the certificate's page: name, value, meaning."""
        yield "kept", f"{self.kept_share:.1%}", "of the picture stays px for px as it was"
