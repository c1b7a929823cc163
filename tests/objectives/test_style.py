"""Style, texture, content and being unlike: what is best, what is 0, and how they are said."""

import pytest
import torch
from PIL import Image

from inkdream import colour
from inkdream.errors import InputError
from inkdream.networks import Layer, lookup
from inkdream.objectives import scoring
from inkdream.objectives.pictures import (
    Content,
    Style,
    Texture,
    Unlike,
    covariances,
    directions_for,
    gram,
    grams_of,
    means_of,
    sorted_of,
    strengths_of,
    usual_layers,
)
from tests.objectives.made import LAYER, activations, painted, seen, terms_of
from tests.toys import Mirror, chance, small

OTHER = {LAYER: activations(1, 3, 6, 5, seed=2).detach()}
MASKS = torch.rand(2, 1, 10, 8, dtype=torch.float64, generator=chance(3))


def style(features):
    return Style(name="style", means=means_of(features), grams=grams_of(features))


def texture(features):
    along = directions_for(features)
    return Texture(
        name="texture",
        means=means_of(features),
        directions=along,
        sorted=sorted_of(features, along),
    )


def unlike(features):
    return Unlike(name="unlike", layer=LAYER, grams=covariances(features[LAYER])[None])


def content(picture):
    features = {"mirror/same": picture[None]}
    return Content(
        name="content",
        picture=picture,
        networks={"mirror": Mirror()},
        means=means_of(features),
        strengths=strengths_of(features),
    )


MAKERS = [style, texture, unlike]


@pytest.mark.parametrize("masks", [None, MASKS], ids=["whole", "masked"])
@pytest.mark.parametrize("make", MAKERS)
def test_gradients_match_central_differences(make, masks):
    term = make(OTHER)
    assert torch.autograd.gradcheck(
        lambda a: term.score(seen({LAYER: a}, masks=masks)), (activations(),)
    )
    assert term.layers == (LAYER,)


@pytest.mark.parametrize("masks", [None, MASKS], ids=["whole", "masked"])
def test_the_gradient_of_content_matches_central_differences(masks):
    term = content(torch.rand(3, 5, 4, dtype=torch.float64, generator=chance()))
    maps = {"content": term.picture.expand(2, -1, -1, -1)}
    assert torch.autograd.gradcheck(
        lambda a: term.score(seen({"mirror/same": a}, masks=masks, maps=maps)), (activations(),)
    )


@pytest.mark.parametrize("make", [style, texture])
def test_the_picture_itself_is_1_and_its_mean_is_0(make):
    values = OTHER[LAYER]
    assert make(OTHER).score(seen(OTHER)).item() == pytest.approx(1)
    flat = values.mean((0, 2, 3), keepdim=True).expand_as(values)
    assert make(OTHER).score(seen({LAYER: flat})).item() == pytest.approx(0)
    louder = make(OTHER).score(seen({LAYER: values * 100})).item()
    assert 0 < louder < 0.1


@pytest.mark.parametrize("make", [style, texture])
def test_it_does_not_matter_where_things_are(make):
    values = OTHER[LAYER]
    mixed = values.flatten(2)[:, :, torch.randperm(30, generator=chance())].view(values.shape)
    assert make(OTHER).score(seen({LAYER: mixed})).item() == pytest.approx(1)


@pytest.mark.parametrize("make", [style, texture])
def test_several_views_of_the_same_are_as_good_as_one(make):
    twice = {LAYER: OTHER[LAYER].repeat(2, 1, 1, 1)}
    assert make(OTHER).score(seen(twice)).item() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("make", [style, texture])
def test_with_a_mask_only_the_region_counts(make):
    values = OTHER[LAYER]
    # To the right of the region stands something else altogether.
    wider = {LAYER: torch.cat([values, 9 + 0 * values], 3)}
    masks = torch.cat([torch.ones(1, 1, 6, 5), torch.zeros(1, 1, 6, 5)], 3).double()
    assert make(OTHER).score(seen(wider, masks=masks)).item() == pytest.approx(1)
    assert make(OTHER).score(seen(wider)).item() < 0.5


@pytest.mark.parametrize("make", MAKERS)
def test_with_a_mask_the_score_is_that_of_the_region(make):
    values = activations(1, 3, 6, 5, seed=7).detach()
    wider = {LAYER: torch.cat([values, 9 + values.square()], 3)}
    masks = torch.cat([torch.ones(1, 1, 6, 5), torch.zeros(1, 1, 6, 5)], 3).double()
    term = make(OTHER)
    found = term.score(seen(wider, masks=masks)).item()
    assert found == pytest.approx(term.score(seen({LAYER: values})).item())
    assert found != pytest.approx(term.score(seen(wider)).item(), abs=0.01)


def test_sorted_values_are_interpolated_where_numbers_of_places_differ():
    # A ramp has the same distribution however finely it is sampled.
    ramps = [
        {LAYER: ((torch.arange(n, dtype=torch.float64) + 0.5) / n).expand(1, 2, 1, n)}
        for n in (40, 100)
    ]
    assert texture(ramps[0]).score(seen(ramps[1])).item() == pytest.approx(1, abs=1e-3)
    assert texture(ramps[1]).score(seen(ramps[0])).item() == pytest.approx(1, abs=1e-3)


def test_texture_tells_apart_what_style_does_not():
    # Equal means and covariances, of other distributions: two values, and many.
    normal = torch.randn(4000, dtype=torch.float64, generator=chance()).view(1, 1, 40, 100)
    normal = (normal - normal.mean()) / normal.std(unbiased=False)
    two = torch.ones(1, 1, 40, 100, dtype=torch.float64)
    two[..., :50] = -1
    assert style({LAYER: normal}).score(seen({LAYER: two})).item() == pytest.approx(1)
    assert texture({LAYER: normal}).score(seen({LAYER: two})).item() < 0.95


def test_directions_are_of_unit_length_and_always_the_same():
    first, second = (directions_for(OTHER)[LAYER] for _ in range(2))
    assert torch.equal(first, second)
    assert torch.allclose(first.norm(dim=1), torch.ones(3, dtype=torch.float64))
    assert directions_for({LAYER: torch.zeros(1, 300, 1, 1)})[LAYER].shape == (128, 300)


def test_a_gram_matrix_by_hand():
    values = activations(2, 3, 2, 2).detach()
    rows = values.permute(0, 2, 3, 1).reshape(-1, 3)
    expected = sum(torch.outer(row - 1, row - 1) for row in rows) / len(rows)
    assert torch.allclose(gram(values, torch.ones(3, dtype=torch.float64)), expected)


def test_covariances_in_a_region_are_those_of_its_places():
    values = activations(2, 3, 4, 6).detach()
    shares = torch.zeros(2, 1, 4, 6, dtype=torch.float64)
    shares[..., :3] = 2
    torch.testing.assert_close(covariances(values, shares), covariances(values[..., :3]))


def test_content_is_about_places():
    picture = torch.rand(3, 5, 4, generator=chance())
    term = content(picture)
    maps = {"content": colour.linear_to_srgb(picture)[None]}

    def score(image):
        return term.score(seen({"mirror/same": image[None]}, maps=maps)).item()

    flat = picture.mean((1, 2), keepdim=True).expand_as(picture)
    assert score(picture) == pytest.approx(1)
    assert score(flat) == pytest.approx(0, abs=1e-6)
    assert score(picture.flip(2)) < 0.8
    assert score(picture * 0.5 + flat * 0.5) > score(flat)


def test_content_of_another_size_is_no_map():
    with pytest.raises(ValueError, match="8 x 9 px; the content is of 5 x 4"):
        content(torch.rand(3, 5, 4)).maps(8, 9)


def test_unlike_itself_is_minus_1_and_unlike_the_unrelated_0():
    values = OTHER[LAYER]
    assert unlike(OTHER).score(seen({LAYER: 3 * values + 5})).item() == pytest.approx(-1)
    left, right = torch.zeros(2, 1, 3, 4, 4, dtype=torch.float64)
    left[:, 0, ::2] = right[:, 1, ::2] = 1
    assert unlike({LAYER: left}).score(seen({LAYER: right})).item() == pytest.approx(0)


def test_unlike_several_pictures_is_the_mean_of_unlike_each():
    others = [{LAYER: activations(1, seed=seed).detach()} for seed in (4, 5)]
    both = Unlike(
        name="both", layer=LAYER, grams=torch.stack([covariances(o[LAYER]) for o in others])
    )
    values = seen({LAYER: activations().detach()})
    expected = sum(unlike(other).score(values).item() for other in others) / 2
    assert both.score(values).item() == pytest.approx(expected)


# As they are said


def test_usual_layers_are_those_of_blocks_or_spread_over_the_depth():
    blocks = [f"conv{number}_1" for number in range(1, 6)]
    assert usual_layers(lookup.network("loom")) == blocks
    network = Mirror()
    network.layers = (*(Layer(f"a{n}", 2, 1, 1) for n in range(11)), Layer("logits", 2, 0, 0))
    assert usual_layers(network) == ["a0", "a2", "a5", "a8", "a10"]
    assert usual_layers(Mirror()) == ["same"]
    network.layers = (Layer("logits", 2, 0, 0),)
    with pytest.raises(InputError, match="no layers with places"):
        usual_layers(network)


def test_words_become_terms(tmp_path):
    picture = painted(tmp_path / "a.png")
    made, named, kept = (
        terms_of(table)[0]
        for table in (
            {"kind": "style", "picture": picture},
            {"kind": "texture", "picture": picture, "layers": ["loom/conv2_1", "loom/conv3_2"]},
            {"kind": "content", "picture": picture},
        )
    )
    assert made.layers == tuple(f"loom/conv{number}_1" for number in range(1, 6))
    assert named.layers == ("loom/conv2_1", "loom/conv3_2")
    assert kept.layers == ("loom/conv4_1",)
    assert kept.picture.shape == (3, 40, 32)
    (term,) = terms_of({"kind": "unlike", "target": "loom/conv3_1", "pictures": [picture, picture]})
    assert term.grams.shape == (2, 96, 96)


def test_turned_pictures_have_the_shape_of_the_turned_page(tmp_path):
    picture = painted(tmp_path / "a.png")
    (term,) = terms_of({"kind": "content", "picture": picture, "turn": 90})
    assert term.picture.shape == (3, 32, 40)


def test_the_network_that_is_looked_at_anyway_compares_pictures_too(tmp_path):
    terms = [
        {"target": "mirror/same/0"},
        {"kind": "style", "picture": painted(tmp_path / "a.png")},
    ]
    goal = scoring.objective(small(terms=terms), {"mirror": Mirror()})
    assert goal.terms[1].layers == ("mirror/same",)


@pytest.mark.parametrize("kind", ["style", "texture", "content", "unlike"])
def test_what_cannot_be_compared_is_refused_in_one_line(tmp_path, kind):
    def refused(picture, layer, said):
        table = (
            {"kind": kind, "target": layer, "pictures": [str(picture)]}
            if kind == "unlike"
            else {"kind": kind, "picture": str(picture), "layers": [layer]}
        )
        with pytest.raises(InputError, match=said):
            terms_of(table)

    picture = painted(tmp_path / "a.png")
    refused(picture, "loom/conv9_1", "unknown layer")
    refused(picture, "loom/class", "has no places")
    refused(tmp_path / "none.png", "loom/conv2_1", "none.png")
    (tmp_path / "text.png").write_text("no picture")
    refused(tmp_path / "text.png", "loom/conv2_1", "no picture")


@pytest.mark.parametrize("kind", ["style", "texture", "content"])
def test_a_picture_of_one_tone_is_refused(tmp_path, kind):
    Image.new("RGB", (20, 20), "red").save(tmp_path / "red.png")
    with pytest.raises(InputError, match=f"all of one tone; it has no {kind}"):
        terms_of({"kind": kind, "picture": str(tmp_path / "red.png")})
