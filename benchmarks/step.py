"""How much of a step's time is not the network's own forward and backward?

    python benchmarks/step.py
    python benchmarks/step.py --neuron loom/conv5_1/3 --size 512 --inks 8
    python benchmarks/step.py --strokes 400                            # strokes in four pens
    python benchmarks/step.py --strokes 400 --device cuda              # on a graphics card
    python benchmarks/step.py --neuron vgg16/conv4_3/2 --size 224 --views 4 --lucent --memory

In one run, in turn: a whole step of the climb in inks, soft and strict, and the network's bare
forward and backward on a batch of the same shape, down to the same layer. Medians are printed;
"run" is the mean of both phases. Networks other than loom have random weights where the cache has
no others: their speed does not depend on them.

With --lucent, the library lucent climbs the same neuron of torchvision's network, with its own
transforms and Fourier parameters: one picture, seen as often as ours. Steps are taken in turn.
With --memory, a process of its own says what a step adds to the memory in use before it (Linux).
"""

import argparse
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from inkdream import recipe
from inkdream.memory import keep_freed_memory
from inkdream.networks import look
from inkdream.networks.vision import ZOO, import_models, taps
from inkdream.optimize.session import Session

# Steps that are taken before any is measured.
WARM_UP = 3
PHASES = {"soft": "1", "strict": "0"}


def make(given: argparse.Namespace, phase: str) -> Session:
    """Return a session whose every step is of that phase."""
    said: dict[str, Any] = {"terms": [{"target": given.neuron}], "random_weights": True}
    said |= {"steps": 8 * (given.rounds + WARM_UP), "views": {"count": given.views}}
    if given.strokes:
        page = {"width": 210, "height": 210, "scale": given.size / 210}
        said |= {"medium": "strokes", "strokes": {"count": given.strokes}, "page": page}
    else:
        said |= {"width": given.size, "height": given.size, "inks": given.inks}
    settings = ["climb.study=0", "climb.leak=0", f"softness.strict_from={PHASES[phase]}"]
    said["device"] = given.device
    return Session(recipe.assemble(None, said, [*settings, *given.set]))


def bare(session: Session, batch: torch.Tensor) -> Callable[[], None]:
    """Return the network's own work in a step: forward to the layers asked for, and backward."""
    layers = session.objective.layers

    def work() -> None:
        pixels = batch.clone().requires_grad_()
        features = look(session.networks, pixels, layers)
        torch.stack([value.mean() for value in features.values()]).sum().backward()

    return work


def clock(work: Callable[[], object]) -> float:
    """Return a work's time in ms."""
    begun = time.perf_counter()
    work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return (time.perf_counter() - begun) * 1000


def median_ms(works: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return each work's median time in ms, taken in turn so that all see the same machine."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for index in range(rounds + WARM_UP):
        for name, work in works.items():
            took = clock(work)
            if index >= WARM_UP:
                times[name].append(took)
    return {name: statistics.median(values) for name, values in times.items()}


class InTurn(torch.optim.Adam):
    """lucent's optimiser with a clock, that lets others take a step before each of its own."""

    def __init__(self, parameters: Any, others: Mapping[str, Callable[[], object]]) -> None:
        super().__init__(parameters, lr=5e-2)
        self.others = others
        self.times: dict[str, list[float]] = {name: [] for name in (*others, "lucent")}

    def step(self, closure: Any = None) -> Any:
        for name, work in self.others.items():
            self.times[name].append(clock(work))
        self.times["lucent"].append(clock(lambda: super(InTurn, self).step(closure)))


def climb_by_lucent(
    given: argparse.Namespace, steps: int, others: Mapping[str, Callable[[], object]]
) -> dict[str, float]:
    """Let lucent take steps, others' in turn; return medians in ms."""
    models = import_models()  # first: it mends an import of torchvision that fails
    from lucent.optvis import (  # noqa: PLC0415
        objectives,
        param,
        render,
        transform,
    )

    name, layer, channel = given.neuron.split("/")
    inception = {"aux_logits": False, "init_weights": False}
    settings = inception if name in ("googlenet", "inception_v3") else {}
    network = models.get_model(name, weights=None, **settings).eval()
    path = next(tap.path for tap in taps(name, network) if tap.name == layer)
    clocks: list[InTurn] = []

    def optimiser(parameters: Any) -> InTurn:
        clocks.append(InTurn(parameters, others))
        return clocks[0]

    render.render_vis(
        network,
        objectives.channel(path.replace(".", "_") or "labels", int(channel)),
        lambda: param.image(given.size),
        optimizer=optimiser,
        transforms=[lambda one: one.repeat(given.views, 1, 1, 1), *transform.standard_transforms],
        thresholds=(steps,),
        progress=False,
        show_image=False,
    )
    return {who: statistics.median(took[WARM_UP:]) for who, took in clocks[0].times.items()}


def kilobytes(what: str) -> int:
    """Return what the system says of this process: VmRSS (now) or VmHWM (the most)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith(what)).split()[1])


def print_memory(given: argparse.Namespace, who: str) -> None:
    """Print the MB that steps add to what is in use before, and the most in use."""
    if who == "lucent":
        before = kilobytes("VmRSS")
        climb_by_lucent(given, WARM_UP + 2, {})
    else:
        session = make(given, who)
        side = max(16, given.size // 8)  # small: only for random weights to be made
        with torch.no_grad():
            look(session.networks, torch.rand(1, 3, side, side), session.objective.layers)
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget the most so far
        before = kilobytes("VmRSS")
        for _ in range(3):
            session.loop.step()
    most = kilobytes("VmHWM")
    print(f"| {who} | {(most - before) / 1024:.0f} | {most / 1024:.0f} |", flush=True)


def print_times(given: argparse.Namespace) -> None:
    """Print the table of steps, and with --lucent how many lucent takes meanwhile."""
    print("| phase | step, ms | bare network, ms | step / bare | not the network |")
    print("|---|---|---|---|---|")
    rows: list[tuple[str, float, float]] = []
    sessions = {phase: make(given, phase) for phase in PHASES}
    for phase, session in sessions.items():
        with torch.no_grad():
            batch = session.loop.views.sample(torch.Generator())(session.result.image(0.5))
        times = median_ms({"step": session.loop.step, "bare": bare(session, batch)}, given.rounds)
        rows.append((phase, times["step"], times["bare"]))
    steps, bares = [row[1] for row in rows], [row[2] for row in rows]
    rows.append(("run", statistics.mean(steps), statistics.mean(bares)))
    for name, step, alone in rows:
        shares = f"{step / alone:.2f} | {1 - alone / step:.0%}"
        print(f"| {name} | {step:.1f} | {alone:.1f} | {shares} |", flush=True)
    if given.lucent:
        ascents = {phase: session.loop.step for phase, session in sessions.items()}
        found = climb_by_lucent(given, given.rounds + WARM_UP, ascents)
        ours = statistics.mean(found[phase] for phase in PHASES)
        print(
            f"\nsteps a second, in turn: inkdream {1000 / ours:.2f}, lucent "
            f"{1000 / found['lucent']:.2f}, ratio {found['lucent'] / ours:.2f}"
        )


def main() -> None:
    keep_freed_memory()
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--neuron", default="loom/conv4_1/17")
    parser.add_argument("--size", type=int, default=256, help="px (default 256)")
    parser.add_argument("--inks", type=int, default=4)
    parser.add_argument("--strokes", type=int, default=0, help="draw so many strokes, not pixels")
    parser.add_argument("--views", type=int, default=1, help="views a step (default 1)")
    parser.add_argument("--rounds", type=int, default=40, help="steps measured (default 40)")
    parser.add_argument("--threads", type=int, help="of torch (default: all cores)")
    parser.add_argument("--device", default="cpu", help="cpu, cuda, mps or auto (default cpu)")
    parser.add_argument("--lucent", action="store_true", help="also as the library lucent does")
    parser.add_argument("--memory", action="store_true", help="also the memory of a step")
    parser.add_argument("--memory-of", help=argparse.SUPPRESS)
    parser.add_argument("--set", nargs="*", default=[], help="recipe settings, key=value")
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    if given.memory_of:
        print_memory(given, given.memory_of)
        return
    if given.lucent and given.neuron.split("/")[0] not in ZOO:
        parser.error("--lucent knows torchvision's networks only, such as --neuron vgg16/conv4_3/2")
    what = f"{given.strokes} strokes, 4 pens" if given.strokes else f"{given.inks} inks"
    print(
        f"{given.neuron}, {given.size} px, {what}, {given.views} views, {given.device}, "
        f"{torch.get_num_threads()} threads, torch {torch.__version__}, {platform.machine()}\n"
    )
    print_times(given)
    if given.memory:
        print("\n| memory | a step, MB | the whole process, MB |\n|---|---|---|", flush=True)
        for who in (*PHASES, *(["lucent"] if given.lucent else [])):
            subprocess.run([sys.executable, *sys.argv, "--memory-of", who], check=True)


if __name__ == "__main__":
    main()
