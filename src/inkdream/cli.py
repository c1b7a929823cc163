"""The command line: words in, runs out. It formats and reports; others do the work.

Torch is imported by the commands that need it, so that help and mistakes answer at once.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, CycloptsError, Parameter
from rich.console import Console

from inkdream import __version__
from inkdream.errors import InkdreamError, InputError, shorten
from inkdream.plotting.flags import PlotFlags

if TYPE_CHECKING:
    from inkdream.recipe import Recipe

USAGE_ERROR = 2
INTERRUPTED = 130
MOST_CHARACTERS = 800

app = App(
    name="inkdream",
    help=(
        "Draw what neural networks dream, in the inks you own.\n\n"
        "Try: inkdream draw --neuron loom/conv4_1/17 --inks 4"
    ),
    version=__version__,
)


@Parameter(name="*")
@dataclass(frozen=True)
class DrawFlags:
    """The settings that have a flag of their own; all others go by --set or in a recipe."""

    neuron: Annotated[list[str] | None, Parameter(negative=())] = None
    """What to excite: network/layer/channel, network/layer/channel/centre (one unit),
    network/layer (all of it, DeepDream), network/class/name. Several may be given;
    'TARGET:0.5' gives a weight."""
    medium: Literal["pixels", "strokes"] | None = None
    """Areas of ink (pixels, the default) or lines of it (strokes)."""
    inks: str | None = None
    """How many inks to learn (2 to 64), or the inks themselves: '#1b1b1b,crimson,white'.
    A '?' among them is an ink to be learned: '#ffffff,?,?'."""
    pens: str | None = None
    """The pens you own: colours with line widths in mm, 'black:0.4,#c8102e:0.3'; pens of the
    catalogue, 'stabilo88:46,micron:05-black'; your own, 'mine' or 'mine:gold'; or a pen file."""
    pick: int | None = None
    """How many of the pens to use: the run finds out which serve the picture best (all of them
    if it is not said)."""
    pen_file: Path | None = None
    """A file of your own pens, instead of ~/.config/inkdream/pens.toml."""
    paper: str | None = None
    """The paper's colour; white if it is not said."""
    page: str | None = None
    """The sheet: a5, 'a4 landscape', letter, 300x200mm ... (default a5)."""
    margin: float | None = None
    """mm along every edge that stay bare (default 10)."""
    strokes: int | None = None
    """How many strokes there are at most (400), for --medium strokes, which it implies."""
    width: int | None = None
    """Width of the picture in px (pixels only; strokes take the page's)."""
    height: int | None = None
    """Height of the picture in px (pixels only)."""
    machine: str | None = None
    """The plotter whose motion the time is estimated for: axidraw-v3, nextdraw, saxi,
    grbl-servo."""
    budget: str | None = None
    """How long plotting may take: 45min, 1h30m. Strokes are drawn to fit, and those that earn
    least are left out; changing pens is not counted."""
    steps: int | None = None
    """How many steps to climb."""
    seed: int | None = None
    """The same seed and recipe make the same drawing."""
    set: Annotated[list[str] | None, Parameter(negative=())] = None
    """Any other setting of the recipe, as key=value: --set views.count=4."""

    def recipe(self, file: Path | None, *, compare: bool) -> Recipe:
        """Return the recipe that the file and the flags make together; flags win."""
        from inkdream import recipe

        said: dict[str, object] = {
            key: value
            for key in ("medium", "width", "height", "steps", "seed", "paper", "pick")
            if (value := getattr(self, key)) is not None
        }
        settings = list(self.set or [])
        if self.strokes is not None:
            said.setdefault("medium", "strokes")
            settings.insert(0, f"strokes.count={self.strokes}")
        if self.pens is not None:
            from inkdream.pens import parse_pens
            from inkdream.pens.own import MOST_OWNED
            from inkdream.pens.pen import MOST_PENS

            most = MOST_OWNED if self.pick else MOST_PENS
            said["pens"] = parse_pens(self.pens, own=self.pen_file, most=most)
        if self.page is not None:
            settings[:0] = [f"page.size={self.page}", "page.scale=0"]
        if self.machine is not None:
            settings.insert(0, f"plot.machine={self.machine}")
        if self.budget is not None:
            settings.insert(0, f"plot.budget={self.budget}")
        if self.margin is not None:
            settings.insert(0, f"page.margin={self.margin}")
        if self.inks is not None:
            said["inks"] = recipe.split_inks(self.inks)
        if self.neuron:
            said["terms"] = [recipe.split_target(word) for word in self.neuron]
        if compare:
            said["compare"] = True
        return recipe.assemble(file, said, settings)


@app.command
def draw(
    recipe: Path | None = None,
    /,
    *,
    flags: DrawFlags | None = None,
    out: Path = Path("runs"),
    compare: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Draw a picture in a few inks, or lines in a few pens, that excite a neuron.

    The run gets a new folder with the picture (drawing.png, exactly the inks), for pens the file
    for the plotter (drawing.svg) and how it will look (preview.png), the palette, a certificate of
    what was measured, and the recipe that makes it again. Ctrl-C stops after the step in hand;
    `inkdream resume FOLDER` goes on.

    Args:
        recipe: a recipe file (TOML), such as the recipe.toml in the folder of an earlier run.
        flags: settings of the recipe.
        out: the folder in which the run's own folder is made.
        compare: also climb without any limit on colours, from equal steps, and say in the
            certificate how much of that score the few inks keep. Takes twice the time.
    """
    made = (flags or DrawFlags()).recipe(recipe, compare=compare)
    from inkdream.run import Run
    from inkdream.show import watch

    return watch(Run.create(made, out))


@app.command
def resume(folder: Path, /) -> int:
    """Go on with a run that was stopped, as if it had not been.

    Args:
        folder: the run's folder, as `inkdream draw` named it.
    """
    from inkdream.run import Run
    from inkdream.show import watch

    return watch(Run.open(folder))


@app.command
def networks(
    name: str | None = None,
    /,
    *,
    sheet: str | None = None,
    out: Path | None = None,
    force: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """List the networks, or a network's layers; or draw what a layer's channels like.

    Args:
        name: a network, such as loom.
        sheet: draw a contact sheet of this layer's channels as a PNG.
        out: where the sheet goes; by default NETWORK-LAYER.png here.
        force: write over the sheet if it is there already.
    """
    from inkdream import show

    if name is None:
        if sheet is not None:
            raise InputError("--sheet needs a network: inkdream networks loom --sheet conv4_1")
        return show.list_networks()
    if sheet is None:
        return show.list_layers(name)
    return show.draw_sheet(name, sheet, out, force=force)


@app.command
def plot(source: Path, /, *, flags: PlotFlags | None = None) -> int:
    """Make a plotter's file of a run, an SVG or a picture; or report on an SVG.

    inkdream plot runs/x                                       an SVG for AxiDraw, saxi, vpype

    inkdream plot runs/x --to hpgl --machine hp7475a           for a Hewlett-Packard plotter

    inkdream plot other.svg --pens black:0.5,red:0.5 --page a5 re-inked with your pens

    inkdream plot photo.jpg --pens mine --hatch concentric     a picture in your pens

    inkdream plot other.svg --report                           what it is, as it is

    Every file is read back and compared with what was to be drawn before it is called done.

    Args:
        source: a run's folder, an SVG, a PNG or a JPEG.
        flags: what is wanted.
    """
    from inkdream.plotting.command import plot_command

    return plot_command(source, flags or PlotFlags())


@app.command
def pens(*words: str, pen_file: Path | None = None) -> int:
    """List the ranges of pens that are known, or find pens among them and yours.

    inkdream pens                    the ranges

    inkdream pens stabilo88          all pens of a range, each with a swatch of its ink

    inkdream pens light blue         pens by name; or by colour: inkdream pens '#c8102e'

    inkdream pens mine               your own, from ~/.config/inkdream/pens.toml

    inkdream pens check mine.toml    is this file right, and which of its pens look alike?

    Args:
        words: a range, a code, a name, a colour; or check and a pen file.
        pen_file: a file of your own pens, instead of ~/.config/inkdream/pens.toml.
    """
    from inkdream.pens import swatches

    if not words:
        return swatches.list_ranges()
    if words[0] == "check":
        if len(words) != 2:
            raise InputError("pens check: give one pen file, as in: inkdream pens check mine.toml")
        return swatches.check(Path(words[1]))
    return swatches.show_pens(" ".join(words), pen_file)


def main(words: list[str] | None = None) -> None:
    """Run a command; mistakes end in one line on standard error and exit code 2."""
    try:
        code = app(words, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        code = _complain(str(error) or type(error).__name__)
    except InkdreamError as error:
        code = _complain(str(error))
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; there is nobody left to tell.
        sys.stderr.close()
        code = 0
    except OSError as error:
        code = _complain(f"{error.filename or 'the system'}: {error.strerror or error}")
    sys.exit(code if isinstance(code, int) else 0)


def _complain(message: str) -> int:
    Console(stderr=True, soft_wrap=True, highlight=False).print(
        f"inkdream: {shorten(message, MOST_CHARACTERS)}", markup=False
    )
    return USAGE_ERROR
