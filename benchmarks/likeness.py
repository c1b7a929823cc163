"""A photo redrawn in pens: strokes that are learned, against its dither hatched with equal pens.

    python benchmarks/likeness.py                          # the table of docs/benchmarks.md
    python benchmarks/likeness.py --pictures my.jpg --save /tmp/drawn

Both are drawn on one page, as large as A5 holds with the picture's shape inside its margins, with
the same pens. Ours is `inkdream draw --like`; the other `inkdream plot --dither`: Floyd and
Steinberg's quantisation to the pens, hatched. Each plot's SVG is drawn by resvg, the picture 512 px
long, and compared with the photo: mean CIEDE2000 after a Gaussian of 2 px in linear light. Minutes
are the estimate for an AxiDraw V3, changing pens left out.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import skimage
import torch
from numpy.typing import NDArray
from PIL import Image

from inkdream import colour, pictures, recipe
from inkdream.drawing import StrokeDrawing
from inkdream.formats.registry import format_for
from inkdream.formats.svg import to_svg, without_unseen
from inkdream.inking.files import blurred
from inkdream.inking.flags import PlotFlags
from inkdream.inking.from_picture import ink_picture, read_photo
from inkdream.inking.resolve import Home
from inkdream.optimize.session import Session
from inkdream.page import Page
from inkdream.placement import fitted
from inkdream.plot import Plot
from inkdream.plot.clip import clip
from inkdream.plot.machines import machine
from inkdream.plot.motion import estimate
from inkdream.plot.optimise import optimise
from inkdream.run.budget import keep_budget
from inkdream.svg.render import render_svg

PICTURES = [
    str(Path(skimage.__file__).parent / "data" / f"{name}.png")
    for name in ("astronaut", "chelsea", "coffee")
]
# Fineliners of six colours, as they come in a box; transparent, as such inks are.
PENS = "black:0.4,#c8102e:0.4,#0057b8:0.4,#e6a817:0.4,#00843d:0.4,#8a5a35:0.4"
SIDE, BLUR = 512, 2.0
SHEET = Page.of("a5")


@dataclass(frozen=True)
class Drawn:
    """What a plot is like."""

    difference: float
    minutes: float
    strokes: int
    metres: float


def page_for(path: Path) -> Page:
    """Return the page for a picture: its shape, as large as A5's margins let it be."""
    rows, columns = pictures.read_rgb(path).shape[:2]
    shorter, longer = (side - 2 * SHEET.margin for side in (SHEET.width, SHEET.height))
    scale = min(longer / max(rows, columns), shorter / min(rows, columns))
    margins = 2 * SHEET.margin
    return Page(width=columns * scale + margins, height=rows * scale + margins)


def measure(plot: Plot, page: Page, photo: Path, save: Path | None) -> Drawn:
    """Return how a plot differs from a photo, and how long it takes."""
    width, height = page.width - 2 * page.margin, page.height - 2 * page.margin
    scale = SIDE / max(width, height)
    size = round(page.height * scale), round(page.width * scale)
    rows, columns, start = round(height * scale), round(width * scale), round(page.margin * scale)
    whole = render_svg(to_svg(plot), plot.paper, *size, scale)
    drawn = whole[:, start : start + rows, start : start + columns]
    light = colour.from_bytes(pictures.read_rgb(photo)).astype(np.float32).transpose(2, 0, 1)
    meant = fitted(torch.from_numpy(np.ascontiguousarray(light)), (rows, columns)).numpy()
    if save:
        Image.fromarray(colour.to_bytes(drawn.transpose(1, 2, 0))).save(save)
    return Drawn(
        float(colour.ciede2000(_seen(drawn), _seen(meant), axis=0).mean()),
        estimate(plot, machine("axidraw-v3")).seconds / 60,
        plot.strokes,
        sum(stroke.length() for layer in plot.layers for stroke in layer.strokes) / 1000,
    )


def _seen(picture: NDArray[np.float32]) -> NDArray[np.float64]:
    return colour.linear_to_lab(blurred(picture, BLUR), axis=0)


def redrawn(photo: Path, page: Page, said: argparse.Namespace) -> Plot:
    """Return a photo in strokes, as `inkdream draw --like` draws it."""
    table = {
        "medium": "strokes",
        "terms": [{"kind": "like", "picture": str(photo)}],
        "pens": said.pens,
        "page": {"width": page.width, "height": page.height},
        "strokes": {"count": said.strokes},
    }
    session = Session(recipe.assemble(None, table, said.set))
    for _ in session.steps():
        pass
    drawing = session.result
    assert isinstance(drawing, StrokeDrawing)
    return keep_budget(session, drawing)[0]


def hatched(photo: Path, page: Page, said: argparse.Namespace) -> Plot:
    """Return a photo's dither hatched, as `inkdream plot --dither` does it."""
    size = f"{page.width}x{page.height}mm"
    flags = PlotFlags(pens=said.pens, page=size, margin=page.margin, dither=True)
    inking = ink_picture(read_photo(photo), flags, Home(photo.name), format_for(None, None))
    return optimise(without_unseen(clip(inking.plot)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--pictures", nargs="+", default=PICTURES)
    parser.add_argument("--pens", default=PENS)
    parser.add_argument("--strokes", type=int, default=1500)
    parser.add_argument("--set", nargs="*", default=[], help="key=value of the recipe")
    parser.add_argument("--save", type=Path, help="a folder for the drawings, as resvg draws them")
    said = parser.parse_args()
    if said.save:
        said.save.mkdir(parents=True, exist_ok=True)
    print(
        "| picture | CIEDE2000 ours | dithered | min ours | dithered | time | strokes ours | "
        "dithered | ink ours | dithered | s |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    holds = []
    for photo in map(Path, said.pictures):
        page = page_for(photo)
        saves = [said.save and said.save / f"{photo.stem}_{way}.png" for way in ("ours", "dither")]
        begun = time.perf_counter()
        plot = redrawn(photo, page, said)
        seconds = time.perf_counter() - begun
        ours = measure(plot, page, photo, saves[0])
        other = measure(hatched(photo, page, said), page, photo, saves[1])
        share = ours.minutes / other.minutes
        holds.append(ours.difference <= other.difference and share < 0.5)
        print(
            f"| {photo.stem} | {ours.difference:.2f} | {other.difference:.2f} | {ours.minutes:.0f} "
            f"| {other.minutes:.0f} | {share:.2f} | {ours.strokes} | {other.strokes} | "
            f"{ours.metres:.0f} m | {other.metres:.0f} m | {seconds:.0f} |",
            flush=True,
        )
    print(f"at most as different, in less than half of the time: {sum(holds)} of {len(holds)}")


if __name__ == "__main__":
    main()
