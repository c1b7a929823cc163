"""One figure on calm ground, or a field of them."""

import pytest
import torch

from inkdream.errors import InputError
from inkdream.networks import lookup
from inkdream.objectives import scoring
from inkdream.objectives.views import Views, aimed, shrunk
from inkdream.optimize.scores import measure
from inkdream.optimize.session import Session
from inkdream.placement import Ground, figure
from inkdream.recipe import Recipe, assemble, validate
from tests.running import climbed
from tests.toys import chance, small

UNIT = "loom/conv4_1/17/centre"
WHITE = torch.ones(3)


def asked(target, *settings, **said):
    return assemble(None, {"terms": [{"target": target}], **said}, list(settings))


@pytest.mark.parametrize(
    ("target", "compose"),
    [
        (UNIT, "figure"),
        ("efficientnet_lite0/block9/17/0.3,0.7", "figure"),
        ("loom/conv4_1/17", "field"),
        ("loom/class/spiral", "field"),
    ],
)
def test_one_unit_is_a_figure_unless_a_field_is_asked_for(target, compose):
    assert asked(target).compose == compose
    assert asked(target, "compose=field").compose == "field"
    assert asked(target, "compose=figure").compose == "figure"


def test_a_unit_on_a_part_of_the_page_is_no_figure_by_itself():
    terms = [{"target": UNIT, "where": "mask.png"}]
    assert validate({"terms": terms}).compose == "field"
    assert asked(UNIT, tile=32).compose == "field"
    assert validate({"terms": [{"target": UNIT}, {"target": "loom/conv2_1"}]}).compose == "field"


@pytest.mark.parametrize("medium", ["pixels", "strokes"])
@pytest.mark.parametrize("network", ["loom", "efficientnet_lite0"])
def test_a_figures_views_can_be_overruled(medium, network):
    target = f"{network}/class/1"
    usual = asked(target, compose="figure", medium=medium)
    assert usual.views.padding == "edge"
    own = asked(target, "views.padding=mirror", compose="figure", medium=medium)
    assert own.views == usual.views.model_copy(update={"padding": "mirror"})
    assert Recipe.model_validate(own.model_dump()) == own


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"compose": "figur"}, "compose = figur: must be 'figure' or 'field'"),
        ({"compose": "figure", "tile": 32}, "compose and tile"),
        ({"compose": "figure", "terms": [{"target": UNIT, "where": "a.png"}]}, "without a where"),
        ({"compose": "figure", "terms": [{"kind": "like", "picture": "a.png"}]}, "like a.png is"),
    ],
)
def test_what_cannot_be_a_figure_is_said_in_one_line(said, words):
    with pytest.raises(InputError, match=words):
        validate({"terms": [{"target": UNIT}], **said})


def test_a_ground_of_bare_paper_costs_nothing_and_one_of_ink_its_weight():
    ground = Ground.around(figure((0.5, 0.5), (40, 60)), 0.7, WHITE)
    assert ground(torch.ones(3, 40, 60)) == 0
    assert ground(torch.zeros(3, 40, 60)).item() == pytest.approx(0.7)


def test_ink_costs_more_the_farther_it_is_from_its_figure():
    place, size = (0.3, 0.6), (50, 80)
    paper = torch.ones(3, *size, requires_grad=True)
    (slope,) = torch.autograd.grad(
        Ground.around(figure(place, size), 1.0, WHITE)(paper - 0.1), paper
    )
    costs = -slope.sum(0)
    rows, columns = torch.meshgrid(torch.arange(50.0), torch.arange(80.0), indexing="ij")
    far = (rows + 0.5 - 30).square() + (columns + 0.5 - 24).square()
    along = costs.flatten()[far.flatten().argsort()]
    assert along[0] < 0.01 * along[-1]
    assert (along[1:] >= along[:-1] - 1e-6).all()


@pytest.mark.parametrize("side", [64, 96])
def test_the_score_of_the_centre_is_what_the_centre_sees(side):
    # 96 px are more than a view has: then the centre of the shrunk picture is meant.
    recipe = small(
        terms=[{"target": UNIT}], width=side, height=side, views={"count": 1, "size": 64}
    )
    networks = {"loom": lookup.network("loom")}
    image = torch.rand(3, side, side, generator=chance())
    scored = measure(networks, scoring.objective(recipe, networks), image)[UNIT]
    seen = image if side == 64 else shrunk(image, 64)
    values = networks["loom"].look(seen[None], ["conv4_1"])["conv4_1"][0, 17]
    assert scored == pytest.approx(values[len(values) // 2, len(values) // 2].item(), rel=1e-5)


def test_a_large_picture_of_a_figure_is_measured_as_it_is_seen(monkeypatch):
    recipe = small(terms=[{"target": UNIT}], width=96, height=80, views={"count": 1, "size": 64})
    networks = {"loom": lookup.network("loom")}
    goal = scoring.objective(recipe, networks)
    image = torch.rand(3, 80, 96, generator=chance())
    expected = measure(networks, goal, image)[UNIT]
    monkeypatch.setattr("inkdream.objectives.views.MOST_WHOLE", 100)
    monkeypatch.setattr("inkdream.objectives.views.PART", 16)
    assert measure(networks, goal, image)[UNIT] == pytest.approx(expected)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_figure_lies_where_the_turned_page_has_its_place(turn):
    target = "loom/conv2_1/3/0.25,0.75"
    recipe = small(terms=[{"target": target, "turn": turn}], width=32, height=48)
    networks = {"loom": lookup.network("loom")}
    (mask,) = scoring.objective(recipe, networks).masks.values()
    turned = torch.rot90(mask, turn // 90)
    row, column = divmod(int(turned.argmax()), turned.shape[1])
    assert abs((row + 0.5) / turned.shape[0] - 0.75) < 0.03
    assert abs((column + 0.5) / turned.shape[1] - 0.25) < 0.03


def test_views_aimed_at_a_place_zoom_about_it():
    rows, columns = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    image, place = torch.stack([columns, rows]), (0.25, 0.75)
    cast = Views(32, 64, jitter=0, scale=1.5, rotation=0).sample(chance())
    seen = aimed(cast, place)(image)[:, :, 47:49, 15:17].mean((2, 3))
    torch.testing.assert_close(seen, torch.tensor([[15.5, 47.5]]).expand(32, 2), atol=0.01, rtol=0)


def outside(recipe):
    """Return how much of the outer ring of a recipe's drawing is not paper, by lightness."""
    session = climbed(Session(recipe))
    with torch.no_grad():
        image = session.result.image(0.0)
    edge = min(image.shape[1:]) // 8
    inside = image[:, edge:-edge, edge:-edge]
    return ((1 - image).sum() - (1 - inside).sum()).item() / (image.numel() - inside.numel())


@pytest.mark.parametrize("target", [UNIT, "loom/class/spiral"])
def test_the_ground_of_a_figure_stays_bare(target):
    said = {"terms": [{"target": target}], "width": 96, "height": 96, "steps": 80}
    said["inks"] = ["#ffffff", "?", "?"]
    ink = {name: outside(small(**said, compose=name)) for name in ("figure", "field")}
    assert ink["figure"] < 0.2 * ink["field"]


def test_strokes_keep_to_a_figure_too():
    said = {"medium": "strokes", "terms": [{"target": UNIT}], "steps": 60}
    said |= {"page": {"size": "48x48mm", "margin": 2, "scale": 2}, "strokes": {"count": 60}}
    ink = {name: outside(small(**said, compose=name)) for name in ("figure", "field")}
    assert ink["figure"] < 0.5 * ink["field"]
