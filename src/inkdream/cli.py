"""The command line: words in, runs out. It formats and reports; others do the work.

Torch is imported by the commands that need it, so that help and mistakes answer at once.
"""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

from cyclopts import App, CycloptsError, Parameter

from inkdream import __version__
from inkdream.errors import INTERRUPTED, InkdreamError, InputError, shorten
from inkdream.flags import DrawFlags
from inkdream.plotting.flags import PlotFlags
from inkdream.terminal import Terminal

USAGE_ERROR = 2
MOST_CHARACTERS = 800

app = App(
    name="inkdream",
    help=(
        "Draw what neural networks dream, in the inks you own.\n\n"
        "Try: inkdream draw --neuron loom/conv4_1/17 --inks 4"
    ),
    version=__version__,
    console=Terminal(),
)


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
    `inkdream resume FOLDER` goes on. With --variations each drawing gets such a folder, and those
    that are there already are not made again.

    Args:
        recipe: a recipe file (TOML), such as the recipe.toml in the folder of an earlier run.
        flags: settings of the recipe.
        out: the folder in which the run's own folder is made.
        compare: also climb without any limit on colours, from equal steps, and say in the
            certificate how much of that score the few inks keep. Takes twice the time.
    """
    made = (flags or DrawFlags()).recipe(recipe, compare=compare)
    from inkdream.run import begin
    from inkdream.show import watch_all

    return watch_all(begin(made, out))


@app.command
def resume(folder: Path, /) -> int:
    """Go on with a run that was stopped, as if it had not been; then with its other variations.

    Args:
        folder: the run's folder, as `inkdream draw` named it.
    """
    from inkdream.run import Run
    from inkdream.show import watch_all

    return watch_all(Run.open(folder))


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
        if out is not None:
            raise InputError(
                "--out is where a --sheet goes: inkdream networks loom --sheet conv4_1"
            )
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
def pens(
    *words: str,
    pen_file: Path | None = None,
    vpype: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """List the ranges of pens that are known, or find pens among them and yours.

    inkdream pens                    the ranges

    inkdream pens stabilo88          all pens of a range, each with a swatch of its ink

    inkdream pens light blue         pens by name; or by colour: inkdream pens '#c8102e'

    inkdream pens mine               your own, from ~/.config/inkdream/pens.toml

    inkdream pens check mine.toml    is this file right, and which of its pens look alike?

    Args:
        words: a range, a code, a name, a colour; or check and a pen file.
        pen_file: a file of your own pens, instead of ~/.config/inkdream/pens.toml.
        vpype: print the pens (as for --pens: mine, or stabilo88:46,mine:gold) for vpype's
            configuration file, where they are the set inkdream.
    """
    from inkdream.pens import swatches

    if vpype:
        return swatches.show_for_vpype(",".join(words), pen_file)

    if not words:
        return swatches.list_ranges()
    if words[0] == "check":
        if len(words) != 2:
            raise InputError("pens check: give one pen file, as in: inkdream pens check mine.toml")
        return swatches.check(Path(words[1]))
    return swatches.show_pens(" ".join(words), pen_file)


def main(words: list[str] | None = None) -> None:
    """Run a command; mistakes end in one line on standard error and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal that lacks a letter shows another; it ends nothing.
            stream.reconfigure(errors="replace")
    with suppress(ValueError):  # raised where this is not the main thread: nobody ends that one
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _check_letters(sys.argv[1:] if words is None else words)
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


def _check_letters(words: list[str]) -> None:
    """Raise InputError if a word is no text: recipes, which keep files' names, are UTF-8."""
    for word in words:
        try:
            word.encode()
        except UnicodeEncodeError as error:
            raise InputError(
                f"{word.encode(errors='replace').decode()}: has letters that are no UTF-8; give "
                "the file another name"
            ) from error


def _complain(message: str) -> int:
    text = f"inkdream: {shorten(message, MOST_CHARACTERS)}"
    Terminal(stderr=True, soft_wrap=True).print(text)
    return USAGE_ERROR
