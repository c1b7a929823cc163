"""The stages of one recipe, in memory: runs add a folder, benchmarks do not.

session = Session(recipe)
for stage, step in session.steps():
    print(stage, step.total)
picture = session.result.snapshot()
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from inkdream import colour
from inkdream.devices import device_of, generator_for, to_device
from inkdream.drawing import Drawing, PixelDrawing, StrokeDrawing, make
from inkdream.drawing.free import TileDrawing
from inkdream.drawing.initial import Origin, origin
from inkdream.drawing.plan import engraved, planned
from inkdream.drawing.sketch import redrawn, sketched
from inkdream.errors import InputError
from inkdream.memory import total_memory
from inkdream.networks import Network
from inkdream.objectives import Objective, scoring
from inkdream.objectives.views import MOST_WHOLE, Exposure, Views
from inkdream.optimize.ending import settle
from inkdream.optimize.loop import OptimisationLoop
from inkdream.optimize.schedule import Schedule, falling_softness, rate
from inkdream.optimize.scores import Step, measure
from inkdream.placement import Ground, focus
from inkdream.recipe import MOST_PICKED, Recipe
from inkdream.recipe.tables import ClimbRecipe, ViewsRecipe
from inkdream.wording import counted

# For the estimate of memory: maps of float32 alive at once in a step (waves, their gradients, two
# averages, spectrum, logits, shares and theirs), and a network's look at the whole picture.
MAP_COPIES = 10
# The share of the score that ink all off the focus would cost.
OFF_FOCUS = 0.6
LOOK_BYTES_PER_PIXEL = 500


@dataclass(frozen=True)
class Stage:
    """One loop of a run.

    Attributes:
        name: "study" (in all colours, for the inks to begin from), or "tile" (a small one, which
            is repeated over the page), "plan" (in areas, for lines), "inks" (the drawing itself),
            "comparison" (all colours, all steps; what `--compare` measures against), or with
            `pick` besides "fewer" and "more": the drawing with one pen less, and with one more.
        steps: how many it takes.
        before: how many the stages take that it begins from.
    """

    name: str
    steps: int
    before: int = 0


def stages(recipe: Recipe) -> list[Stage]:
    """Return the stages that a recipe asks for, in order; study and inks share its steps.

    What begins from a picture or a drawing needs no study.
    """
    study = 0 if recipe.origin else min(round(recipe.steps * _study(recipe)), recipe.steps - 1)
    in_order = [Stage("tile" if recipe.tile else "study", study)] if study else []
    if recipe.starts_from_plan and study:
        # A plan has a study of its own, as any drawing in areas has, if there are steps for it.
        form = round(study * ClimbRecipe().study)
        in_order = [Stage("study", form)] if form else []
        in_order.append(Stage("plan", study - form, form))
    in_order.append(Stage("inks", recipe.steps - study, study))
    if recipe.compare:
        in_order.append(Stage("comparison", recipe.steps))
        # They begin from the same study, so all their steps are as many as the drawing's.
        in_order += [Stage(name, recipe.steps - study, study) for name in _beside(recipe)]
    return in_order


def _study(recipe: Recipe) -> float:
    """Return the share of the steps for a study; a tile that is asked for has one in any case."""
    usual = ClimbRecipe().study if recipe.tile else 0.0
    return recipe.climb.study or usual


def _beside(recipe: Recipe) -> list[str]:
    """Return the stages that pick one pen fewer and one more, where there are such numbers."""
    most = min(len(recipe.choice), MOST_PICKED)
    if not recipe.pick:
        return []
    return [name for name, more in make.BESIDE.items() if 1 <= recipe.pick + more <= most]


class Session:
    """The stages of a recipe, one loop after the other.

    Attributes:
        recipe: what is drawn.
        networks: by name.
        objective: what is raised.
        stages: in order.
        stage: the number of the one at hand.
        loop: the loop of that one.
        finished: the parameters of the drawings that earlier stages ended with, by stage.
    """

    def __init__(self, recipe: Recipe, networks: Mapping[str, Network] | None = None) -> None:
        """Load networks and begin the first stage.

        Args:
            recipe: what to draw.
            networks: those that are loaded already, by the names that targets have for them; the
                recipe needs not name them.

        Raises:
            InputError: if the recipe cannot be drawn.
        """
        self.recipe = recipe
        device = device_of(recipe.device)
        networks = scoring.networks(recipe, networks)
        self.networks = {name: network.to(device) for name, network in networks.items()}
        self.objective = scoring.objective(recipe, self.networks)
        self.stages = stages(recipe)
        self.stage = 0
        self.finished: dict[str, dict[str, Any]] = {}
        self._still: list[str] = []
        self.loop = self._begin()

    @property
    def name(self) -> str:
        """The name of the stage at hand."""
        return self.stages[self.stage].name

    @property
    def done(self) -> int:
        """Steps taken, of all stages."""
        return sum(stage.steps for stage in self.stages[: self.stage]) + self.loop.done

    @property
    def total_steps(self) -> int:
        """Steps to take, of all stages."""
        return sum(stage.steps for stage in self.stages)

    def steps(self) -> Iterator[tuple[str, Step]]:
        """Take the steps that are left, one at each request; yield each with its stage's name."""
        while True:
            for step in self.loop.steps():
                if self.loop.done == self.loop.schedule.steps:
                    self._settle()
                yield self.name, step
            if self.stage == len(self.stages) - 1:
                return
            self._still = self.still
            self.finished[self.name] = self.loop.drawing.state_dict()
            self.stage += 1
            self.loop = self._begin()

    def drawing_of(self, stage: str) -> Drawing:
        """Return the drawing of the stage at hand, or that an earlier one ended with."""
        if stage == self.name:
            drawing = self.loop.drawing
            is_done = self.loop.done == self.loop.schedule.steps
            # What is measured and written is rendered on the CPU, whose kernels are exact.
            return drawing.cpu() if is_done else drawing
        drawing = make.drawing(self.recipe, stage, torch.Generator(), None)
        drawing.load_state_dict(self.finished[stage])
        return drawing

    @property
    def result(self) -> Drawing:
        """The drawing in inks, as far as it has come.

        Raises:
            LookupError: while the study is still being drawn.
        """
        if self.name != "inks" and "inks" not in self.finished:
            raise LookupError("the drawing in inks has not begun")
        return self.drawing_of("inks")

    @property
    def still(self) -> list[str]:
        """The terms whose scores never moved in the stage in inks."""
        if self.name == "inks":
            return self.loop.history.still(self.objective.terms)
        return self._still

    def so_far(self) -> Drawing:
        """Return the drawing in inks as far as it has come.

        Before it begins, this is the one that would begin now.
        """
        if self.name == "inks" or "inks" in self.finished:
            return self.result
        inks = next(stage for stage in self.stages if stage.name == "inks")
        study = self.loop.drawing
        return loop_of(self.recipe, inks, self.networks, self.objective, study).drawing

    @torch.no_grad()
    def hard_score(self) -> float:
        """Return what the drawing scores with exactly its inks, seen whole and without jitter."""
        image = self.result.image(0.0)
        return self.objective.total(measure(self.networks, self.objective, image))

    def state_dict(self) -> dict[str, Any]:
        """Return all that changes."""
        return {
            "stage": self.stage,
            # Checkpoints of earlier versions have the key, too.
            "ascent": self.loop.state_dict(),
            "finished": self.finished,
            "still": self._still,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where another session of the same recipe stopped.

        Raises:
            ValueError, KeyError, IndexError, RuntimeError: if the state is another recipe's.
        """
        self.finished, self.stage = state["finished"], int(state["stage"])
        self._still = list(state["still"])
        self.loop = self._begin()
        self.loop.load_state_dict(state["ascent"])

    def _settle(self) -> None:
        """End the drawing of the stage at hand, if it is one in inks."""
        if self.name == "plan":
            settle(planned(self.recipe), self.loop)
        elif make.is_in_inks(self.name):
            settle(self.recipe, self.loop)

    def _begin(self) -> OptimisationLoop:
        """Return the loop of the stage at hand, from what the stage before it gave."""
        study: Drawing | None = None
        before = next((name for name in ("plan", "study", "tile") if name in self.finished), None)
        if before and (make.is_in_inks(self.name) or self.name == "plan"):
            study = self.drawing_of(before)
        stage = self.stages[self.stage]
        return loop_of(self.recipe, stage, self.networks, self.objective, study)


def loop_of(
    recipe: Recipe,
    stage: Stage,
    networks: Mapping[str, Network],
    objective: Objective,
    study: Drawing | None,
) -> OptimisationLoop:
    """Return the loop of one stage, before its first step.

    Args:
        recipe: the run's.
        stage: one of `stages(recipe)`.
        networks: by name.
        objective: what is raised.
        study: the drawing of the study, or of the tile, for the inks to begin from.

    Raises:
        InputError: if the recipe's masks or shares of ink cannot be kept, or nothing can begin from
            its origin or its tile.
    """
    make.check(recipe)
    # Drawings that differ in their number of pens are to differ in nothing else.
    name = "inks" if make.is_in_inks(stage.name) else stage.name
    generator = generator_for(recipe.seed, name)
    device = device_of(recipe.device)
    looked = _looked(recipe) if stage.name in ("study", "plan") else recipe
    drawing = make.drawing(recipe, stage.name, generator, _initial(recipe, stage, study))
    return OptimisationLoop(
        drawing.to(device),
        networks,
        to_device(objective, device),
        views(looked.views),
        _schedule(looked, stage, drawing.is_soft),
        generator,
        _ground(recipe, objective) if stage.name != "tile" else None,
    )


def _looked(recipe: Recipe) -> Recipe:
    """Return the recipe that is climbed before the inks: a plan and a sketch are other drawings."""
    if recipe.starts_from_plan:
        return planned(recipe)
    return sketched(recipe) if recipe.starts_from_sketch else recipe


def _ground(recipe: Recipe, objective: Objective) -> Ground | None:
    """Return what ink around a recipe's figures, or off its focus, costs; None for nothing."""
    paper = torch.from_numpy(colour.linear_of([recipe.paper])[0]).float()
    if (near := focus(recipe)) is not None:
        return Ground.around(near, OFF_FOCUS, paper)
    if recipe.compose == "field":
        return None
    figures = torch.stack([objective.masks[term.term_view.mask] for term in objective.terms]).amax(
        0
    )
    return Ground.around(figures, recipe.climb.ground, paper)


@torch.no_grad()
def _initial(recipe: Recipe, stage: Stage, study: Drawing | None) -> Origin | None:
    """Return what a stage begins from."""
    if recipe.origin and make.is_in_inks(stage.name):
        return origin(recipe)
    if isinstance(study, TileDrawing):
        return Origin(study.over(recipe.size).cpu())
    if isinstance(study, PixelDrawing):
        lines = engraved(recipe, study.cpu())
        return Origin(lines=lines) if len(lines.points) else None
    if isinstance(study, StrokeDrawing):
        lines = redrawn(recipe, study.cpu())
        return Origin(lines=lines) if len(lines.points) else None
    return Origin(study.image(1.0).cpu()) if study else None


def views(table: ViewsRecipe) -> Views:
    """Return how a recipe's table has pictures looked at in each step."""
    exposure = Exposure(table.noise, table.blur, table.gain, table.offset)
    return Views(**table.model_dump(exclude={"noise", "blur", "gain", "offset"}), exposure=exposure)


def _schedule(recipe: Recipe, stage: Stage, is_soft: bool) -> Schedule:
    climb, soft = recipe.climb, recipe.softness
    # The leak wakes neurons at the start of a run, which is not the start of its second stage.
    leaking = round(recipe.steps * climb.leak_until)
    return Schedule(
        stage.steps,
        softness=falling_softness(stage.steps, soft.start, soft.end, soft.strict_from)
        if is_soft
        else lambda step: 1.0,
        rate=lambda step: rate(step / stage.steps, climb.warm_up, climb.last_rate),
        leak=lambda step: climb.leak if step + stage.before < leaking else 0.0,
        waking=climb.leak,
        residual=climb.residual,
    )


def check_memory(recipe: Recipe) -> None:
    """Raise InputError if a recipe's pictures cannot fit into this machine's memory.

    Counted are the maps of inks, with their gradients and the optimiser's two averages, and the
    network's look at as much of the picture as is measured at once.
    """
    maps = (len(recipe.inks) + 3) * MAP_COPIES * 4
    height, width = recipe.size
    # A large picture is measured in parts.
    needed = width * height * maps + min(width * height, MOST_WHOLE) * LOOK_BYTES_PER_PIXEL
    memory = total_memory()
    if memory is not None and needed > memory:
        raise InputError(
            f"{width} x {height} px in {counted(len(recipe.inks), 'ink')} need about "
            f"{needed / 2**30:.0f} GiB of memory; this machine has {memory / 2**30:.0f}"
        )
