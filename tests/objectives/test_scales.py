"""Units of scores: terms of different kinds or layers count alike; terms of one are left alone."""

import pytest

from inkdream.errors import InputError
from inkdream.networks import Layer
from inkdream.objectives import Objective, scoring
from inkdream.objectives.base import in_units
from inkdream.objectives.channels import Channel, Dream
from inkdream.objectives.likeness import Smooth
from tests.objectives.made import activations, gain, painted, seen, terms_of
from tests.toys import Mirror, small

CHANNEL = {"target": "loom/conv2_1/3"}
SAME = {"target": "loom/conv2_1/7", "weight": -1.0}
DEEPER = {"target": "loom/conv4_1/3"}
DREAM = {"target": "loom/conv2_1"}


def scales(*tables, **said):
    return [term.scale for term in terms_of(*tables, **said)]


def test_terms_of_one_layer_and_degree_are_as_they_are():
    assert scales(CHANNEL) == [1]
    assert scales(DREAM) == [1]
    direction = {"kind": "direction", "target": "loom/conv2_1/3+4"}
    board = {"kind": "checkerboard", "target": "loom/conv2_1/3,4"}
    assert scales(CHANNEL, SAME, direction, board) == [1, 1, 1, 1]


def test_terms_without_a_unit_are_as_they_are(tmp_path):
    picture = painted(tmp_path / "a.png")
    spike = {"kind": "spike", "target": "loom/conv2_1/3"}
    style = {"kind": "style", "picture": picture}
    texture = {"kind": "texture", "picture": picture, "layers": ["loom/conv2_1"]}
    assert scales(spike, style, texture, {"kind": "smooth"}) == [1, 1, 1, 1]


def test_mixed_neurons_count_in_their_layers_strong_activations():
    channel, smooth = scales(CHANNEL, {"kind": "smooth"})
    assert channel > 0
    assert channel != 1
    assert smooth == 1
    again, deeper, dream = scales(CHANNEL, DEEPER, DREAM)
    # Channels-last sums may differ in their last bits with the layers that are looked at.
    assert again == pytest.approx(channel)
    assert deeper != again
    assert dream == pytest.approx(channel**2)


@pytest.mark.parametrize("target", ["loom/conv2_1/3", "loom/conv4_1/78"])
def test_what_a_neuron_climbs_to_is_about_1(target):
    climbed = gain({"target": target}, {"kind": "smooth", "weight": 1e-6}, steps=60)
    assert 0.3 < climbed < 3


def test_units_follow_the_activations():
    class Tenfold(Mirror):
        def look(self, pictures, layers, leak=0.0):
            return dict.fromkeys(layers, -10 * pictures)

    terms = [Channel(name="red", layer="mirror/same", channel=0), Smooth(name="smooth")]
    once, tenfold = (
        in_units(terms, {"mirror": network}, (20, 20))[0].scale for network in (Mirror(), Tenfold())
    )
    assert 0.5 < once < 1
    assert tenfold == pytest.approx(10 * once)


def test_units_do_not_depend_on_weights_the_seed_or_a_page_that_is_larger_than_the_noise():
    large = {"width": 200, "height": 300}
    first = scales(CHANNEL, DEEPER, **large)
    assert scales(CHANNEL, {**DEEPER, "weight": 5.0}, seed=3, width=400, height=256) == first


def test_a_score_is_divided_by_its_unit():
    values = {"net/layer": activations(), "net/other": activations()}
    terms = [
        Dream(name="a", layer="net/layer", scale=4.0, weight=2.0),
        Dream(name="b", layer="net/other"),
    ]
    goal = Objective(terms)
    found = {term.name: term.score(seen(values)) for term in terms}
    assert goal.total(found).item() == pytest.approx((found["a"] / 2 + found["b"]).item())


def test_a_layer_that_noise_does_not_excite_has_a_unit_all_the_same():
    class Dead(Mirror):
        def look(self, pictures, layers, leak=0.0):
            return dict.fromkeys(layers, pictures * 0)

    terms = [Dream(name="dream", layer="mirror/same"), Smooth(name="smooth")]
    dead, _ = in_units(terms, {"mirror": Dead()}, (20, 20))
    assert 0 < dead.scale < 1e-9


@pytest.mark.parametrize("layers", [(Layer("logits", 3, 0, 0),), (Layer("same", 3, 64, 1),)])
def test_views_must_hold_a_place_of_every_layer(layers):
    network = Mirror()
    network.layers = layers
    recipe = small(terms=[{"target": f"mirror/{layers[0].name}/0"}])
    if layers[0].stride:
        with pytest.raises(InputError, match="mirror/same needs pictures of at least 64 px"):
            scoring.objective(recipe, {"mirror": network})
    else:
        assert scoring.objective(recipe, {"mirror": network})


def test_style_needs_views_that_hold_its_layers(tmp_path):
    with pytest.raises(InputError, match="conv5_1 needs pictures of at least 16 px"):
        terms_of({"kind": "style", "picture": painted(tmp_path / "a.png")}, width=8)
