"""inkdream for Python: draw, look, save; read, order, time and write plots.

Nothing here prints, takes over signals, or changes what belongs to the whole process.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any
from weakref import finalize

import numpy as np
import torch
from PIL import Image

from inkdream import recipe as recipes
from inkdream.errors import InputError
from inkdream.formats.registry import format_for, format_named
from inkdream.formats.svg import without_unseen
from inkdream.networks import Network
from inkdream.pictures import Bytes
from inkdream.plot import machines, motion
from inkdream.plot.clip import clip
from inkdream.plot.machines import Machine
from inkdream.plot.motion import Estimate
from inkdream.plot.plot import Plot
from inkdream.recipe import Recipe
from inkdream.run import Certificate, Done, Event, Run, Step
from inkdream.run.draw import draw as draw_run
from inkdream.storage import CERTIFICATE, DRAWING, SVG, write_whole
from inkdream.svg.read import read_svg as read_document
from inkdream.wording import counted


@dataclass(frozen=True, eq=False)
class Result:
    """What `draw` returns: the drawing, what was measured, and all files of the run.

    A notebook shows areas of ink as a picture, strokes as an SVG. It can be pickled.

    >>> import inkdream as ink
    >>> result = ink.draw(width=32, height=32, steps=4)
    >>> result.picture.shape
    (32, 32, 3)
    >>> repr(result).startswith("<loom/conv4_1/17 in ")
    True
    >>> result.certificate.colours_in_file <= 4
    True
    >>> "drawing.svg" in result.files
    True

    Attributes:
        recipe: the whole recipe; drawn again, it gives the same drawing.
        certificate: what was measured on the finished files, the score among it.
        files: the content of every file, by its path in the run's folder.
    """

    recipe: Recipe
    certificate: Certificate
    files: Mapping[str, bytes]

    def __repr__(self) -> str:
        facts = self.certificate
        terms = " and ".join(facts.scores)
        return f"<{terms} in {counted(len(facts.inks), 'ink')}, score {facts.score_strict:.4g}>"

    @cached_property
    def picture(self) -> Bytes:
        """The drawing as pixels (H, W, 3), 8-bit sRGB: of areas, exactly the inks."""
        with Image.open(io.BytesIO(self.files[DRAWING])) as image:
            return np.array(image.convert("RGB"))

    @cached_property
    def plot(self) -> Plot:
        """What a plotter draws, in mm by pen; areas are hatched.

        Raises:
            InputError: if the recipe's `outputs` left the plot out.
        """
        if SVG not in self.files:
            raise InputError(f"outputs = {list(self.recipe.outputs)}: add 'plot' for {SVG}")
        return read_document(self.files[SVG].decode()).as_plot()

    def save(self, folder: str | Path) -> Path:
        """Write all files into a new folder; return it.

        `inkdream show`, `plot` and `draw --from` take such a folder.

        Raises:
            InputError: if there is something in it already.
            RunError: if it cannot be written.
        """
        folder = Path(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            is_empty = not any(folder.iterdir())
        except FileExistsError as error:
            raise InputError(f"{folder}: is a file, not a folder") from error
        except OSError as error:
            raise InputError(f"{folder}: cannot be written ({error.strerror or error})") from error
        if not is_empty:
            raise InputError(f"{folder}: is not empty; name a new folder")
        # The certificate says that all others are there.
        for name in sorted(self.files, key=lambda name: name == CERTIFICATE):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, self.files[name])
        return folder

    def _repr_png_(self) -> bytes | None:
        return self.files[DRAWING] if self.recipe.has_areas else None

    def _repr_svg_(self) -> str | None:
        return None if self.recipe.has_areas else self.files[SVG].decode()


class Session:
    """A drawing in the making: iterate to take its steps, one at each request.

    The steps may be stopped at any time; after the last, `result` is there.

    >>> import inkdream as ink
    >>> session = ink.Session("loom/conv3_3/8", inks=3, width=32, height=32, steps=4)
    >>> for step in session:
    ...     print(step.done, step.steps, step.stage)
    1 4 study
    2 4 inks
    3 4 inks
    4 4 inks
    >>> session.result.certificate.steps
    4

    Attributes:
        recipe: the whole recipe.
    """

    def __init__(
        self,
        what: str | Path | Recipe | None = None,
        /,
        *,
        loaded: Mapping[str, Network] | None = None,
        **settings: Any,
    ) -> None:
        """Make ready; networks are loaded here.

        Args:
            what: as for `draw`.
            loaded: as for `draw`.
            settings: as for `draw`.

        Raises:
            InputError: if the recipe cannot be drawn.
        """
        recipe = _recipe_of(what, settings)
        if recipe.variations > 1:
            raise InputError(
                f"variations = {recipe.variations}: a session makes one drawing; inkdream draw "
                "--variations makes several"
            )
        home = mkdtemp(prefix="inkdream-")
        # When nobody has the session any more, the folder goes too.
        self._forget = finalize(self, rmtree, home, ignore_errors=True)
        # Networks are made with weights by chance before they get their own.
        with torch.random.fork_rng(devices=[]):
            self._run = Run.create(recipe, Path(home), loaded)
        self.recipe = self._run.recipe
        self._events = draw_run(self._run, keep_going=False)
        self._result: Result | None = None

    def __iter__(self) -> Iterator[Step]:
        return (event for event in self.events() if isinstance(event, Step))

    def events(self) -> Iterator[Event]:
        """Yield all that happens, not only steps: `Started`, `Stage`, `Step`, `Saved`, `Done`.

        Raises:
            RunError: if a score is no longer a number, or the temporary folder cannot be written.
        """
        for event in self._events:
            if isinstance(event, Done) and event.certificate:
                self._result = Result(self.recipe, event.certificate, _contents(event.folder))
                self._forget()
            yield event

    def close(self) -> None:
        """End it where it stands; a `result` that is there stays."""
        self._events.close()
        self._forget()

    def snapshot(self) -> Bytes:
        """Return the drawing in inks as it is now, as pixels (H, W, 3), 8-bit sRGB."""
        return self._run.session.so_far().snapshot().rgb()

    @property
    def result(self) -> Result:
        """The finished drawing.

        Raises:
            InputError: while steps are left.
        """
        if self._result is None:
            session = self._run.session
            raise InputError(f"step {session.done} of {session.total_steps}: take the others first")
        return self._result


def draw(
    what: str | Path | Recipe | None = None,
    /,
    *,
    progress: Callable[[Event], object] | None = None,
    loaded: Mapping[str, Network] | None = None,
    **settings: Any,
) -> Result:
    """Draw what excites a network, in a few inks, and return the drawing.

    >>> import inkdream as ink
    >>> result = ink.draw("loom/conv4_1/17", inks=3, width=32, height=32, steps=4)
    >>> len(result.certificate.inks) <= 3
    True
    >>> lines = ink.draw(
    ...     "loom/conv4_1/17", medium="strokes", strokes={"count": 5}, pens="black,red", steps=2
    ... )
    >>> lines.plot.strokes <= 5
    True
    >>> ink.draw("loom/conv4_1/17", ink=3)
    Traceback (most recent call last):
    ...
    inkdream.errors.InputError: unknown recipe key 'ink'. Did you mean 'inks'? Known: ...

    Args:
        what: a target (`"loom/conv4_1/17"`, `"loom/class/spiral"`), a recipe file (a `Path`, or a
            word that ends in `.toml`) or a `Recipe`. By default the default recipe.
        progress: called with each event: `Started`, `Stage`, `Step`, `Saved`, `Done`. What it
            raises ends the drawing.
        loaded: networks that are in memory already, by the names that targets have for them; see
            `inkdream.networks.own.network_of`.
        settings: keys of the recipe, tables as dicts: `steps=50`, `views={"count": 2}`,
            `page="a4"`. They win over a file's.

    Raises:
        InputError: in one line, if it cannot be drawn as asked.
        RunError: if a score is no longer a number, or the temporary folder cannot be written.
    """
    session = Session(what, loaded=loaded, **settings)
    with closing(session):
        for event in session.events():
            if progress:
                progress(event)
    return session.result


def read_svg(source: str | Path) -> Plot:
    """Return the lines of an SVG as a plot: layer by layer, in mm, cut at the page's edge.

    All lines are read, whether something lies above them or not, as a plotter's own program reads
    them. What cannot be read, such as text, is named in a warning.

    >>> import inkdream as ink
    >>> plot = ink.read_svg(
    ...     '<svg xmlns="http://www.w3.org/2000/svg" width="100mm" height="80mm"'
    ...     ' viewBox="0 0 100 80"><path d="M 10 10 H 90" stroke="red" fill="none"/></svg>'
    ... )
    >>> plot.strokes, plot.layers[0].pen.colour
    (1, '#ff0000')

    Args:
        source: a file, or the SVG's text.

    Raises:
        InputError: in one line, if it is no SVG, has no size, or is more than allowed.
    """
    is_text = isinstance(source, str) and source.lstrip("\ufeff \t\r\n").startswith("<")
    document = read_document(source if is_text else Path(source))
    for note in document.notes:
        warnings.warn(note, stacklevel=2)
    return clip(document.as_plot())


def estimate(plot: Plot, machine: str | Machine = machines.USUAL) -> Estimate:
    """Return how long a machine takes to draw a plot, pen by pen; changing pens is not counted.

    >>> import inkdream as ink
    >>> plot = ink.read_svg(
    ...     '<svg xmlns="http://www.w3.org/2000/svg" width="100mm" height="80mm"'
    ...     ' viewBox="0 0 100 80"><path d="M 10 10 H 90" stroke="red" fill="none"/></svg>'
    ... )
    >>> timed = ink.estimate(plot, "axidraw-v3:speed_pendown=50")
    >>> timed.layers[0].times.ink
    80.0
    >>> timed.seconds < ink.estimate(plot).seconds
    True

    Args:
        plot: what is drawn, in its order.
        machine: such as `"axidraw-v3"`, `"nextdraw"` or `"saxi"`, with settings of its program
            behind a colon.

    Raises:
        InputError: if there is no such machine; names the nearest.
    """
    used = machines.machine(machine) if isinstance(machine, str) else machine
    return motion.estimate(plot, used)


def write(
    plot: Plot,
    file: str | Path | None = None,
    /,
    *,
    to: str | None = None,
    machine: str | None = None,
    facts: Mapping[str, str] | None = None,
    force: bool = False,
) -> str:
    """Write a plot as SVG, HPGL or G-code; return the text, which was read back and compared.

    Pens that nobody could see on the paper are left out. The order of the strokes stays; `optimise`
    finds a better one.

    >>> import inkdream as ink
    >>> plot = ink.read_svg(
    ...     '<svg xmlns="http://www.w3.org/2000/svg" width="100mm" height="80mm"'
    ...     ' viewBox="0 0 100 80"><path d="M 10 10 H 90" stroke="red" fill="none"/></svg>'
    ... )
    >>> ink.write(plot, to="hpgl", machine="hp7475a").startswith("IN;")
    True

    Args:
        plot: on its page, in plotting order.
        file: where it goes; its ending says the kind. None for the text alone.
        to: "svg", "hpgl" or "gcode", where no file says it; "svg" by default.
        machine: who draws it: such as `"hp7475a"`, `"grbl-servo"`, or a profile of G-code
            (`"mine.toml:pen"`). By default the usual one for the kind.
        facts: what an SVG or G-code says of itself, by name: `{"title": "waves"}`.
        force: write over a file that is there.

    Raises:
        InputError: if the machine cannot draw it, the file is there already, or a stroke leaves the
            page.
        RunError: if the file cannot be written, or does not come back as the plot.
    """
    path = None if file is None else Path(file)
    if path:
        to = format_named(path, to, machine)
        if path.exists() and not force:
            raise InputError(f"{path}: is there already; force=True writes over it")
    kind = format_for(to, machine)
    kind.margin(plot.page)  # raises if the machine takes no page so large
    try:
        text = kind.verified(without_unseen(plot), facts or {})
    except ValueError as error:
        raise InputError(str(error)) from error
    if path:
        write_whole(path, text)
    return text


def _recipe_of(what: str | Path | Recipe | None, settings: Mapping[str, Any]) -> Recipe:
    """Return the recipe of what is to be drawn.

    Raises:
        InputError: if it is none.
    """
    if isinstance(what, Recipe):
        if settings:
            key = next(iter(settings))
            raise InputError(f"{key}: settings of a Recipe stand in it; give one or the other")
        return what
    if isinstance(what, Path) or (what and what.endswith(".toml")):
        return recipes.assemble(Path(what), settings, [])
    if what is not None:
        if "terms" in settings:
            raise InputError(f"terms: say what to draw there, or by {what!r}; not both")
        settings = {**settings, "terms": [recipes.split_weight(what, "target")]}
    return recipes.assemble(None, settings, [])


def _contents(folder: Path) -> dict[str, bytes]:
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
