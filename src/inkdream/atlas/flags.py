"""What `inkdream atlas` is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from inkdream.usage import EXPERT, OUTPUT, TIME, WHAT, WHOLE, Several, Switch, value

# What every tile of a layer has, where neither flags nor a recipe say otherwise.
USUAL_WIDTH, USUAL_STEPS = 128, 120
# A class is known by the whole of a drawing, not by its detail: smaller ones, with as many steps,
# come out clearer, for two thirds of the time; and there are a thousand (docs/benchmarks.md).
CLASS_LAYERS, CLASS_WIDTH = ("class", "logits"), 96


@Parameter(name="*")
@dataclass(frozen=True)
class AtlasFlags:
    """What to draw, where to, and by whom."""

    channels: Annotated[str | None, WHAT, value("LIST")] = None
    """Which channels or classes of the layer: 0-159, or 0-15,40, or spiral,star. Default all."""
    recipe: Annotated[Path | None, WHAT, value("FILE")] = None
    """A recipe (TOML) that says how the channels are drawn: inks, pens, steps; what it excites is
    left out."""
    seeds: Annotated[str | None, WHAT, value("LIST")] = None
    """Draw each with several seeds: 0-9, or 0,3,7. Default the recipe's."""
    steps: Annotated[int | None, WHOLE, TIME, value("N")] = None
    """Steps of each tile. Default 120 for a layer, else the recipe's."""
    width: Annotated[int | None, WHOLE, TIME, value("PX")] = None
    """Width of each tile; its height follows. Default 128 for a layer, 96 for one of classes, else
    the recipe's."""
    set: Annotated[Several, EXPERT, value("KEY=VALUE")] = None
    """Any other setting of the recipe: --set inks=3."""
    out: Annotated[Path, Parameter(alias="-o"), OUTPUT, value("FOLDER")] = Path("atlas")
    """The folder of the atlas. What is finished in it is not drawn again."""
    plots: Annotated[Switch, OUTPUT] = False
    """Also leave the plotter's file (drawing.svg) of each tile."""
    json: Annotated[Switch, OUTPUT] = False
    """Print what happens as lines of JSON, for programs."""
    workers: Annotated[int | None, WHOLE, TIME, value("N")] = None
    """How many tiles are drawn at once. Default as many as there are processors."""
    retries: Annotated[int, WHOLE, TIME, value("N")] = 3
    """How often a tile is tried before it counts as failed, 1 to 100."""
    engine: Annotated[Literal["local", "ray"], EXPERT] = "local"
    """Who draws: this machine, or a Ray cluster (extra inkdream[fleet])."""
    address: Annotated[str | None, EXPERT, value("ADDRESS")] = None
    """The Ray cluster, such as auto or 10.0.0.5:6379. Default one that Ray starts on this
    machine."""
    shard: Annotated[str | None, EXPERT, value("I/N")] = None
    """Draw only each N-th tile, from the I-th on, counted from 0: for arrays of jobs. auto takes
    both from Slurm or AWS Batch, auto/N the first from Kubernetes too."""
