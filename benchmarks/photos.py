"""Photos in pens, as seen from 1 m: `inkdream plot --hatch flow` beside other programs.

    python benchmarks/photos.py                                  # ours, and areas, the default
    python benchmarks/photos.py --peers /tmp/peers/bin/python    # and what is installed there

Six photographs of scikit-image's data on A5, in 1, 3 and 6 pens of 0.4 mm. Each drawing is laid on
paper at its pens' width, and compared with the photograph by S-CIELAB as seen from 1 m: the mean of
CIEDE2000; beside it minutes on an AxiDraw, and how much ink lies on how much inked paper. Others'
programs run in a Python of their own, at several densities; the one whose minutes are nearest to
ours counts. They draw in black; their lines are joined and ordered as ours are.

Peers: `pip install plotline hatchsvg stippler hatched` into a virtual environment. What
does not run there is left out: hatched 0.2.0 takes no Shapely 2.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import skimage.data
from jaxtyping import Float
from PIL import Image

from inkdream import colour
from inkdream.errors import InkdreamError
from inkdream.eye import difference
from inkdream.formats.registry import format_for
from inkdream.inking.flags import PlotFlags
from inkdream.inking.from_picture import Photo, ink_picture, read_photo
from inkdream.inking.resolve import Home
from inkdream.page import Page
from inkdream.pens import Pen
from inkdream.plot.clip import clip
from inkdream.plot.machines import machine
from inkdream.plot.motion import estimate
from inkdream.plot.optimise import optimise
from inkdream.plot.plot import Layer, Plot, Stroke
from inkdream.plot.preview import Canvas, enlarged
from inkdream.plot.ragged import pack_strokes
from inkdream.svg.read import read_svg

PHOTOS = ("astronaut", "camera", "chelsea", "coffee", "moon", "rocket")
SETS = {
    "1": "black:0.4",
    "3": "black:0.4,red:0.4,deepskyblue:0.4",
    "6": "black:0.4,red:0.4,gold:0.4,deepskyblue:0.4,saddlebrown:0.4,green:0.4",
}
MARGIN = 10.0
# mm a pixel at which drawings are seen, and samples along each side of a pixel.
FINE, TIMES = 0.2, 3
# Each peer's command for a photo, a drawing and a density, and the densities that are tried.
PEERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "plotline": (
        "-m plotline.cli.main run flow {photo} --out {out} --width {width} --height {height} "
        "--margin 10 --pen Black:0.4:black --look {density}",
        ("faithful", "balanced"),
    ),
    "hatchsvg": ("-m hatchsvg {photo} {out} --preset photo --line-step {density}", ("3", "5")),
    "stippler": ("-m stippler {photo} --out {out} --n_iter 15 --n_point {density}", ("4000",)),
    "hatched": ("-c {script} {photo} {out} {density}", ("2", "4")),
}
# hatched has no command for one picture.
HATCHED = (
    "import sys,matplotlib;matplotlib.use('Agg');import hatched,cv2;p,o,d=sys.argv[1:];"
    "m=hatched.hatch(p,float(d),blur_radius=3,show_plot=False,save_svg=False);"
    "h,w=cv2.imread(p,0).shape;hatched.hatched._save_to_svg(o,w,h,[m])"
)


@dataclass(frozen=True)
class Seen:
    """How a drawing is seen, and what it costs."""

    difference: float
    minutes: float
    double: float

    def __str__(self) -> str:
        return f"{self.difference:.1f} | {self.minutes:.0f} | {self.double:.2f}"


def page_of(photo: Photo) -> Page:
    """Return the page for a photo: A5 the way it lies."""
    rows, columns = photo.size
    return Page.of("a5" + (" landscape" if columns > rows else ""), margin=MARGIN)


def drawn(plot: Plot) -> tuple[Float[np.ndarray, "3 H W"], float]:
    """Return a page in linear RGB, `FINE` mm a pixel, and mm^2 of it that are inked."""
    small = FINE / TIMES
    rows, columns = (round(side / FINE) * TIMES for side in (plot.page.height, plot.page.width))
    canvas, bare = Canvas(plot.paper, rows, columns), Canvas("#ffffff", rows, columns)
    black = Pen(name="black", colour="black", width=1.0)
    bare.take(black)
    for layer in plot.layers:
        lines = enlarged(pack_strokes(layer.strokes), 1 / small)
        canvas.take(layer.pen)
        for each in (canvas, bare):
            each.lay(lines, layer.pen.width / 2 / small)
    return canvas.shrunk(TIMES), float((bare.ink[..., 0] < 0.5).sum()) * small**2


def meant(photo: Photo, page: Page) -> tuple[Float[np.ndarray, "3 H W"], tuple[int, int]]:
    """Return a photo as it should be seen, `FINE` mm a pixel, and the row and column it begins."""
    scale, corner = page.fit(*photo.size[::-1])
    light = photo.averaged(max(1, int(FINE / scale)), "#ffffff")
    width, height = (round(side * scale / FINE) for side in photo.size[::-1])
    resample = Image.Resampling.BILINEAR
    channels = [
        np.asarray(Image.fromarray(each).resize((width, height), resample)) for each in light
    ]
    return np.stack(channels), (round(corner[1] / FINE), round(corner[0] / FINE))


def judge(plot: Plot, photo: Photo) -> Seen:
    """Return how a plot is seen."""
    page, inked = drawn(plot)
    aim, (top, left) = meant(photo, plot.page)
    part = page[:, top : top + aim.shape[1], left : left + aim.shape[2]]
    aim = aim[:, : part.shape[1], : part.shape[2]]
    laid = sum(s.length() * layer.pen.width for layer in plot.layers for s in layer.strokes)
    return Seen(
        float(difference(part.astype(float), aim.astype(float), FINE).mean()),
        estimate(plot, machine("axidraw-v3")).seconds / 60,
        laid / max(inked, 1e-9),
    )


def ours(path: Path, pens: str, hatch: str | None) -> Plot:
    """Return a photo as `inkdream plot` draws it."""
    photo = read_photo(path)
    page = page_of(photo)
    size = f"{page.width:g}x{page.height:g}mm"
    flags = PlotFlags(pens=pens, page=size, margin=MARGIN, hatch=hatch)
    return optimise(clip(ink_picture(photo, flags, Home("x"), format_for(None, None)).plot))


def peers(path: Path, python: Path, near: float) -> dict[str, Seen]:
    """Return what others' programs draw of a photo in about as many minutes; those that run."""
    seen: dict[str, Seen] = {}
    photo = read_photo(path)
    for name, (command, densities) in PEERS.items():
        found = []
        for density in densities:
            plot = _others(path, python, command, density)
            if plot is not None and plot.strokes:
                found.append(judge(plot, photo))
        if found:
            seen[name] = min(found, key=lambda each: abs(np.log(each.minutes / near)))
    return seen


def _others(path: Path, python: Path, command: str, density: str) -> Plot | None:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out.svg")
        page = page_of(read_photo(path))
        size = {"width": f"{page.width:g}", "height": f"{page.height:g}"}
        words = [
            word.format(photo=path, out=out, density=density, script=HATCHED, **size)
            for word in command.split()
        ]
        subprocess.run([str(python), *words], check=False, capture_output=True, timeout=900)
        try:
            return _placed(out, page) if out.is_file() else None
        except InkdreamError:
            return None


def _placed(svg: Path, page: Page) -> Plot:
    """Return an SVG's lines and dots, in black, as large as the photo is on the page."""
    document = read_svg(svg)
    strokes = [stroke for shape in document.shapes for stroke in shape.strokes]
    size = document.width, document.height
    scale, corner = page.fit(*size) if size != (page.width, page.height) else (1.0, (0.0, 0.0))
    moved = tuple(Stroke(scale * s.points + np.array(corner), s.curved) for s in strokes)
    pen = Pen(name="black", colour="black", width=0.4)
    return optimise(clip(Plot(page, "#ffffff", (Layer(pen, moved),))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--photos", nargs="+", default=PHOTOS, help="of skimage.data, or files")
    parser.add_argument("--pens", nargs="+", default=tuple(SETS), choices=tuple(SETS))
    parser.add_argument("--peers", type=Path, help="a Python with others' programs")
    parser.add_argument("--save", type=Path, help="a folder for the drawings as they are judged")
    given = parser.parse_args()
    print("each: S-CIELAB at 1 m | minutes | ink laid over inked paper", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for word in given.photos:
            path = Path(word)
            if not path.is_file():
                path = Path(folder, f"{word}.png")
                Image.fromarray(getattr(skimage.data, word)()).save(path)
            compare(path, given.pens, given.peers, given.save)


def compare(path: Path, sets: list[str], python: Path | None, save: Path | None) -> None:
    """Print what a photo becomes, with each set of pens, ours first."""
    photo, near = read_photo(path), 20.0
    for count in sets:
        for name, hatch in (("flow", "flow"), ("areas", None)):
            plot = ours(path, SETS[count], hatch)
            seen = judge(plot, photo)
            near = seen.minutes if hatch else near
            print(f"| {path.stem} | {count} | {name} | {seen} |", flush=True)
            if save and hatch:
                picture = colour.to_bytes(drawn(plot)[0].transpose(1, 2, 0))
                Image.fromarray(picture).save(save / f"{path.stem}-{count}.png")
    for name, seen in (peers(path, python, near) if python else {}).items():
        print(f"| {path.stem} | 1 | {name} | {seen} |", flush=True)


if __name__ == "__main__":
    main()
