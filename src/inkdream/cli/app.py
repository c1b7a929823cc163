"""The command line: words in, runs out. It formats and reports; others do the work.

Torch is imported by the commands that need it, so that help and mistakes answer at once.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import nullcontext, suppress
from io import TextIOWrapper
from pathlib import Path
from platform import python_version
from typing import Annotated, Literal

from cyclopts import App, CycloptsError, Parameter, UnusedCliTokensError

from inkdream import __version__
from inkdream.atlas.flags import AtlasFlags
from inkdream.cli.options import DrawFlags, NetworkFlags
from inkdream.cli.terminal import Terminal
from inkdream.errors import INTERRUPTED, InkdreamError, InputError, shorten
from inkdream.inking.flags import PlotFlags
from inkdream.studio.flags import StudioFlags
from inkdream.usage import EXPERT, INKS, OUTPUT, TIME, WHOLE, Switch, examples, value

USAGE_ERROR = 2
ATLAS = "inkdream atlas loom/conv4_1"
CLASSES = "inkdream atlas loom/class --channels spiral,star --set inks=3 --out classes"
MOST_CHARACTERS = 800


def _versions() -> str:
    """Return the versions of inkdream, Python and torch in one line; nothing is loaded."""
    from importlib import metadata

    try:
        torch = f"torch {metadata.version('torch')}"
    except metadata.PackageNotFoundError:
        torch = "no torch"
    return f"inkdream {__version__} (Python {python_version()}, {torch})"


app = App(
    name="inkdream",
    help="Draw what neural networks dream, in the inks you own.",
    help_epilogue=examples(
        ("A first picture", "inkdream draw"),
        ("What may be set", "inkdream draw --help"),
        ("What there is to be excited", "inkdream networks loom"),
    ),
    version=_versions,
    console=Terminal(),
)


@app.command(name="--install-completion", help_epilogue="")
def install_completion(
    *,
    shell: Literal["bash", "zsh", "fish", "powershell"] | None = None,
    output: Annotated[Path | None, Parameter(alias="-o"), value("FILE")] = None,
    startup: Switch = False,
    force: Switch = False,
) -> int:
    """Let the Tab key complete verbs and flags in your shell (bash, zsh, fish, PowerShell).

    Args:
        shell: The shell. Default the one that runs this.
        output: Where the script goes. Default where the shell looks for such scripts.
        startup: Also add a line to your shell's startup file (.bashrc, .zshrc, PowerShell's
            profile) that loads it; without, no file of yours is changed.
        force: Write over a script that is there already.
    """
    from inkdream.cli import completion

    return completion.install(app, shell, output, startup=startup, force=force)


@app.command(
    help_epilogue=examples(
        (
            "What the network calls a spiral, in three inks that the run finds",
            "inkdream draw --neuron loom/class/spiral --inks 3",
        ),
        (
            "A neuron in 400 lines of four pens, plotted in at most 20 minutes",
            "inkdream draw --strokes 400 --pens black,red,blue,green --budget 20min",
        ),
        (
            "A photo redrawn in the best six of your own pens",
            "inkdream draw --strokes 1500 --like photo.jpg --pens mine --pick 6",
        ),
    )
)
def draw(
    recipe: Path | None = None,
    /,
    *,
    flags: DrawFlags | None = None,
    out: Annotated[Path, Parameter(alias="-o"), OUTPUT, value("FOLDER")] = Path("runs"),
    compare: Annotated[Switch, TIME] = False,
    keep_checkpoint: Annotated[Switch, OUTPUT] = False,
    live: Annotated[Switch, EXPERT] = False,
) -> int:
    """Draw a picture in a few inks, or lines in a few pens, that excite a neuron.

    The run gets a new folder with the picture (drawing.png, exactly the inks), the plotter's file
    (drawing.svg), how the plot will look (preview.png), a sheet to print, the palette, a
    certificate of what was measured, and the recipe that makes it again. Ctrl-C stops after the
    step in hand; `inkdream resume FOLDER` goes on. With --variations each drawing gets such a
    folder, and those that are there already are not made again.

    Args:
        recipe: A recipe file (TOML), such as the recipe.toml in the folder of an earlier run; or a
            picture or SVG that inkdream drew, which carries its recipe. Flags win over what it
            says.
        flags: Settings of the recipe.
        out: The folder in which the run's own folder is made.
        compare: Also climb without any limit on colours, from equal steps, and say in the
            certificate how much of that score the few inks keep. Takes twice the time.
        keep_checkpoint: Keep the run's last state (checkpoint.*, some MB) when it is finished.
        live: Leave small packets in the run's folder while somebody watches it, as the studio does.
    """
    flags = flags or DrawFlags()
    asked = flags.recipe(recipe, compare=compare)
    from inkdream.cli.draw import watch_all
    from inkdream.run import begin

    run = begin(asked, out)
    for note in flags.notes:
        Terminal(soft_wrap=True).print(f"note: {note}")
    return watch_all(run, keep_checkpoint=keep_checkpoint, live=live)


@app.command(
    help_epilogue=examples(
        ("Go on with a run", "inkdream resume runs/loom-conv4_1-17-4inks-seed0"),
    )
)
def resume(
    folder: Path,
    /,
    *,
    keep_checkpoint: Annotated[Switch, OUTPUT] = False,
    live: Annotated[Switch, EXPERT] = False,
) -> int:
    """Go on with a run that was stopped, as if it had not been; then with its other variations.

    Args:
        folder: The run's folder, as `inkdream draw` named it.
        keep_checkpoint: Keep the run's last state (checkpoint.*, some MB) when it is finished.
        live: Leave small packets in the run's folder while somebody watches it, as the studio does.
    """
    from inkdream.cli.draw import watch_all
    from inkdream.run import Run
    from inkdream.storage import is_run, noting_failure

    # Who resumes a run by hand reads here why it cannot be, and its folder stays as it is.
    with noting_failure(folder) if live and is_run(folder) else nullcontext():
        run = Run.open(folder)
    return watch_all(run, keep_checkpoint=keep_checkpoint, live=live)


@app.command(
    name="list",
    help_epilogue=examples(
        ("The runs in the folder runs", "inkdream list"),
        ("For a program", "inkdream list runs --json"),
    ),
)
def list_(folder: Path | None = None, /, *, json: Annotated[Switch, OUTPUT] = False) -> int:
    """List runs: their scores, how long they took, their sizes, and whether they are finished.

    Args:
        folder: A folder of runs. Default runs.
        json: Print it as JSON, with all that is known of each run.
    """
    from inkdream.cli.runs import list_runs

    return list_runs(folder, as_json=json)


@app.command(
    help_epilogue=examples(
        ("The run that changed last", "inkdream show"),
        ("Another one", "inkdream show runs/loom-conv4_1-17-4inks-seed0"),
    )
)
def show(
    run: Path | None = None, /, *, print_: Annotated[Switch, Parameter("--print"), OUTPUT] = False
) -> int:
    """Open a run's sheet in the browser: the picture, the pens in order, how long it takes.

    Of a run that is not finished the drawing is opened, as far as it has come.

    Args:
        run: A run's folder, or its name in runs. Default: the run that changed last.
        print_: Print where the file is, and open nothing.
    """
    from inkdream.cli.runs import show_run

    return show_run(run, only_path=print_)


@app.command(
    help_epilogue=examples(
        ("Which networks there are, and where their weights are", "inkdream networks"),
        ("What there is to be excited in one of them", "inkdream networks loom"),
        ("Which classes have a word in their names", "inkdream networks --classes bird"),
        ("A small picture of every channel", "inkdream networks loom --sheet conv4_1"),
        (
            "Larger ones of a few classes",
            "inkdream networks loom --sheet class --channels spiral,star --tile-size 192",
        ),
    )
)
def networks(
    name: str | None = None,
    /,
    *,
    own: NetworkFlags | None = None,
    sheet: Annotated[str | None, OUTPUT, value("LAYER")] = None,
    channels: Annotated[str | None, OUTPUT, value("LIST")] = None,
    size: Annotated[int | None, WHOLE, Parameter(name="--tile-size"), OUTPUT, value("PX")] = None,
    out: Annotated[Path | None, Parameter(alias="-o"), OUTPUT, value("FILE")] = None,
    force: Annotated[Switch, OUTPUT] = False,
) -> int:
    """List the networks, or a network's layers; or draw what a layer's channels like.

    Args:
        name: A network, such as loom; one of your own by its .pt2 file, or
            package.module:function.
        own: How to use a network of your own.
        sheet: Draw a contact sheet of this layer's channels as a PNG; class for the classes.
            Pictures that were drawn before are not drawn again.
        channels: Which channels or classes: 0-15,40 or spiral,star. Default all of them.
        size: px of each picture, 16 to 1,024. Default 96.
        out: Where the sheet goes. Default NETWORK-LAYER.png in the folder you are in.
        force: Write over the sheet if it is there already.
    """
    from inkdream.cli.networks import draw_sheet, list_classes, list_layers, list_networks

    settings = (own or NetworkFlags()).keys()
    if name is None:
        if set(settings) == {"classes"} and sheet is None:
            return list_classes(str(settings["classes"]))
        if settings:
            raise InputError(f"--{next(iter(settings))} needs a network of your own: its file")
        if sheet is not None:
            raise InputError("--sheet needs a network: inkdream networks loom --sheet conv4_1")
        return list_networks()
    if sheet is None:
        given = {
            "--out": out,
            "--channels": channels,
            "--tile-size": size,
            "--force": force or None,
        }
        for flag, word in given.items():
            if word is not None:
                raise InputError(f"{flag} is for a sheet: inkdream networks loom --sheet conv4_1")
        return list_layers(name, settings)
    return draw_sheet(name, sheet, out, settings, channels=channels, size=size, force=force)


@app.command(
    help_epilogue=examples(
        ("An SVG for AxiDraw, saxi or vpype, from a run", "inkdream plot runs/x"),
        (
            "The same for a Hewlett-Packard plotter",
            "inkdream plot runs/x --to hpgl --machine hp7475a",
        ),
        (
            "Somebody's SVG, with your pens",
            "inkdream plot other.svg --pens black:0.5,red:0.5 --page a5",
        ),
        ("A photo in your pens", "inkdream plot photo.jpg --pens mine --hatch concentric"),
        ("A photo engraved", "inkdream plot photo.jpg --pens black:0.3,sienna --hatch flow"),
        ("What an SVG is, as it is", "inkdream plot other.svg --report"),
    )
)
def plot(source: Path, /, *, flags: PlotFlags | None = None) -> int:
    """Make a plotter's file of a run, an SVG or a picture; or report on an SVG.

    Every file is read back and compared with what was to be drawn before it is called done.

    Args:
        source: A run's folder, an SVG, a PNG or a JPEG.
        flags: What is asked for.
    """
    from inkdream.cli.plot import plot_command

    return plot_command(source, flags or PlotFlags())


@app.command(
    help_epilogue=examples(
        ("A small drawing of every channel of a layer, and a page to look at them", ATLAS),
        ("Some of its classes, in other inks", CLASSES),
        ("Several recipes, each ten times", "inkdream atlas recipes/*.toml --seeds 0-9 -o series"),
        ("The page again, from the tiles that are there", "inkdream atlas page atlas"),
    )
)
def atlas(*what: str, flags: AtlasFlags | None = None) -> int:
    """Draw a whole layer, or many recipes, as small tiles, with a page to look at them.

    Tiles are drawn by several processes at once, on this machine or many (--engine ray, --shard).
    Ctrl-C finishes the tiles in hand; the same command goes on, and draws none twice. A tile that
    fails is tried again, then noted in failed.json, and the others are drawn.

    Args:
        what: A layer, such as loom/conv4_1 or loom/class; or recipe files (TOML); or page and the
            folder of an atlas.
        flags: What to draw, where to, and by whom.
    """
    from inkdream.cli.atlas import draw_atlas, make_page

    if what[:1] == ("page",):
        return make_page(what[1:])
    return draw_atlas(what, flags or AtlasFlags())


@app.command(
    help_epilogue=examples(
        ("Open the studio on the runs in the folder runs", "inkdream studio"),
        ("Another folder, two runs at once", "inkdream studio series --max-runs 2"),
        ("With a network of your own", "inkdream studio --network net.pt2"),
    )
)
def studio(folder: Path | None = None, /, *, flags: StudioFlags | None = None) -> int:
    """Open a page in which to choose, watch drawings grow, compare them, and plot.

    The page is served on this machine, for this machine alone, and asks nothing of any other.
    Ctrl-C closes it and stops what is being drawn, so that it can be resumed. Needs the extra
    inkdream[studio].

    Args:
        folder: The folder of runs. Default runs; it is made if it is not there.
        flags: How it is served, and what the page may do.
    """
    from inkdream.cli.studio import open_studio

    return open_studio(folder or Path("runs"), flags or StudioFlags())


@app.command(
    help_epilogue=examples(
        ("All pens of a range, each with a swatch of its ink", "inkdream pens stabilo88"),
        ("Pens by name", "inkdream pens light blue"),
        ("The pens nearest to a colour", "inkdream pens '#c8102e'"),
        ("Your own, from ~/.config/inkdream/pens.toml", "inkdream pens mine"),
        ("Is this file right, and which of its pens look alike?", "inkdream pens check mine.toml"),
    )
)
def pens(
    *words: str,
    pen_file: Annotated[Path | None, INKS, value("FILE")] = None,
    vpype: Annotated[Switch, OUTPUT] = False,
) -> int:
    """List the ranges of pens that are known, or find pens among them and yours.

    Args:
        words: A range, a code, a name, a colour; or check and a pen file. Without, the ranges.
        pen_file: The file of your own pens. Default ~/.config/inkdream/pens.toml.
        vpype: Print the pens, named as for --pens (mine, or stabilo88:46,mine:gold), for vpype's
            configuration file, where they are the set inkdream.
    """
    from inkdream.cli.pens import check, list_ranges, show_for_vpype, show_pens

    if pen_file is not None and not vpype and words[:1] in ((), ("check",)):
        raise InputError("--pen-file: is for pens that are named, as in: inkdream pens mine")
    if vpype:
        return show_for_vpype(",".join(words) or "mine", pen_file)
    if not words:
        return list_ranges()
    if words[0] == "check":
        if len(words) != 2:
            raise InputError("pens check: give one pen file, as in: inkdream pens check mine.toml")
        return check(Path(words[1]))
    return show_pens(" ".join(words), pen_file)


@app.command(
    help_epilogue=examples(
        ("Is all there that drawing needs?", "inkdream doctor"),
        (
            "Do torch and the other libraries load, and what can they draw on?",
            "inkdream doctor --load",
        ),
        ("For a program, or for whoever is asked for help", "inkdream doctor --json"),
    )
)
def doctor(
    *, load: Annotated[Switch, EXPERT] = False, json: Annotated[Switch, OUTPUT] = False
) -> int:
    """Say what is installed and what is missing, with a line of advice for each.

    Nothing is changed or sent anywhere. Exit code 0 if drawing works here, else 2.

    Args:
        load: Also load torch and the other compiled libraries, which takes some seconds.
        json: Print it as JSON, to be added to a report of what goes wrong.
    """
    from inkdream.cli.doctor import doctor_command

    return doctor_command(load=load, as_json=json)


def main(words: list[str] | None = None) -> None:
    """Run a command; mistakes end in one line on standard error and exit code 2."""
    # Read when torch is loaded. Threads that wait for work by computing take the processors from
    # those that have some, on a machine that does anything else.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal that lacks a letter shows another; it ends nothing.
            stream.reconfigure(errors="replace")
    with suppress(ValueError):  # raised where this is not the main thread: nobody ends that one
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _check_letters(sys.argv[1:] if words is None else words)
        code = app(words, exit_on_error=False, print_error=False, result_action="return_value")
    except UnusedCliTokensError as error:
        code = _complain(f"{' '.join(error.unused_tokens or ())}: is more than is asked for here")
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
