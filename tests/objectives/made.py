"""Activations and pictures to test terms with."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from inkdream.objectives import Seen, scoring
from inkdream.optimize.scores import measure
from inkdream.optimize.session import Session
from tests.running import climbed
from tests.toys import chance, small

LAYER = "net/layer"
IMAGE = torch.zeros(3, 4, 4)


def seen(features, masks=None, maps=None):
    """Return what a term sees of given activations; views are of the masks' size."""
    views = IMAGE[None] if masks is None else torch.zeros(len(masks), 3, *masks.shape[2:])
    return Seen(IMAGE, views, features, masks=masks, maps=maps or {})


def activations(views=2, channels=3, height=5, width=4, seed=1):
    return torch.randn(
        views,
        channels,
        height,
        width,
        dtype=torch.float64,
        generator=chance(seed),
        requires_grad=True,
    )


def painted(path: Path, seed: int = 0, size: tuple[int, int] = (40, 32)) -> str:
    """Write a picture of coloured bands that cross, and return its path."""
    height, width = size
    rows, columns = np.mgrid[:height, :width] / 8.0
    tones = [np.sin(columns * (seed + 1) + phase) + np.cos(rows + phase) for phase in (0, 1, 2)]
    Image.fromarray(((np.stack(tones, 2) + 2) / 4 * 255).astype(np.uint8)).save(path)
    return str(path)


def half(path: Path, size: tuple[int, int] = (40, 32)) -> str:
    """Write a mask that is white in its left half, black in its right, and return its path."""
    grey = np.zeros(size, np.uint8)
    grey[:, : size[1] // 2] = 255
    Image.fromarray(grey).save(path)
    return str(path)


def terms_of(*tables, **said):
    """Return the terms that a recipe's tables make, with loom."""
    recipe = small(terms=list(tables), **said)
    return scoring.objective(recipe, scoring.networks(recipe)).terms


STROKES = {
    "medium": "strokes",
    "pens": "black:1,#c8102e:1.4,#e0a000:2",
    "page": {"size": "100x140mm", "scale": 0.3, "margin": 8},
    "strokes": {"count": 25, "length": 40.0},
}


def gain(*tables, **said) -> float:
    """Return how much a short climb raises the score of the strict drawing, seen whole."""
    table = {"steps": 24, "climb": {"study": 0.0, "warm_up": 0.0}, **said}
    session = Session(small(terms=list(tables), **table))

    def score() -> float:
        with torch.no_grad():
            image = session.loop.drawing.image(0.0)
        return float(session.objective.total(measure(session.networks, session.objective, image)))

    before = score()
    climbed(session)
    return score() - before
