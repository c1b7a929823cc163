"""How much of a score do strokes keep when they are drawn with a few pens?

    python benchmarks/strokes.py                     # the table of docs/benchmarks.md
    python benchmarks/strokes.py --pens '#1b1b1b:0.5,crimson:0.5' --strokes 200 --seeds 3

For each neuron, from equal steps: strokes of any colour each (transparent inks, one width), and
strokes with the pens. The pens' score is taken on the exported SVG as resvg renders it, that of the
free strokes on their sharp picture; the gap is between the SVG and the soft drawing that the climb
saw last.
"""

import argparse
import statistics
import time
from dataclasses import dataclass

import torch

from inkdream import recipe
from inkdream.drawing import StrokeDrawing
from inkdream.formats.svg import to_svg, without_unseen
from inkdream.memory import keep_freed_memory
from inkdream.objectives import scoring
from inkdream.optimize.scores import measure
from inkdream.optimize.session import Session, Stage, loop_of
from inkdream.recipe import Recipe
from inkdream.svg.render import render_svg

NEURONS = [
    f"loom/{layer}/{channel}"
    for layer, channels in (("conv3_2", (3, 17, 40)), ("conv4_1", (5, 17, 60)))
    for channel in channels
]


@dataclass(frozen=True)
class Row:
    """What one neuron gave."""

    neuron: str
    free: float
    pens: float
    gap: float
    strokes: int
    difference: float
    seconds: float


def free_score(made: Recipe) -> float:
    """Return what strokes of any colour score, sharp, whole and unmoved."""
    networks = scoring.networks(made)
    goal = scoring.objective(made, networks)
    stage = Stage("comparison", made.steps)
    ascent = loop_of(made, stage, networks, goal, None)
    for _ in ascent.steps():
        pass
    with torch.no_grad():
        return goal.total(measure(networks, goal, ascent.drawing.image(0.0)))


def climb(made: Recipe) -> Row:
    """Return what a neuron gives with pens and without."""
    session = Session(made)
    begun = time.perf_counter()
    for _ in session.steps():
        pass
    seconds = time.perf_counter() - begun
    drawing = session.result
    assert isinstance(drawing, StrokeDrawing)
    with torch.no_grad():
        soft, strict = drawing.image(made.softness.end), drawing.image(0.0)
    plot = without_unseen(drawing.plot())
    height, width = made.page.pixels
    svg = render_svg(to_svg(plot), made.paper, height, width, made.page.scale)
    rendered = torch.from_numpy(svg)
    goal = session.objective
    score = goal.total(measure(session.networks, goal, rendered))
    blended = goal.total(measure(session.networks, goal, soft))
    return Row(
        made.terms[0].about,
        free_score(made),
        score,
        1 - score / blended,
        plot.strokes,
        float((rendered - strict).abs().mean()),
        seconds,
    )


def main() -> None:
    keep_freed_memory()
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--neurons", nargs="+", default=NEURONS)
    parser.add_argument("--pens", default="black,red,blue,green")
    parser.add_argument("--strokes", type=int, default=400)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--set", nargs="*", default=[], help="key=value of the recipe")
    said = parser.parse_args()
    print("| neuron | seed | any colour | pens | kept | gap | strokes | SVG differs by | s |")
    print("|---|---|---|---|---|---|---|---|---|")
    rows = []
    for seed in said.seeds:
        for neuron in said.neurons:
            table = {
                "medium": "strokes",
                "terms": [{"target": neuron}],
                "pens": said.pens,
                "steps": said.steps,
                "seed": seed,
                "strokes": {"count": said.strokes},
            }
            row = climb(recipe.assemble(None, table, said.set))
            rows.append(row)
            print(
                f"| {row.neuron} | {seed} | {row.free:.3f} | {row.pens:.3f} | "
                f"{row.pens / row.free:.3f} | {row.gap:.3f} | {row.strokes} | "
                f"{row.difference:.4f} | {row.seconds:.0f} |",
                flush=True,
            )
    kept = statistics.mean(row.pens / row.free for row in rows)
    print(
        f"kept on average {kept:.3f}, at worst {min(row.pens / row.free for row in rows):.3f}; "
        f"largest gap {max(row.gap for row in rows):.3f}; "
        f"SVG differs by at most {max(row.difference for row in rows):.4f}"
    )


if __name__ == "__main__":
    main()
