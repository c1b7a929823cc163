"""Makes photographs.png, first.png, compare.png and strokes.png in docs/images.

.venv/bin/python docs/make_pictures.py
"""

from pathlib import Path

import numpy as np
import torch
from make_gallery import GAP, beside
from PIL import Image

from inkdream import colour, pictures, recipe
from inkdream.optimize.session import Session
from inkdream.pictures import Bytes

IMAGES = Path(__file__).parent / "images"
FIRST = (("loom/conv4_1/17", 4), ("loom/conv4_3/124", 5), ("loom/conv5_1/182", 6))

PHOTOGRAPHS = ("volcano", "alp", "lion", "monarch", "African elephant", "tennis ball")
PHOTOGRAPHS_SIDE = 320
IN_STROKES = ("black_swan_lines", "volcano_lines", "palace_lines")
# Px of each drawing in strokes.
PREVIEW = (560, 795)


def drawn(target: str, inks: int) -> tuple[Bytes, Bytes]:
    """Return a drawing, strict and soft, (256, 256, 3) 8-bit sRGB."""
    made = Session(recipe.assemble(None, {"terms": [{"target": target}], "inks": inks}, []))
    for _ in made.steps():
        pass
    with torch.no_grad():
        soft = colour.to_bytes(made.result.image(made.recipe.softness.end))
    return made.result.inked().rgb(), soft.permute(1, 2, 0).numpy()


def photographs() -> Image.Image:
    """Return six things by the network for photographs, as the command in the README draws them."""
    side = PHOTOGRAPHS_SIDE
    joined = Image.new("RGB", (3 * side + 2 * GAP, 2 * side + GAP), "white")
    for number, name in enumerate(PHOTOGRAPHS):
        target = f"efficientnet_lite0/class/{name}"
        said = {"terms": [{"target": target}], "inks": 6, "width": side, "height": side}
        made = Session(recipe.assemble(None, said, []))
        for _ in made.steps():
            pass
        place = ((side + GAP) * (number % 3), (side + GAP) * (number // 3))
        joined.paste(Image.fromarray(made.result.inked().rgb()), place)
    return joined.quantize(64, dither=Image.Dither.NONE)


def strokes() -> Image.Image:
    """Return three of the gallery's drawings in lines side by side, made smaller."""
    previews = []
    for name in IN_STROKES:
        with Image.open(IMAGES / "gallery" / f"{name}.png") as file:
            previews.append(file.convert("RGB").resize(PREVIEW, Image.Resampling.LANCZOS))
    return beside(previews).quantize(64, Image.Quantize.MAXCOVERAGE)


def main() -> None:
    """Draw, join and write."""
    photographs().save(IMAGES / "photographs.png", optimize=True)
    strokes().save(IMAGES / "strokes.png", optimize=True)
    pairs = [drawn(target, inks) for target, inks in FIRST]
    gap = np.full((256, 8, 3), 255, np.uint8)
    strict = [pair[0] for pair in pairs]
    beside = [strict[0], gap, strict[1], gap, strict[2]]
    (IMAGES / "first.png").write_bytes(pictures.rgb_png(np.concatenate(beside, axis=1)))
    (IMAGES / "compare.png").write_bytes(pictures.rgb_png(np.concatenate(pairs[0], axis=1)))


if __name__ == "__main__":
    main()
