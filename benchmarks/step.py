"""How much of a step's time is not the network's own forward and backward?

    python benchmarks/step.py
    python benchmarks/step.py --neuron loom/conv5_1/3 --size 512 --inks 8
    python benchmarks/step.py --strokes 400                            # strokes in four pens
    python benchmarks/step.py --strokes 400 --size 224 --neuron vgg16/conv4_3/2

In one run, in turn: a whole step of the climb in inks, soft and strict, and the network's bare
forward and backward on a batch of the same shape, down to the same layer. Medians are printed.
`vgg16` is VGG16 up to conv4_3 with random weights: its speed does not depend on them.
"""

import argparse
import platform
import statistics
import time
from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from inkdream import recipe
from inkdream.networks import Layer, Network, look
from inkdream.sketch import Sketch


class Vgg16(Network):
    """VGG16 (Simonyan and Zisserman 2014) up to conv4_3, with random weights."""

    def __init__(self) -> None:
        super().__init__()
        self.name = "vgg16"
        widths, blocks = (64, 128, 256, 512), (2, 2, 3, 3)
        parts: list[nn.Module] = []
        last = 3
        for number, (width, count) in enumerate(zip(widths, blocks, strict=True)):
            parts += [nn.MaxPool2d(2)] if number else []
            for _ in range(count):
                parts += [nn.Conv2d(last, width, 3, padding=1), nn.ReLU(inplace=True)]
                last = width
        body = nn.Sequential(*parts)
        self.body = body.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.layers = (Layer("conv4_3", 512, 8, 92),)
        self.freeze()

    def look(
        self, pictures: Float[Tensor, "V 3 H W"], layers: Sequence[str], leak: float = 0.0
    ) -> dict[str, Tensor]:
        """Return conv4_3 after its ReLU."""
        picture = pictures.contiguous(memory_format=torch.channels_last)
        return {"conv4_3": self.body(picture)}


def bare(sketch: Sketch, batch: torch.Tensor) -> Callable[[], None]:
    """Return the network's own work in a step: forward to the layers asked for, and backward."""
    layers = sketch.objective.layers

    def work() -> None:
        pixels = batch.clone().requires_grad_()
        features = look(sketch.networks, pixels, layers)
        torch.stack([value.mean() for value in features.values()]).sum().backward()

    return work


def median_ms(works: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return each work's median time in ms, taken in turn so that all see the same machine."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for index in range(rounds + 3):
        for name, work in works.items():
            begun = time.perf_counter()
            work()
            if index >= 3:
                times[name].append((time.perf_counter() - begun) * 1000)
    return {name: statistics.median(values) for name, values in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--neuron", default="loom/conv4_1/17")
    parser.add_argument("--size", type=int, default=256, help="px (default 256)")
    parser.add_argument("--inks", type=int, default=4)
    parser.add_argument("--strokes", type=int, default=0, help="draw so many strokes, not pixels")
    parser.add_argument("--rounds", type=int, default=40, help="steps measured (default 40)")
    parser.add_argument("--threads", type=int, help="of torch (default: all cores)")
    parser.add_argument("--set", nargs="*", default=[], help="recipe settings, key=value")
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    known = {"vgg16": Vgg16()} if given.neuron.startswith("vgg16") else None
    what = f"{given.strokes} strokes, 4 pens" if given.strokes else f"{given.inks} inks"
    print(
        f"{given.neuron}, {given.size} px, {what}, {torch.get_num_threads()} threads, "
        f"torch {torch.__version__}, {platform.machine()}\n"
    )
    print("| phase | step, ms | bare network, ms | not the network |")
    print("|---|---|---|---|")
    for phase, share in (("soft", "1"), ("strict", "0")):
        said = {"terms": [{"target": given.neuron}], "steps": 4 * given.rounds}
        if given.strokes:
            page = {"width": 210, "height": 210, "scale": given.size / 210}
            said |= {"medium": "strokes", "strokes": {"count": given.strokes}, "page": page}
        else:
            said |= {"width": given.size, "height": given.size, "inks": given.inks}
        made = recipe.assemble(
            None,
            said,
            ["climb.study=0", "climb.leak=0", f"softness.strict_from={share}", *given.set],
        )
        sketch = Sketch(made, known)
        with torch.no_grad():
            batch = sketch.ascent.views.cast(torch.Generator())(sketch.result.image(0.5))
        times = median_ms({"step": sketch.ascent.step, "bare": bare(sketch, batch)}, given.rounds)
        rest = 1 - times["bare"] / times["step"]
        print(f"| {phase} | {times['step']:.1f} | {times['bare']:.1f} | {rest:.0%} |")


if __name__ == "__main__":
    main()
