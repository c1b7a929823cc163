"""What `inkdream plot` can be told; read without torch, numba and shapely."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from inkdream.errors import InputError, unknown
from inkdream.usage import INKS, OUTPUT, PAGE, PLOTTER, WHOLE, Switch, value

MOST_BRIDGE = 1000
# What only an AxiDraw reads, from the names of an SVG's layers.
_CODES = ("speed", "height", "delay", "pause")


@Parameter(name="*")
@dataclass(frozen=True)
class FinishFlags:
    """What is drawn around a drawing, in the margin, which is as wide as it needs."""

    frame: Annotated[Switch, PAGE] = False
    """Draw a line around the drawing, in the margin."""
    title: Annotated[str | None, PAGE, value("WORDS")] = None
    """Words below the drawing, in letters of a single line: Latin, with accents."""
    align: Annotated[Literal["left", "centre"] | None, PAGE] = None
    """Where the title stands: left or centre. Default left."""
    signature: Annotated[str | None, PAGE, value("NAME")] = None
    """A name below the drawing at the right, in a script."""
    edition: Annotated[str | None, PAGE, value("N/OF")] = None
    """The number of the print, such as 3/20, below the drawing at the left."""
    date: Annotated[str | None, PAGE, value("DATE")] = None
    """A date behind the signature, as it is to be written; today is the day's own."""
    finish_pen: Annotated[str | None, PAGE, value("PEN")] = None
    """Which of the drawing's pens draws frame and words, or another: black:0.3. Default the pen
    that is most unlike the paper, of those fine enough to write."""

    def keys(self) -> dict[str, Any]:
        """Return the keys of a recipe's `finish` that were given.

        Raises:
            InputError: if a flag is given that nothing is drawn for.
        """
        given = {
            each.name.removeprefix("finish_"): value
            for each in fields(self)
            if (value := getattr(self, each.name)) not in (None, False)
        }
        if given.get("date") == "today":
            given["date"] = date.today().isoformat()
        return given


@Parameter(name="*")
@dataclass(frozen=True)
class PlotFlags:
    """What is asked for of a plotter's file; see docs/plotting.md.

    Raises:
        InputError: if two flags exclude each other, or one means nothing.
    """

    to: Annotated[str | None, PLOTTER, value("KIND")] = None
    """The kind of file: svg (AxiDraw, saxi, vpype, Inkscape), hpgl or gcode. Default what the
    machine takes, else svg."""
    machine: Annotated[str | None, PLOTTER, value("NAME")] = None
    """Which plotter: axidraw-v3, nextdraw, saxi and others for svg; hp7475a, hp7440a, hp7550a, dxy
    for hpgl; grbl-servo, grbl-z, marlin-z, marlin-servo, or a file of your own profiles, for gcode.
    Settings that change its times stand behind it: axidraw-v3:accel=50. Default axidraw-v3."""
    per_pen: Annotated[Switch, PLOTTER] = False
    """Write one file a pen."""
    registration: Annotated[Switch, PLOTTER] = False
    """Add small crosses at the margin's corners to every layer, to align pens and sheets by."""
    speed: Annotated[int | None, WHOLE, PLOTTER, value("%")] = None
    """AxiDraw: speed of the lowered pen, 1 to 110 %, for every layer. Default its own."""
    height: Annotated[int | None, WHOLE, PLOTTER, value("%")] = None
    """AxiDraw: height of the lowered pen, 0 to 100 %, for every layer. Default its own."""
    delay: Annotated[int | None, WHOLE, PLOTTER, value("MS")] = None
    """AxiDraw: ms to wait before every layer. Default its own."""
    pause: Annotated[Switch, PLOTTER] = False
    """AxiDraw: stop before every pen but the first."""
    refill: Annotated[str | None, PLOTTER, value("METRES")] = None
    """How far a pen draws before it is filled again: 60m. The plotter stops there, at a lift, and
    the pen is tried in the margin. Default a run's own; else never."""
    plotted: Annotated[str | None, PLOTTER, value("WHAT")] = None
    """What is on the paper already, and is left out: a time by which the plotter stopped (12min,
    1h30m), or layers (black,red or 1-2). The stroke in hand is drawn again. The times are those of
    --machine, or of a run's own, and of the file's order. Default nothing."""
    pens: Annotated[str | None, INKS, value("PENS")] = None
    """The pens that are to draw it: 'black:0.5,stabilo88:40,mine:gold' or a pen file. Colours go to
    the pens that look most like them. Default the drawing's own."""
    pen_file: Annotated[Path | None, INKS, value("FILE")] = None
    """The file of your own pens. Default ~/.config/inkdream/pens.toml."""
    learn: Annotated[int | None, WHOLE, INKS, value("K")] = None
    """Instead of naming pens: K colours, 1 to 64, those that serve the drawing best."""
    paper: Annotated[str | None, INKS, value("COLOUR")] = None
    """The paper's colour, which is left bare. Default the drawing's own, or white."""
    hatch: Annotated[str | None, INKS, value("STYLE")] = None
    """How areas are filled or tones are drawn. Areas of one ink: parallel, cross, concentric,
    spiral. Tones of a picture, or of an SVG's areas: flow, an engraving (contours, and lines along
    the forms, closer where it is darker, crossed where it is darkest); ruled (straight lines,
    closer where it is darker); stipple (dots); single (one line a pen). Default parallel; an SVG's
    areas are filled only if it is asked for, else their outlines are drawn."""
    spacing: Annotated[float | None, INKS, value("MM")] = None
    """mm from line to line of a hatch; of flow and ruled where it is darkest, and lighter tones
    follow. A pen's own stands behind it: black:0.4@/1.2mm. Default so that a pen inks all of it."""
    angle: Annotated[float | None, INKS, value("DEGREES")] = None
    """Of a hatch's lines, anticlockwise from level; of flow from the forms' way. A pen's own stands
    behind it: black:0.4@30 or black:0.4@30/1.2mm. Default another for each pen."""
    dither: Annotated[Switch, INKS] = False
    """Draw a picture's tones as dots of the pens (error diffusion), not as areas of the nearest
    pen."""
    bridge: Annotated[float | None, INKS, value("MM")] = None
    """Draw an SVG's lines through what hides them for up to so many mm. Default the width of one
    line, of which nothing is seen."""
    page: Annotated[str | None, PAGE, value("SIZE")] = None
    """The sheet: a0 to a6, letter and others, 'a4 landscape', or width and height with a unit:
    300x200mm, 8x10in. Default the drawing's own, or a5."""
    margin: Annotated[float | None, PAGE, value("MM")] = None
    """mm along every edge that stay bare, 0 or more. Default the drawing's own, or 10 with
    --page."""
    fit: Annotated[Switch, PAGE] = False
    """Make an SVG, or a run's strokes, as large as the page's margins let it be. Without, a drawing
    keeps its size in mm, and is made smaller only if it must be."""
    finish: FinishFlags = field(default_factory=FinishFlags)
    out: Annotated[Path | None, Parameter(alias="-o"), OUTPUT, value("FILE")] = None
    """The file to write. Default beside the source; in a run's folder plot.svg, plot.hpgl or
    plot.gcode."""
    force: Annotated[Switch, OUTPUT] = False
    """Write over files that are there already."""
    sheet: Annotated[Switch, OUTPUT] = False
    """Also write a page to print: the picture, the pens in order, times, scale (HTML)."""
    report: Annotated[Switch, OUTPUT] = False
    """Write nothing: say what plotters' programs will make of an SVG as it is."""
    json: Annotated[Switch, OUTPUT] = False
    """Print one JSON object on standard output, and notes on standard error."""

    def __post_init__(self) -> None:
        # Not above: help, which asks for no flag, answers at once.
        from inkdream.hatch import STYLES, TONES
        from inkdream.pens.pen import MOST_PENS

        if self.hatch is not None and self.hatch not in (*STYLES, *TONES):
            raise unknown("hatch style", self.hatch, (*STYLES, *TONES))
        if self.dither and self.hatch in TONES:
            raise InputError(f"--dither and --hatch {self.hatch}: both draw tones; take one")
        self._check_ruling()
        self._check_plotted()
        if self.pen_file is not None and self.pens is None:
            raise InputError("--pen-file: which of its pens? --pens mine takes them all")
        self._check_report()
        if self.pens is not None and self.learn is not None:
            raise InputError("--pens and --learn: name your pens, or have some learned, not both")
        if self.bridge is not None and not 0 <= self.bridge <= MOST_BRIDGE:
            raise InputError(f"--bridge {self.bridge:g}: 0 to {MOST_BRIDGE} mm")
        if self.learn is not None and not 1 <= self.learn <= MOST_PENS:
            raise InputError(f"--learn {self.learn}: a drawing takes 1 to {MOST_PENS} pens")

    def _check_ruling(self) -> None:
        """Raise InputError if lines cannot lie as they should, or the hatch has none."""
        from inkdream.hatch.ruling import Ruling

        try:
            Ruling(self.angle, self.spacing)
        except InputError as error:
            raise InputError(f"--{error}") from error
        if self.is_ruled and self.hatch in ("stipple", "single"):
            raise InputError(f"--hatch {self.hatch}: has no lines side by side, at any angle")
        if self.angle is not None and self.hatch in ("concentric", "spiral"):
            raise InputError(f"--angle: --hatch {self.hatch} follows the areas' edges")

    def _check_plotted(self) -> None:
        """Raise InputError for a flag that moves or redraws what is on the paper already."""
        if self.plotted is None:
            return
        names = ("hatch", "spacing", "angle", "dither", "page", "margin", "fit")
        given = [name for name in names if getattr(self, name) not in (None, False)]
        given += list(self.finish.keys())
        if given:
            raise InputError(
                f"--plotted and --{given[0]}: what is left is drawn as the file has it, where it "
                "fits what is on the paper"
            )

    def _check_report(self) -> None:
        """Raise InputError for a flag that changes nothing in a report on an SVG as it is."""
        if not self.report:
            return
        for each in fields(self):
            is_used = each.name in ("report", "json", "machine")
            if not is_used and getattr(self, each.name) not in (None, False, FinishFlags()):
                name = (
                    next(iter(self.finish.keys()), each.name)
                    if each.name == "finish"
                    else each.name
                )
                name = name.replace("_", "-")
                raise InputError(f"--{name}: --report looks at a file as it is, and writes none")

    @property
    def is_ruled(self) -> bool:
        """Whether it is said how lines lie, of all pens or of one."""
        is_own = "@" in (self.pens or "")
        return is_own or self.angle is not None or self.spacing is not None

    @property
    def codes(self) -> tuple[str, ...]:
        """The flags that only an AxiDraw reads, as they were given."""
        return tuple(f"--{name}" for name in _CODES if getattr(self, name) not in (None, False))
