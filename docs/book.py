"""What the handbook's pages say to type: their blocks of commands, and the files these name.

`make_book.py` draws the pictures of such blocks; the tests run them all.
"""

from __future__ import annotations

import io
import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

import resvg_py
from PIL import Image

DOCS = Path(__file__).parent
ROOT = DOCS.parent
# It shows a network of the reader's own.
COOKBOOK = DOCS / "cookbook.md"
PAGES = (ROOT / "README.md", *sorted(DOCS.glob("*.md")))
# <!-- a comment, which may be about the block --> and the block.
_BLOCK = re.compile(r"(?:<!--(?P<note>[^>]*?)-->\n)?```sh\n(?P<text>.*?)^```$", re.M | re.S)
# Files of the pages that are no pictures of recipes/pictures.
_SOME_SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="148mm" height="210mm"
  viewBox="0 0 148 210"><g fill="none" stroke-width="0.5">
<path stroke="black" d="M20 20H120V80H20Z"/><circle stroke="#c8102e" cx="70" cy="50" r="24"/>
<path stroke="#0057b8" d="M30 70 60 30 90 70Z"/></g></svg>
"""
SVGS = ("old.svg", "other.svg", "drawing.svg", "sketch.svg")
# Photos of the reader's, and what stands for them.
PHOTOS = {
    "photo.jpg": "still_life.png",
    "portrait.jpg": "portrait.png",
    "evening.jpg": "evening.png",
    "wave.jpg": "waves.png",
}
MASKS = {"mask.png": "disc.png", "moon.png": "moon.png"}


@dataclass(frozen=True)
class Block:
    """Commands that stand together on a page.

    Attributes:
        page: the file.
        line: of the block's first command, counted from 1.
        note: what the comment before it says; "" without one.
        commands: each as words, as a shell would split them.
    """

    page: Path
    line: int
    note: str
    commands: tuple[tuple[str, ...], ...]


def blocks(page: Path) -> list[Block]:
    """Return a page's blocks of commands, in their order."""
    text = page.read_text("utf-8")
    return [
        Block(
            page,
            text.count("\n", 0, match.start("text")) + 1,
            (match["note"] or "").strip(),
            tuple(commands_in(match["text"])),
        )
        for match in _BLOCK.finditer(text)
    ]


def commands_in(text: str) -> list[tuple[str, ...]]:
    """Return the words of each line of a shell's text; comments are left out."""
    lines = text.replace("\\\n", " ").splitlines()
    split = [shlex.split(line.removeprefix("$ "), comments=True) for line in lines]
    return [tuple(words) for words in split if words]


def prepare(folder: Path) -> None:
    """Put the files that the pages' commands name into a folder."""
    pictures = ROOT / "recipes/pictures"
    for path in pictures.glob("*.png"):
        shutil.copy(path, folder)
    for name, source in {**PHOTOS, **MASKS}.items():
        with Image.open(pictures / source) as picture:
            picture.convert("RGB" if name in PHOTOS else "L").save(folder / name, quality=95)
    for name in SVGS:
        (folder / name).write_text(_SOME_SVG, encoding="utf-8")
    shutil.copy(pictures / "logo.svg", folder)
    shutil.copytree(ROOT / "recipes", folder / "recipes")
    (own,) = re.findall(r"^```python\n(.*?)^```$", COOKBOOK.read_text("utf-8"), re.M | re.S)
    (folder / "own.py").write_text(own, encoding="utf-8")


def as_picture(svg: str, width: int, paper: str) -> bytes:
    """Return an SVG as a PNG of so many px."""
    png = resvg_py.svg_to_bytes(svg_string=svg, dpi=96, width=2 * width, background=paper)
    picture = Image.open(io.BytesIO(bytes(png))).convert("RGB")
    size = (width, round(picture.height * width / picture.width))
    kept = io.BytesIO()
    small = picture.resize(size, Image.Resampling.LANCZOS)
    small.quantize(32, dither=Image.Dither.NONE).save(kept, "PNG", optimize=True)
    return kept.getvalue()
