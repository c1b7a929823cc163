"""The loop: it climbs, it can be stopped anywhere, and it never spoils a drawing."""

import math
import subprocess
import sys
from dataclasses import dataclass, field

import pytest
import torch

from inkdream.drawing import make
from inkdream.errors import RunError
from inkdream.objectives import Objective, Term, scoring
from inkdream.objectives.channels import Channel
from inkdream.optimize.loop import OptimisationLoop
from inkdream.optimize.schedule import Schedule
from inkdream.optimize.scores import Step, measure
from inkdream.optimize.session import Session, stages, views
from inkdream.run.checkpoint import load_checkpoint, save_checkpoint
from tests.running import climbed
from tests.toys import Mirror, chance, small

STEPS = 12
RED = Channel(name="red", layer="mirror/same", channel=0)


def ascent(*terms: Term, softness: float = 0.5, **said) -> OptimisationLoop:
    """Return a climb of a small drawing in black, white and red before the mirror."""
    recipe = small(inks=["black", "white", "red"], **said)
    generator = chance(recipe.seed)
    return OptimisationLoop(
        make.drawing(recipe, "inks", generator, None),
        {"mirror": Mirror()},
        Objective(terms or (RED,)),
        views(recipe.views),
        Schedule(STEPS, lambda _: softness, lambda _: 1.0, lambda _: 0.0),
        generator,
    )


def parts(climb: OptimisationLoop) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in climb.drawing.state_dict().items()}


def equal(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return first.keys() == second.keys() and all(torch.equal(first[k], second[k]) for k in first)


def score(climb: OptimisationLoop, softness: float) -> float:
    with torch.no_grad():
        image = climb.drawing.image(softness)
    return climb.objective.total(measure(climb.networks, climb.objective, image))


@pytest.mark.parametrize("softness", [1.0, 0.3, 0.0])
def test_a_climb_raises_the_score(softness):
    climb = ascent(softness=softness)
    before = score(climb, softness)
    assert sum(1 for _ in climb.steps()) == STEPS
    assert score(climb, softness) > before + 0.02


def test_a_negative_weight_lowers_the_score_of_its_term():
    climb = ascent(Channel(name="red", layer="mirror/same", channel=0, weight=-1.0))
    steps = list(climb.steps())
    assert steps[-1].scores["red"] < steps[0].scores["red"] - 0.02
    assert steps[-1].total > steps[0].total
    assert all(step.total == pytest.approx(-step.scores["red"]) for step in steps)


def test_steps_tell_what_happened():
    climb = ascent(RED, Channel(name="blue", layer="mirror/same", channel=2, weight=0.5))
    steps = list(climb.steps())
    assert [step.index for step in steps] == list(range(STEPS))
    for step in steps:
        assert isinstance(step, Step)
        assert set(step.scores) == {"red", "blue"}
        assert step.total == pytest.approx(step.scores["red"] + 0.5 * step.scores["blue"])
        assert step.softness == 0.5
        assert step.seconds > 0
        assert all(math.isfinite(value) for value in step.penalties.values())
    assert list(climb.steps()) == []


def test_nothing_is_computed_before_it_is_asked_for():
    climb = ascent()
    before = parts(climb)
    steps = climb.steps()
    assert equal(before, parts(climb))
    next(steps)
    assert climb.done == 1
    assert not equal(before, parts(climb))


def test_fixed_inks_stay_what_they_are_through_a_climb():
    climb = ascent()
    before = climb.drawing.palette.colours().detach().clone()
    climbed(climb)
    assert torch.equal(climb.drawing.palette.colours(), before)


@dataclass(frozen=True, kw_only=True)
class Breaking(Term):
    """Red, until it is no number any more."""

    after: int
    value: float = math.nan
    calls: list[int] = field(default_factory=list)

    def score(self, seen):
        self.calls.append(0)
        return seen.image[0].mean() * (self.value if len(self.calls) > self.after else 1.0)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("after", [0, 3])
def test_a_score_that_is_no_number_stops_the_climb_and_spoils_nothing(value, after):
    climb = ascent(RED, Breaking(name="broken glass", after=after, value=value))
    steps = climb.steps()
    for _ in range(after):
        next(steps)
    before = parts(climb)
    with pytest.raises(RunError) as error:
        next(steps)
    assert f"step {after}:" in str(error.value)
    assert "broken glass" in str(error.value)
    assert equal(before, parts(climb))
    assert climb.done == after
    assert all(torch.isfinite(value).all() for value in before.values())


RECIPE = small(compare=True, seed=5)
STUDY = stages(RECIPE)[0].steps


@pytest.fixture(scope="module")
def known():
    return scoring.networks(RECIPE)


@pytest.fixture(scope="module")
def uninterrupted(known, tmp_path_factory):
    """Return a folder of checkpoints by steps done, what happened, and the end."""
    folder = tmp_path_factory.mktemp("states")
    session = Session(RECIPE, known)
    save_checkpoint(folder / "0.safetensors", session.state_dict())
    happened = []
    for stage, step in session.steps():
        happened.append((stage, step.scores, step.penalties, step.softness, step.index))
        save_checkpoint(folder / f"{session.done}.safetensors", session.state_dict())
    return folder, happened, session


def test_stages_follow_each_other_and_share_the_steps(uninterrupted):
    _, happened, session = uninterrupted
    names = [stage for stage, *_ in happened]
    assert list(dict.fromkeys(names)) == ["study", "inks", "comparison"]
    assert names.count("study") + names.count("inks") == RECIPE.steps
    assert names.count("comparison") == RECIPE.steps
    assert session.done == session.total_steps == len(names)


@pytest.mark.parametrize(
    "done", [0, 1, STUDY - 1, STUDY, STUDY + 1, 9, RECIPE.steps, RECIPE.steps + 1, 24]
)
def test_an_interrupted_climb_ends_bit_identically(uninterrupted, known, done):
    folder, happened, straight = uninterrupted
    session = Session(RECIPE, known)
    session.load_state_dict(load_checkpoint(folder / f"{done}.safetensors"))
    assert session.done == done
    again = [
        (stage, step.scores, step.penalties, step.softness, step.index)
        for stage, step in session.steps()
    ]
    assert again == happened[done:]
    for stage in ("study", "inks", "comparison"):
        first, second = straight.drawing_of(stage), session.drawing_of(stage)
        assert equal(first.state_dict(), second.state_dict()), stage
    assert (straight.result.inked().rgb() == session.result.inked().rgb()).all()


def test_many_interruptions_change_nothing_either(uninterrupted, known, tmp_path):
    _, _, straight = uninterrupted
    session = Session(RECIPE, known)
    while session.done < session.total_steps:
        save_checkpoint(tmp_path / "c.safetensors", session.state_dict())
        session = Session(RECIPE, known)
        session.load_state_dict(load_checkpoint(tmp_path / "c.safetensors"))
        climbed(session, 1)
    assert equal(straight.result.state_dict(), session.result.state_dict())


def test_another_recipes_state_does_not_fit(uninterrupted, known):
    folder, _, _ = uninterrupted
    state = load_checkpoint(folder / "8.safetensors")
    with pytest.raises((ValueError, KeyError, IndexError, RuntimeError)):
        Session(small(inks=5), known).load_state_dict(state)


def test_seeds_differ_and_repeat(known):
    def end(seed):
        return climbed(Session(small(seed=seed, steps=3), known)).result.state_dict()

    assert equal(end(1), end(1))
    assert not equal(end(1), end(2))


def test_a_climb_in_loom_raises_the_strict_score(known):
    session = Session(small(steps=24, climb={"study": 0.0}), known)
    before = session.hard_score()
    climbed(session)
    assert session.hard_score() > before


def test_penalties_are_part_of_what_is_climbed():
    def borders(tidiness):
        climb = ascent(softness=0.5, pixels={"tidiness": tidiness, "crowding": 0.0})
        steps = list(climb.steps())
        image = climb.drawing.image(0.5).detach()
        length = image.diff(dim=1).abs().mean() + image.diff(dim=2).abs().mean()
        return steps, length

    free, rough = borders(0.0)
    held, smooth = borders(50.0)
    assert all(step.penalties == {} or set(step.penalties.values()) == {0.0} for step in free)
    assert held[0].penalties["borders"] > 0
    assert smooth < 0.9 * rough


def climbed_to(factor: float, **said) -> OptimisationLoop:
    """Return a climb of red, whose score is times a factor, to its end."""
    red = Channel(name="red", layer="mirror/same", channel=0, weight=factor)
    return climbed(ascent(red, **said))


@pytest.mark.parametrize("factor", [1e-40, 1e-20, 1e-6, 2.0**-9, 1e6, 1e20, 1e36])
def test_a_score_in_another_unit_climbs_alike(factor):
    one, other = climbed_to(1.0), climbed_to(factor)
    with torch.no_grad():
        first, second = one.drawing.image(0.5), other.drawing.image(0.5)
    # Numbers below 1.2e-38 have fewer digits.
    assert float((first - second).abs().max()) < (5e-3 if factor > 1e-38 else 2e-2)


def test_powers_of_two_round_nothing():
    assert equal(parts(climbed_to(1.0)), parts(climbed_to(2.0**30)))
    assert equal(parts(climbed_to(1.0)), parts(climbed_to(2.0**-30)))


class Scaled(Mirror):
    """The mirror, whose numbers are so many times as large: so is every score."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def look(self, pictures, layers, leak=0.0):
        seen = super().look(pictures, layers, leak)
        return {layer: self.factor * maps for layer, maps in seen.items()}


HEAVY = {
    "pixels": {"pixels": {"tidiness": 30.0}},
    "strokes": {"medium": "strokes", "strokes": {"count": 9, "ink": 3.0, "jerk": 5.0}},
}
LIGHT = {
    "pixels": {"pixels": {"tidiness": 0.0}},
    "strokes": {"medium": "strokes", "strokes": {"count": 9, "ink": 0.0, "jerk": 0.0}},
}


@pytest.mark.parametrize("medium", HEAVY)
@pytest.mark.parametrize("factor", [1e-3, 1e3])
def test_penalties_are_shares_of_the_score_of_whatever_network(medium, factor):
    def end(factor, said):
        climb = ascent(**said)
        climb.networks = {"mirror": Scaled(factor)}
        steps = list(climb.steps())
        return climb.drawing.image(0.5).detach(), [step.penalties for step in steps]

    image, penalties = end(1.0, HEAVY[medium])
    other, others = end(factor, HEAVY[medium])
    # They are heavy enough to be missed: without them, the drawing is another.
    free, _ = end(1.0, LIGHT[medium])
    assert float((image - free).abs().max()) > 0.1
    assert float((image - other).abs().max()) < 2e-3
    for first, second in zip(penalties, others, strict=True):
        assert first == pytest.approx(second, rel=1e-3, abs=1e-6)


@dataclass(frozen=True, kw_only=True)
class Waking(Term):
    """Red, which becomes so many times as large in the middle."""

    factor: float
    calls: list[int] = field(default_factory=list)

    def score(self, seen):
        self.calls.append(0)
        return seen.image[0].mean() * (self.factor if len(self.calls) > STEPS // 2 else 1.0)


@pytest.mark.parametrize("factor", [1e-30, 1e-8, 1e8, 1e30])
def test_a_score_whose_unit_changes_goes_on_climbing(factor):
    climb = ascent(Waking(name="red", factor=factor))
    steps = list(climb.steps())
    half = STEPS // 2
    assert steps[-1].total > steps[half].total * 1.01
    assert all(torch.isfinite(value).all() for value in parts(climb).values())


def test_a_drawing_does_not_wait_for_torchs_compiler():
    words = "import sys, inkdream; inkdream.draw('loom/conv1_1/0', steps=2, width=16, height=16)"
    loaded = f"{words}; sys.exit('torch._dynamo' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loaded], check=False).returncode == 0
