"""How fast are strokes drawn and differentiated? Prints a table in Markdown.

Each row is a process of its own. Forward goes from control points to the picture in linear RGB
(flattening, coverage, inks on paper); backward from the picture's gradient to those of control
points, radii, weights and colours.

Scenes (4 pens; every stroke 2 px wide with some of each pen; a sharp edge unless --softening says
otherwise):

    a  400 strokes (791 cubics) at 224 x 224: a finished drawing's, or made ones like them
    b  the same at 512 x 512
    c  2,000 strokes at 512 x 512, each a random walk of 1 to 3 cubics, short beside the page
    d  20,000 strokes at 2048 x 2048, likewise
    e  2,048 strokes of one cubic at 2040 x 1344, likewise (by default on CUDA only)
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from inkdream import raster
from inkdream.raster import SHARP, Inks, flatten, paint, sparse_torch

DRAWING = Path(__file__).resolve().parents[2] / "shared" / "data" / "seed" / "seed400.svg"
PENS = 4
ROOM = 3  # cubics that a stroke has at most
MEGABYTE = 2**20


class Curves(NamedTuple):
    """Control points (S, 3 * ROOM + 1, 2), cubics and half widths of strokes, and the page."""

    points: Tensor
    cubics: Tensor
    radius: Tensor
    height: int
    width: int
    segments: int


def read_drawing(path: Path) -> tuple[Tensor, Tensor, Tensor]:
    """Control points, cubics and half widths of an SVG of paths of an M and absolute Cs."""
    strokes, cubics, widths = [], [], []
    for path_data, width in re.findall(
        r'<path d="([^"]*)" stroke-width="([^"]*)"', path.read_text()
    ):
        numbers = [float(number) for number in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", path_data)]
        points = torch.tensor(numbers).view(-1, 2)
        strokes.append(torch.cat([points, points[-1:].expand(3 * ROOM + 1 - len(points), 2)]))
        cubics.append(len(points) // 3)
        widths.append(float(width))
    return torch.stack(strokes), torch.tensor(cubics), torch.tensor(widths) / 2


def make_drawing(
    strokes: int, reach: float, cubics: int | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """Random walks on a page of size 1 with steps of up to `reach`; half widths of 1 px."""
    generator = torch.Generator().manual_seed(0)
    counts = torch.randint(1, ROOM + 1, (strokes,), generator=generator)
    start = torch.rand(strokes, 1, 2, generator=generator)
    steps = (2 * torch.rand(strokes, 3 * ROOM, 2, generator=generator) - 1) * reach
    points = torch.cat([start, steps], dim=1).cumsum(1)
    return (
        points,
        counts if cubics is None else torch.full_like(counts, cubics),
        torch.ones(strokes),
    )


def scene(name: str) -> Curves:
    """One of the scenes above."""
    if name in "ab":
        size, segments = (224, 24) if name == "a" else (512, 32)
        if DRAWING.is_file():
            points, cubics, radius = read_drawing(DRAWING)
            return Curves(points * (size / 224), cubics, radius, size, size, segments)
        points, cubics, radius = make_drawing(400, 0.2)
        return Curves(points * size, cubics, radius, size, size, segments)
    if name == "e":
        points, cubics, radius = make_drawing(2048, 0.05, cubics=1)
        return Curves(points * torch.tensor([1344.0, 2040.0]), cubics, radius, 2040, 1344, 32)
    strokes, size = (2_000, 512) if name == "c" else (20_000, 2048)
    points, cubics, radius = make_drawing(strokes, 0.05)
    return Curves(points * size, cubics, radius, size, size, 32)


def timer(device: str) -> Callable[[], float]:
    """A clock in ms that waits for the device first."""

    def now() -> float:
        if device == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter() * 1e3

    return now


def passes(curves: Curves, softening: float, device: str) -> Iterator[tuple[float, float]]:
    """Draw and differentiate again and again; yield ms forward and ms backward."""
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(len(curves.points), PENS, generator=generator)
    pull = torch.randn(3, curves.height, curves.width, generator=generator).to(device)
    colours = torch.rand(PENS, 3, generator=generator)
    inks = Inks(colours.to(device), torch.zeros(PENS, device=device), torch.ones(3, device=device))
    tensors = [
        each.to(device).requires_grad_()
        for each in (curves.points, curves.radius, logits.softmax(1), inks.colours)
    ]
    points, radius, weights, colours = tensors
    cubics, inks, now = curves.cubics.to(device), inks._replace(colours=colours), timer(device)
    while True:
        begin = now()
        lines = flatten(points, curves.segments, cubics)
        picture = paint(lines, radius, weights, inks, curves.height, curves.width, softening)
        middle = now()
        torch.autograd.grad(picture, tensors, pull)
        yield middle - begin, now() - middle


def measure(options: argparse.Namespace) -> dict[str, float]:
    """Medians in ms of one scene, and peak memory in MB above what stood before."""
    torch.set_num_threads(options.threads[0])
    if options.backend == "torch":
        plain = raster.Backend(sparse_torch.forward, sparse_torch.backward)
        raster.backend = lambda lines: plain
    device, curves = options.device, scene(options.scenes)
    points, cubics, radius = (each[:2] for each in curves[:3])
    tiny = Curves(points, cubics, radius, 8, 8, curves.segments)
    next(passes(tiny, options.softening, device))  # load what is compiled
    before = memory(device)
    drawing = passes(curves, options.softening, device)
    next(drawing)
    times = [next(drawing) for _ in range(options.repeats)]
    return {
        "forward": statistics.median(forward for forward, _ in times),
        "backward": statistics.median(backward for _, backward in times),
        "both": statistics.median(map(sum, times)),
        "memory": memory(device) - before,
    }


def memory(device: str) -> float:
    """Peak memory in MB: of the process, or of torch on the device."""
    if device == "cuda":
        return torch.cuda.max_memory_allocated() / MEGABYTE
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MEGABYTE


def measure_apart(
    options: argparse.Namespace, name: str, threads: int, backend: str
) -> dict[str, float]:
    """The same in a process of its own."""
    repeats = options.repeats if backend == "kernel" else max(1, options.repeats // 7)
    command = [sys.executable, __file__, "--worker", "--scenes", name, "--threads", str(threads)]
    command += ["--backend", backend, "--repeats", str(repeats), "--device", options.device]
    command += ["--softening", str(options.softening)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    result: dict[str, float] = json.loads(output)
    return result


def table(options: argparse.Namespace) -> Iterator[str]:
    """The lines of the table."""
    yield (
        "| scene | threads | forward, ms | backward, ms | both, ms | memory, MB "
        "| plain torch, ms | ratio |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    for name in options.scenes:
        for threads in options.threads:
            fast = measure_apart(options, name, threads, "kernel")
            cells = [
                name,
                str(threads),
                *(f"{fast[each]:.2f}" for each in ("forward", "backward", "both")),
            ]
            cells += [f"{fast['memory']:.0f}", "-", "-"]
            if name in options.torch:
                slow = measure_apart(options, name, threads, "torch")
                cells[-2:] = [f"{slow['both']:.0f}", f"{slow['both'] / fast['both']:.0f}"]
            yield f"| {' | '.join(cells)} |"


def machine(device: str) -> str:
    """What the numbers were measured on, in words."""
    if device == "cuda":
        return f"{torch.cuda.get_device_name()}, torch {torch.__version__}"
    model = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").is_file():
        found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
        model = found[1] if found else model
    return f"{model}, {torch.get_num_threads()} threads by default, torch {torch.__version__}"


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    cuda = torch.cuda.is_available()
    scenes = "abcde" if cuda else "abcd"
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cuda" if cuda else "cpu")
    parser.add_argument("--scenes", default=scenes, help="letters of scenes (default: %(default)s)")
    parser.add_argument("--threads", type=int, nargs="+", default=[2, 1])
    parser.add_argument("--repeats", type=int, default=21, help="passes to take the median of")
    parser.add_argument("--softening", type=float, default=SHARP, help="px (default: %(default)s)")
    parser.add_argument(
        "--torch", default="abc", help="scenes to draw with plain torch too, a seventh as often"
    )
    parser.add_argument(
        "--backend", choices=["kernel", "torch"], default="kernel", help=argparse.SUPPRESS
    )
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    options = parse()
    if options.worker:
        print(json.dumps(measure(options)))
        return
    print(f"{machine(options.device)}; softening {options.softening} px\n")
    for line in table(options):
        print(line, flush=True)


if __name__ == "__main__":
    main()
