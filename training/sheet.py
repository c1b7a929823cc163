"""A contact sheet of the families: `python -m training.sheet docs/images/loom-families.png`."""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from training.families import FAMILIES, NAMES, picture


def sheet(names: list[str], each: int, size: int, columns: int, seed: int) -> Image.Image:
    """`each` pictures of every named family, row by row, `columns` pictures a row."""
    made = []
    for name in names:
        number = NAMES.index(name)
        for k in range(each):
            random = np.random.default_rng([seed, 2, number, k])
            made.append(picture(FAMILIES[number], random, size))
    gap, rows = 2, -(-len(made) // columns)
    board = Image.new("RGB", (columns * (size + gap) + gap, rows * (size + gap) + gap), "white")
    for k, one in enumerate(made):
        tile = Image.fromarray((one * 255).round().astype(np.uint8))
        board.paste(tile, (gap + k % columns * (size + gap), gap + k // columns * (size + gap)))
    return board


def main() -> None:
    """Reads the command line and writes the sheet."""
    parser = argparse.ArgumentParser(description="Write a contact sheet of the picture families.")
    parser.add_argument("out", type=Path, help="PNG file to write")
    parser.add_argument("--families", nargs="*", default=list(NAMES), help="names (default: all)")
    parser.add_argument("--each", type=int, default=1, help="pictures a family (default 1)")
    parser.add_argument("--size", type=int, default=64, help="px a picture (default 64)")
    parser.add_argument("--columns", type=int, default=14, help="pictures a row (default 14)")
    parser.add_argument("--colours", type=int, default=256, help="PNG colours (default 256)")
    parser.add_argument("--seed", type=int, default=0, help="which pictures (default 0)")
    given = parser.parse_args()
    board = sheet(given.families, given.each, given.size, given.columns, given.seed)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    board.quantize(given.colours).save(given.out, optimize=True)
    print(f"{given.out}: {len(given.families)} families, {given.out.stat().st_size // 1024} kB")


if __name__ == "__main__":
    main()
