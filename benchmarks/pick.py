"""Are pens better chosen with the picture, or by hand afterwards?

    python benchmarks/pick.py                                   # the table of docs/benchmarks.md
    python benchmarks/pick.py --medium strokes --pick 3 --seeds 0 1

For each neuron, from equal steps and as many pens out of a box: chosen jointly with the picture
(`pick`); the pens nearest to learned inks, put in their place in the finished picture; the same
pens, with which the picture is then climbed once more (twice the steps); the pens nearest to the
k-means of the study in colour (pixels only). Scores are strict: whole, unmoved, nothing but pens.
"""

import argparse
import itertools
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from inkdream import colour, recipe
from inkdream.drawing import PixelDrawing, StrokeDrawing
from inkdream.drawing.pen_selection import assign
from inkdream.inking.quantise import cluster
from inkdream.optimize.scores import measure
from inkdream.optimize.session import Session
from inkdream.pens import LEARNED, Pen
from inkdream.pens.catalogue import ranges
from inkdream.recipe import Recipe

NEURONS = ("loom/conv3_2/17", "loom/conv4_1/5", "loom/conv4_1/60")
SIDE = 128
WAYS = ("jointly", "put in afterwards", "and climbed again", "from the study")


def box(key: str, count: int) -> list[Pen]:
    """Return pens of a range, spread over it."""
    pens = [each.pen for each in ranges()[key]]
    return [pens[number * len(pens) // count] for number in range(min(count, len(pens)))]


def climbed(made: Recipe) -> Session:
    session = Session(made)
    for _ in session.steps():
        pass
    return session


def nearest(inks: Tensor, pens: Sequence[Pen]) -> list[Pen]:
    """Return the pen nearest to each ink (linear RGB) in OKLab, none twice."""
    known = torch.from_numpy(colour.linear_of([pen.colour for pen in pens])).float()
    far = torch.cdist(colour.linear_to_oklab(inks), colour.linear_to_oklab(known))
    return [pens[number] for number in assign(-far).tolist()]


def put_in(session: Session, pens: Sequence[Pen]) -> float:
    """Return what the drawing scores with these pens in place of its learned inks."""
    drawing = session.result
    assert isinstance(drawing, PixelDrawing | StrokeDrawing)
    colours = torch.from_numpy(colour.linear_of([pen.colour for pen in pens])).float()
    drawing.palette.restart(colours)
    with torch.no_grad():
        image = drawing.image(0.0)
    return session.objective.total(measure(session.networks, session.objective, image))


def compare(table: Mapping[str, Any], pens: Sequence[Pen], count: int) -> dict[str, float]:
    """Return the score of each way, and print the pens of the joint choice."""
    scores = {}
    joint = climbed(recipe.validate({**table, "pens": pens, "pick": count}))
    scores["jointly"] = joint.hard_score()
    areas = table["medium"] == "pixels"
    inks = [LEARNED] * count
    free = climbed(recipe.validate({**table, "inks": ["#ffffff", *inks] if areas else inks}))
    learned = free.result.palette.colours().detach()[int(areas) :]  # type: ignore[union-attr, operator]
    found = nearest(learned, pens)
    scores["put in afterwards"] = put_in(free, found)
    scores["and climbed again"] = climbed(recipe.validate({**table, "pens": found})).hard_score()
    if areas:
        with torch.no_grad():
            study = joint.drawing_of("study").image(1.0)
        chance = torch.Generator().manual_seed(table["seed"])
        found = nearest(cluster(study, ["#ffffff", *inks], chance)[1:], pens)
        fixed = recipe.validate({**table, "pens": found})
        scores["from the study"] = climbed(fixed).hard_score()
    return scores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--neurons", nargs="+", default=NEURONS)
    parser.add_argument("--medium", choices=("pixels", "strokes"), default="pixels")
    parser.add_argument("--range", default="stabilo88")
    parser.add_argument("--pens", type=int, default=24)
    parser.add_argument("--pick", type=int, default=4)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--set", nargs="*", default=[], help="key=value of the recipe")
    said = parser.parse_args()
    pens = box(said.range, said.pens)
    ways = WAYS if said.medium == "pixels" else WAYS[:3]
    print(f"{said.pick} of {len(pens)} pens of {said.range}, {said.steps} steps")
    print(f"| neuron | seed | {' | '.join(ways)} |")
    print(f"|---|---|{'---|' * len(ways)}")
    rows = []
    for neuron, seed in itertools.product(said.neurons, said.seeds):
        table = {
            "medium": said.medium,
            "terms": [{"target": neuron}],
            "width": SIDE,
            "height": SIDE,
            "page": {"size": "100x100mm", "scale": SIDE / 100},
            "steps": said.steps,
            "seed": seed,
        }
        made = recipe.assemble(None, {**table, "pens": pens, "pick": said.pick}, said.set)
        table = made.model_dump(exclude={"pens", "pick", "inks"})
        scores = compare(table, pens, said.pick)
        rows.append(scores)
        cells = " | ".join(f"{scores[way]:.3f}" for way in ways)
        print(f"| {neuron} | {seed} | {cells} |", flush=True)
    means = " | ".join(f"{statistics.mean(row[way] for row in rows):.3f}" for way in ways)
    print(f"| mean | | {means} |")


if __name__ == "__main__":
    main()
