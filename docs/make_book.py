"""Draws the pictures of the tutorial and the cookbook by the commands that stand beside them.

.venv/bin/python docs/make_book.py [NAME ...]     only these

A block of commands is drawn if the comment before it is `picture NAME`: its last run, or the SVG
that it plots, becomes docs/images/book/NAME.png, and the line in italics below the block is
written anew: pens, minutes on the plotter, seconds of drawing. `picture NAME series` shows all of
its runs side by side; `picture NAME after OTHER` goes on in the folder in which OTHER was drawn.
A plot with `--sheet` also gives NAME-sheet.png, the sheet in Chromium, and NAME-stages.png, the
drawing with one pen, with two and so on.
In the end it says what changed.
"""

from __future__ import annotations

import io
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from book import DOCS, Block, as_picture, blocks, prepare
from make_gallery import beside
from PIL import Image
from playwright.sync_api import sync_playwright
from rich.console import Console

from inkdream.storage import write_whole

IMAGES = DOCS / "images/book"
PAGES = tuple(DOCS / name for name in ("tutorial.md", "cookbook.md", "choosing.md"))
# Px of a picture's longer side: of what is plotted; of areas, which grow in whole steps.
LONGEST, AREAS = 640, 520


@dataclass(frozen=True)
class Shown:
    """What a page shows of a block of commands.

    Attributes:
        png: the picture.
        pens: the names of those that draw it, in their order.
        seconds: on an AxiDraw V3.
        more: further pictures, by what their names end in.
    """

    png: bytes
    pens: list[str]
    seconds: float
    more: dict[str, bytes] = field(default_factory=dict)


def run(words: tuple[str, ...], folder: Path) -> str:
    """Run a command in a folder; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        env={"OMP_NUM_THREADS": "1", **os.environ},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def show(block: Block, folder: Path) -> Shown:
    """Run a block's commands in a folder; return what the last of them gives."""
    for words in block.commands[:-1]:
        run(words, folder)
    last = block.commands[-1]
    if last[1] == "plot":
        return plotted(json.loads(run((*last, "--json"), folder)), last, folder)
    run(last, folder)
    return painted(folder / "runs", series=block.note.endswith(" series"))


def plotted(told: dict[str, Any], words: tuple[str, ...], folder: Path) -> Shown:
    """Return what a plotted SVG shows."""
    paper = words[words.index("--paper") + 1] if "--paper" in words else "white"
    svg = (folder / told["files"][0]).read_text("utf-8")
    pens = [re.sub(r"^!?\d+ ", "", each["pen"]) for each in told["layers"]]
    more = {}
    if "--sheet" in words:
        page = next(folder.rglob(f"{Path(told['files'][0]).stem}.html"))
        more = {"-sheet": sheet(page), "-stages": stages(svg, paper)}
    return Shown(as_picture(svg, LONGEST, paper), pens, told["seconds"], more)


def sheet(page: Path) -> bytes:
    """Return a run's sheet as a browser shows it."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        window = chromium.new_page(viewport={"width": 840, "height": 1188})
        window.goto(page.resolve().as_uri())
        shot = Image.open(io.BytesIO(window.screenshot(full_page=True))).convert("RGB")
        chromium.close()
    shot.thumbnail((LONGEST, 900), Image.Resampling.LANCZOS)
    return packed(shot)


def stages(svg: str, paper: str) -> bytes:
    """Return the picture of an SVG with its first layer, with two, and so on."""
    layers = re.findall(r"^  <g inkscape:groupmode=\"layer\".*?^  </g>\n", svg, re.M | re.S)
    parts = []
    for count in range(1, len(layers) + 1):
        left = svg
        for layer in layers[count:]:
            left = left.replace(layer, "")
        parts.append(Image.open(io.BytesIO(as_picture(left, LONGEST // 2, paper))).convert("RGB"))
    return packed(beside(parts))


def packed(picture: Image.Image) -> bytes:
    """Return a picture as a small PNG."""
    kept = io.BytesIO()
    picture.quantize(64, dither=Image.Dither.NONE).save(kept, "PNG", optimize=True)
    return kept.getvalue()


def painted(runs: Path, *, series: bool) -> Shown:
    """Return what the last run shows, or all of them."""
    folders = [path for path in runs.iterdir() if (path / "certificate.json").exists()]
    folders.sort(key=lambda path: (path / "certificate.json").stat().st_mtime)
    pictures = [picture_of(folder) for folder in (folders if series else folders[-1:])]
    told = json.loads((folders[-1] / "certificate.json").read_text("utf-8"))
    joined = packed(beside(pictures) if series else pictures[0])
    return Shown(joined, [each["pen"] for each in told["pens"]], told["plot_seconds"])


def picture_of(folder: Path) -> Image.Image:
    """Return a run's picture: lines as they are plotted, areas with px that stay squares."""
    told = json.loads((folder / "certificate.json").read_text("utf-8"))
    in_lines = told["medium"] == "strokes"
    with Image.open(folder / ("preview.png" if in_lines else "drawing.png")) as file:
        picture = file.convert("RGB")
    if in_lines:
        picture.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
        return picture
    times = max(1, AREAS // max(picture.size))
    return picture.resize((picture.width * times, picture.height * times), Image.Resampling.NEAREST)


def told_of(shown: Shown, seconds: float) -> str:
    """Return the line below a block: what it takes."""
    computing = f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
    pens = ", ".join(dict.fromkeys(shown.pens))
    return f"*{pens} · {shown.seconds / 60:.0f} min on an AxiDraw · {computing} of one core*"


def write_line(block: Block, line: str) -> None:
    """Write the line in italics below a block anew."""
    text = block.page.read_text("utf-8")
    pattern = rf"(<!-- {re.escape(block.note)} -->\n```sh\n.*?^```\n\n)(\*[^*\n]+\*)"
    new = re.sub(pattern, rf"\g<1>{line}", text, count=1, flags=re.M | re.S)
    write_whole(block.page, new)


def used() -> float:
    """Return the seconds of processor time that commands took."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def drawn() -> dict[str, Block]:
    """Return the blocks whose pictures the pages show, by their names, in their order."""
    every = [block for page in PAGES for block in blocks(page)]
    return {block.note.split()[1]: block for block in every if block.note.startswith("picture ")}


def place_of(name: str, every: dict[str, Block], places: dict[str, Path], new: Path) -> Path:
    """Return the folder in which a block's commands are to run, with what they need in it."""
    _, after, other = every[name].note.partition(" after ")
    if not after:
        folder = new / name
        folder.mkdir()
        prepare(folder)
        return folder
    if other not in places:
        places[other] = place_of(other, every, places, new)
        show(every[other], places[other])
    return places[other]


def main() -> None:
    """Draw what was asked for, or all, and say what changed."""
    console, changed = Console(), []
    every, places = drawn(), {}
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as new:
        for name in sys.argv[1:] or every:
            console.print(f"{every[name].page.name}: {name}")
            places[name] = place_of(name, every, places, Path(new))
            before = used()
            shown = show(every[name], places[name])
            for end, png in {"": shown.png, **shown.more}.items():
                file = IMAGES / f"{name}{end}.png"
                if not file.exists() or file.read_bytes() != png:
                    changed.append(file.stem)
                    write_whole(file, png)
            write_line(every[name], told_of(shown, used() - before))
    console.print(f"changed: {', '.join(changed) or 'nothing'}")


if __name__ == "__main__":
    main()
