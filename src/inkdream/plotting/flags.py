"""What `inkdream plot` can be told; read without torch, numba and shapely."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from inkdream.errors import InputError, unknown

# What only an AxiDraw reads, from the names of an SVG's layers.
_CODES = ("speed", "height", "delay", "pause")
Switch = Annotated[bool, Parameter(negative=())]


@Parameter(name="*")
@dataclass(frozen=True)
class PlotFlags:
    """What is wanted of a plotter's file; see docs/plotting.md.

    Raises:
        InputError: if two wishes exclude each other, or one means nothing.
    """

    to: str | None = None
    """The kind of file: svg (AxiDraw, saxi, vpype, Inkscape), hpgl or gcode; by default what the
    machine takes, else svg."""
    machine: str | None = None
    """Which plotter: axidraw-v3, nextdraw, saxi ... for svg; hp7475a, hp7440a, hp7550a, dxy for
    hpgl; grbl-servo, grbl-z, marlin-z, marlin-servo, or a file of your own profiles, for gcode."""
    pens: str | None = None
    """The pens that are to draw it: 'black:0.5,stabilo88:40,mine:gold' or a pen file. Colours go to
    the pens that look most like them."""
    pen_file: Path | None = None
    """A file of your own pens, instead of ~/.config/inkdream/pens.toml."""
    learn: int | None = None
    """Instead of naming pens: so many colours, those that serve the drawing best."""
    paper: str | None = None
    """The paper's colour, which is left bare; by default the drawing's own, or white."""
    page: str | None = None
    """The sheet: a5, 'a4 landscape', letter, 300x200mm ...; by default the drawing's own, or a5."""
    margin: float | None = None
    """mm along every edge that stay bare; by default the drawing's own, or 10 with --page."""
    fit: Switch = False
    """Make an SVG, or a run's strokes, as large as the page's margins let it be. Without, a drawing
    keeps its size in mm, and is made smaller only if it must be."""
    hatch: str | None = None
    """How areas are filled: parallel (the default), cross, concentric or spiral."""
    dither: Switch = False
    """Draw a picture's tones as dots of the pens (error diffusion), not as areas of the nearest
    pen."""
    speed: int | None = None
    """AxiDraw: speed of the lowered pen, 1 to 110 %, for every layer."""
    height: int | None = None
    """AxiDraw: height of the lowered pen, 0 to 100 %, for every layer."""
    delay: int | None = None
    """AxiDraw: ms to wait after the pen is lowered, for every layer."""
    pause: Switch = False
    """AxiDraw: stop before every pen but the first."""
    per_pen: Switch = False
    """Write one file a pen."""
    registration: Switch = False
    """Add small crosses at the margin's corners to every layer, to align pens and sheets by."""
    sheet: Switch = False
    """Also write a page to print: the picture, the pens in order, times, scale (HTML)."""
    out: Path | None = None
    """The file to write; by default beside the source, in a run's folder plot.svg, .hpgl or
    .gcode."""
    force: Switch = False
    """Write over files that are there already."""
    report: Switch = False
    """Write nothing: say what plotters' programs will make of an SVG as it is."""
    json: Switch = False
    """Print one JSON object on standard output, and notes on standard error."""

    def __post_init__(self) -> None:
        # Not above: help, which asks for no flag, answers at once.
        from inkdream.pens.pen import MOST_PENS
        from inkdream.plot.hatching.styles import STYLES

        if self.hatch is not None and self.hatch not in STYLES:
            raise unknown("hatch style", self.hatch, STYLES)
        if self.pens is not None and self.learn is not None:
            raise InputError("--pens and --learn: name your pens, or have some learned, not both")
        if self.learn is not None and not 1 <= self.learn <= MOST_PENS:
            raise InputError(f"--learn {self.learn}: a drawing takes 1 to {MOST_PENS} pens")

    @property
    def codes(self) -> tuple[str, ...]:
        """The flags that only an AxiDraw reads, as they were given."""
        return tuple(f"--{name}" for name in _CODES if getattr(self, name) not in (None, False))
