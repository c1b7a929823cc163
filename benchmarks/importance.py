"""Whether likeness that counts more along a photo's edges makes drawings that look more like it.

    python benchmarks/importance.py
    python benchmarks/importance.py --strengths 0 0.5 --steps 300 --strokes 1500

A photo is redrawn by `inkdream draw --like` in a budget of minutes, on as much of A5 as it fills,
without a mask and with one (`importance`) of its edges: the slope of its lightness, blurred, of
which the steepest twentieth is as bright as is said. The plot is compared with the photo as it is
seen from 1 m (S-CIELAB, mean CIEDE2000); see photos.py.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import skimage.data
from jaxtyping import Float
from PIL import Image

from inkdream import colour, recipe
from inkdream.drawing import StrokeDrawing
from inkdream.filters import blurred
from inkdream.inking.from_picture import read_photo
from inkdream.optimize.session import Session
from inkdream.page import Page
from inkdream.plot import Plot
from inkdream.run.budget import keep_budget
from photos import MARGIN, judge

PHOTOS = ("astronaut", "camera", "coffee")
# Deviations as shares of the longer side: of what edges are told from, and of the mask.
FINE, BROAD = 1 / 256, 1 / 64


def edges(picture: Float[np.ndarray, "3 H W"]) -> Float[np.ndarray, "H W"]:
    """Return how steep a picture (linear RGB) is around each place, from 0 to 1."""
    longer = max(picture.shape[1:])
    light = blurred(colour.linear_to_oklab(picture, axis=0)[0], FINE * longer)
    slopes = blurred(np.hypot(*np.gradient(light)), BROAD * longer)
    return np.asarray(np.clip(slopes / np.quantile(slopes, 0.95), 0, 1))


def page_for(rows: int, columns: int) -> Page:
    """Return a page of a picture's shape, as large as A5's margins let it be."""
    sides = Page.of("a5").width - 2 * MARGIN, Page.of("a5").height - 2 * MARGIN
    scale = min(max(sides) / max(rows, columns), min(sides) / min(rows, columns))
    width, height = columns * scale + 2 * MARGIN, rows * scale + 2 * MARGIN
    return Page(width=width, height=height, margin=MARGIN)


def redrawn(photo: Path, mask: Path | None, said: argparse.Namespace) -> Plot:
    """Return a photo in strokes, likeness counting by a mask if there is one."""
    page = page_for(*read_photo(photo).size)
    term = {"kind": "like", "picture": str(photo)}
    table = {
        "medium": "strokes",
        "terms": [{**term, "importance": str(mask)} if mask else term],
        "pens": said.pens,
        "page": {"width": page.width, "height": page.height, "margin": MARGIN},
        "strokes": {"count": said.strokes},
        "plot": {"budget": 60.0 * said.minutes},
        "steps": said.steps,
        "seed": said.seed,
    }
    session = Session(recipe.assemble(None, table, []))
    for _ in session.steps():
        pass
    drawing = session.result
    assert isinstance(drawing, StrokeDrawing)
    return keep_budget(session, drawing)[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--photos", nargs="+", default=PHOTOS, help="of skimage.data")
    parser.add_argument("--strengths", nargs="+", type=float, default=[0.0, 0.33, 1.0])
    parser.add_argument("--pens", default="black:0.4,red:0.4,deepskyblue:0.4")
    parser.add_argument("--strokes", type=int, default=600)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=20.0)
    said = parser.parse_args()
    print("| photo | brightness of edges | S-CIELAB at 1 m | minutes |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for word in said.photos:
            path, mask = Path(folder, f"{word}.png"), Path(folder, f"{word}_edges.png")
            Image.fromarray(getattr(skimage.data, word)()).convert("RGB").save(path)
            found = edges(read_photo(path).averaged(1, "#ffffff").astype(np.float64))
            for strength in said.strengths:
                Image.fromarray(np.uint8(255 * strength * found)).save(mask)
                seen = judge(redrawn(path, mask if strength else None, said), read_photo(path))
                print(
                    f"| {word} | {strength:g} | {seen.difference:.2f} | {seen.minutes:.1f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
