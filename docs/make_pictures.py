"""Makes first.png and compare.png in docs/images: `.venv/bin/python docs/make_pictures.py`."""

from pathlib import Path

import numpy as np
import torch

from inkdream import colour, pictures, recipe
from inkdream.optimize.session import Session
from inkdream.pictures import Bytes

IMAGES = Path(__file__).parent / "images"
FIRST = (("loom/conv4_1/17", 4), ("loom/conv4_3/124", 5), ("loom/conv5_1/182", 6))


def drawn(target: str, inks: int) -> tuple[Bytes, Bytes]:
    """Return a drawing, strict and soft, (256, 256, 3) 8-bit sRGB."""
    made = Session(recipe.assemble(None, {"terms": [{"target": target}], "inks": inks}, []))
    for _ in made.steps():
        pass
    with torch.no_grad():
        soft = colour.to_bytes(made.result.image(made.recipe.softness.end))
    return made.result.inked().rgb(), soft.permute(1, 2, 0).numpy()


def main() -> None:
    """Draw, join and write."""
    pairs = [drawn(target, inks) for target, inks in FIRST]
    gap = np.full((256, 8, 3), 255, np.uint8)
    strict = [pair[0] for pair in pairs]
    beside = [strict[0], gap, strict[1], gap, strict[2]]
    (IMAGES / "first.png").write_bytes(pictures.rgb_png(np.concatenate(beside, axis=1)))
    (IMAGES / "compare.png").write_bytes(pictures.rgb_png(np.concatenate(pairs[0], axis=1)))


if __name__ == "__main__":
    main()
