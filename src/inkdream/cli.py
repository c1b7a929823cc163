"""The command line: words in, runs out. It formats and reports; others do the work.

Torch is imported by the commands that need it, so that help and mistakes answer at once.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, CycloptsError, Parameter
from rich.console import Console

from inkdream import __version__
from inkdream.errors import InkdreamError, InputError, shorten

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
    inks: str | None = None
    """How many inks to learn (2 to 64), or the inks themselves: '#1b1b1b,crimson,white'.
    A '?' among them is an ink to be learned: '#ffffff,?,?'."""
    width: int | None = None
    """Width of the picture in px."""
    height: int | None = None
    """Height of the picture in px."""
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
            for key in ("width", "height", "steps", "seed")
            if (value := getattr(self, key)) is not None
        }
        if self.inks is not None:
            said["inks"] = recipe.split_inks(self.inks)
        if self.neuron:
            said["terms"] = [recipe.split_target(word) for word in self.neuron]
        if compare:
            said["compare"] = True
        return recipe.assemble(file, said, self.set or [])


@app.command
def draw(
    recipe: Path | None = None,
    /,
    *,
    flags: DrawFlags | None = None,
    out: Path = Path("runs"),
    compare: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Draw a picture in a few inks that excites a neuron.

    The run gets a new folder with the picture (drawing.png, exactly the inks), its palette, a
    certificate of what was measured, and the recipe that makes it again. Ctrl-C stops after the
    step in hand; `inkdream resume FOLDER` goes on.

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
