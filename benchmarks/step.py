"""How much of a step's time is not the network's own forward and backward?

    python benchmarks/step.py
    python benchmarks/step.py --neuron loom/conv5_1/3 --size 512 --inks 8

In one run, in turn: a whole step of the climb in inks, soft and strict, and the network's bare
forward and backward on a batch of the same shape, down to the same layer. Medians are printed.
"""

import argparse
import platform
import statistics
import time
from collections.abc import Callable

import torch

from inkdream import recipe
from inkdream.networks import look
from inkdream.sketch import Sketch


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
    parser.add_argument("--rounds", type=int, default=40, help="steps measured (default 40)")
    parser.add_argument("--threads", type=int, help="of torch (default: all cores)")
    parser.add_argument("--set", nargs="*", default=[], help="recipe settings, key=value")
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    print(
        f"{given.neuron}, {given.size} px, {given.inks} inks, {torch.get_num_threads()} threads, "
        f"torch {torch.__version__}, {platform.machine()}\n"
    )
    print("| phase | step, ms | bare network, ms | not the network |")
    print("|---|---|---|---|")
    for phase, share in (("soft", "1"), ("strict", "0")):
        made = recipe.assemble(
            None,
            {
                "terms": [{"target": given.neuron}],
                "width": given.size,
                "height": given.size,
                "inks": given.inks,
                "steps": 4 * given.rounds,
            },
            ["climb.study=0", "climb.leak=0", f"softness.strict_from={share}", *given.set],
        )
        sketch = Sketch(made)
        with torch.no_grad():
            batch = sketch.ascent.views(sketch.result.image(0.5), torch.Generator())
        times = median_ms({"step": sketch.ascent.step, "bare": bare(sketch, batch)}, given.rounds)
        rest = 1 - times["bare"] / times["step"]
        print(f"| {phase} | {times['step']:.1f} | {times['bare']:.1f} | {rest:.0%} |")


if __name__ == "__main__":
    main()
