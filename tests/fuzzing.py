"""Words and files that nobody meant: whatever is asked, the command ends as it says it does.

    python -m tests.fuzzing --cases 5000 --seed 3     # prints what ended otherwise, with its case

A case is a command and perhaps files, made by chance from good ones. It ends well (0), or in one
line (2); anything else, a traceback above all, is a fault.
"""

import argparse
import contextlib
import io
import itertools
import os
import random
import signal
import string
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from inkdream.cli import main

ROOT = Path(__file__).parent
SVGS = [path.read_bytes() for path in sorted((ROOT / "plot" / "data").glob("*.svg"))]
SVGS.append(
    b"""<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"
xmlns:xlink="http://www.w3.org/1999/xlink" width="100mm" height="80mm" viewBox="0 0 100 80">
<style>.a > path:nth-child(2), #b { stroke: red; fill: none !important } /* c */</style>
<defs><linearGradient id="g"><stop offset="0" stop-color="#f00" stop-opacity=".5"/></linearGradient>
<clipPath id="k"><circle r="20" cx="50" cy="40"/></clipPath><symbol id="s" viewBox="0 0 4 4">
<path d="M0 0L4 4" stroke="blue"/></symbol><marker id="m"><path d="M0 0h3"/></marker></defs>
<g class="a" transform="translate(3 4) rotate(29) scale(1.2)" clip-path="url(#k)">
<path d="M5 5c3 4 5-6 8 1s2 3 4 4q1 2 3 3t4 4a5 4 30 0 1 9 9z" fill="url(#g)"/>
<path id="b" d="M1 1L20 20 30-4H50V9Z" stroke-dasharray="3 1" marker-end="url(#m)"/></g>
<use xlink:href="#s" x="10" width="30" height="20"/><switch><g systemLanguage="de"/><rect
x="5" y="50" width="20" height="10" rx="3" style="fill:#0080ff;stroke-width:2px"/></switch>
<polyline points="0,0 10,10 20,5" stroke="black"/><ellipse cx="70" cy="60" rx="9" ry="4"/>
<text x="9" y="70">a</text><image href="x.png" width="9" height="9"/></svg>"""
)
TOMLS = [
    b"""width = 24\nheight = 24\ninks = ["#1b1b1b", "?", "white"]\nsteps = 2\nseed = 3
[[terms]]\ntarget = "loom/conv3_3/8"\nweight = 1.5\n[views]\ncount = 2\n""",
    b"""medium = "strokes"\nsteps = 2\n[page]\nwidth = 40\nheight = 30\nscale = 1\n[strokes]
count = 4\n[[pens]]\nname = "red"\ncolour = "#f00"\nwidth = 0.5\n""",
]
PENS = b"""[[pens]]\nname = "gold"\ncolour = "#d4af37"\nwidth = 0.8\nopacity = 0.9
[[pens]]\nname = "black"\ncolour = "black"\nwidth = 0.3\n"""
MACHINE = b"""[gwrite.mine]\ndocument_start = "G21\\nG90\\n"
segment_first = "G0 X{x:.4f} Y{y:.4f}\\n"
segment = "G1 X{x:.4f} Y{y:.4f}\\n"\ndocument_end = "M2\\n"\nunit = "mm"\n"""


def words_of(text: str) -> list[str]:
    """Return the words of a text."""
    return text.split()


NUMBERS = [*words_of("0 -1 1e400 nan 1e-320 2147483648 0.5 inf % 3mm 7e3"), "9" * 40, ""]
WORDS = words_of(
    "none inherit url(#b) url(#none) currentColor a4 mine ? red:0 loom loom/conv4_1/17 #12 ../x "
    "loom/class/fish:0.5 \u00e9\U0001f58b white,?,?"
)
FLAGS = {
    "draw": "neuron inks width height steps seed strokes pens page margin budget pick like text "
    "style from symmetry bare mask tile variations set random-weights compare paper ink-budget",
    "plot": "to machine pens pen-file learn paper page margin fit hatch dither speed height "
    "delay pause per-pen registration sheet force report json bridge",
    "pens": "pen-file vpype",
    "networks": "sheet force channels size",
}
KINDS = words_of("svg svg svg recipe pens machine picture like words")
PICTURES = words_of(
    "RGB.PNG P.PNG RGBA.PNG L.JPEG F.TIFF I;16.PNG 1.PNG LA.PNG CMYK.JPEG RGB.GIF RGB.WEBP"
)
PLOTS = (
    "--report",
    "--pens black:0.3,red:0.5 --page a6",
    "--learn 2",
    "--to gcode",
    "--to hpgl",
    "--hatch cross --pens black",
    "",
)
SECONDS = 60


def changed(chance: random.Random, data: bytes) -> bytes:
    """Return a file with a few things in it replaced, repeated, moved or taken away."""
    for _ in range(chance.choice([1, 1, 2, 5])):
        at, to = sorted(chance.randrange(len(data) + 1) for _ in range(2))
        to = min(to, at + chance.choice([1, 4, 30, 200]))
        piece = data[at:to]
        other = chance.choice(
            [
                b"",
                piece * chance.choice([2, 3, 300]),
                piece[::-1],
                chance.choice(NUMBERS).encode(),
                chance.choice(WORDS).encode(),
                bytes(chance.randrange(256) for _ in range(3)),
                chance.choice(
                    [b"<g>", b"</g>", b"&lt;", b'"', b"'", b"[", b"=", b"\n", b"\0", b"<!--"]
                ),
            ]
        )
        data = data[:at] + other + data[to:]
    return data


def numbers_changed(chance: random.Random, data: bytes) -> bytes:
    """Return a file in which some numbers are others."""
    places = [at for at, byte in enumerate(data) if 48 <= byte <= 57]
    for at in sorted(
        chance.sample(places, min(len(places), chance.choice([1, 2, 6]))), reverse=True
    ):
        data = data[:at] + chance.choice(NUMBERS).encode() + data[at + 1 :]
    return data


def picture(chance: random.Random) -> bytes:
    """Return a small picture of some kind, perhaps damaged."""
    mode, kind = chance.choice(PICTURES).split(".")
    size = chance.choice([(1, 1), (1, 40), (9, 7), (30, 20)])
    made = Image.new("RGB" if mode == "P" else mode, size)
    for _ in range(0 if mode == "P" else 30):
        place = chance.randrange(size[0]), chance.randrange(size[1])
        value = chance.choice([0, 1, 255])
        with contextlib.suppress(TypeError):
            made.putpixel(
                place, value if len(made.getbands()) == 1 else (value,) * len(made.getbands())
            )
    if mode == "F":
        made.putpixel((0, 0), chance.choice([float("nan"), float("inf"), 1e30, 0.5]))
    out = io.BytesIO()
    made.convert("P" if mode == "P" else made.mode).save(out, kind)
    return out.getvalue() if chance.random() < 0.4 else changed(chance, out.getvalue())


def flags(chance: random.Random, verb: str) -> list[str]:
    """Return some flags of a verb, with values that may be anything."""
    words = []
    for name in chance.choices(words_of(FLAGS[verb]), k=chance.randrange(4)):
        words.append(f"--{name}")
        if chance.random() < 0.8:
            words.append(chance.choice([*NUMBERS, *WORDS, "x.svg", "x.toml", "x.png", "black:0.3"]))
    return words


def case(chance: random.Random) -> tuple[list[str], dict[str, bytes]]:  # noqa: PLR0911
    """Return the words of a command, and files beside it."""
    alter = chance.choice([changed, numbers_changed])
    small = ["--steps", "2", "--width", "24", "--height", "24", "--out", "runs"]
    kind = chance.choice(KINDS)
    if kind == "svg":
        words = ["plot", "x.svg", *words_of(chance.choice(PLOTS))]
        return words, {"x.svg": alter(chance, chance.choice(SVGS))}
    if kind == "recipe":
        return ["draw", "x.toml", "--out", "runs"], {"x.toml": alter(chance, chance.choice(TOMLS))}
    if kind == "pens":
        words = words_of(chance.choice(["pens check x.toml", "pens mine --pen-file x.toml"]))
        return words, {"x.toml": alter(chance, PENS)}
    if kind == "machine":
        files = {"x.toml": alter(chance, MACHINE), "x.svg": SVGS[-1]}
        return ["plot", "x.svg", "--to", "gcode", "--machine", "x.toml"], files
    if kind == "picture":
        words = ["plot", "x.png", "--page", "40x30mm", "--margin", "2", "--pens", "black:1,red:1"]
        return words, {"x.png": picture(chance)}
    if kind == "like":
        return ["draw", *small, "--like", "x.png"], {"x.png": picture(chance)}
    verb = chance.choice(list(FLAGS))
    sources = {"plot": ["x.svg"], "draw": small, "pens": [], "networks": ["loom"]}[verb]
    words = [verb, *sources, *flags(chance, verb)]
    if chance.random() < 0.2:
        words.insert(chance.randrange(len(words)), "".join(chance.choices(string.printable, k=5)))
    return words, {"x.svg": SVGS[-1], "x.toml": PENS, "x.png": picture(chance)}


def fault(words: list[str], files: dict[str, bytes]) -> str:
    """Run a command in a folder of its own; return what is wrong with how it ended, or nothing."""
    out, err, here = io.StringIO(), io.StringIO(), Path.cwd()

    def late(number: int, frame: object) -> None:
        raise TimeoutError(f"still at work after {SECONDS} s of its processor's time")

    before = signal.signal(signal.SIGVTALRM, late)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for name, data in files.items():
            Path(name).write_bytes(data)
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                main(words)
        except SystemExit as end:
            code = end.code
        except BaseException:
            return traceback.format_exc()
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, before)
            os.chdir(here)
    said = err.getvalue()
    if code == 0:
        return "Traceback" * ("Traceback" in said)
    if code == 2 and words[:2] == ["pens", "check"] and out.getvalue():
        return ""  # which tells all that is wrong as its result
    if code != 2 or not said.startswith("inkdream: ") or said.count("\n") != 1:
        return f"code {code}, said {said!r}"
    return ""


def cases(seed: int) -> Iterator[tuple[list[str], dict[str, bytes]]]:
    """Yield cases without end; the same for a seed."""
    for number in itertools.count():
        yield case(random.Random(f"{seed} {number}"))


def search() -> None:
    """Print the faults among many cases."""
    parser = argparse.ArgumentParser(description="Look for commands that end as none should.")
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="a folder for the files of faults")
    asked = parser.parse_args()
    for number, (words, files) in enumerate(itertools.islice(cases(asked.seed), asked.cases)):
        if found := fault(words, files):
            print(f"case {number}: {words}\n{found}", flush=True)
            if asked.keep:
                for name, data in files.items():
                    (asked.keep / f"{number}-{name}").write_bytes(data)
    print(f"{asked.cases} cases", file=sys.stderr)


if __name__ == "__main__":
    search()
