"""Term views: turned, or limited to a region; what lies over the page moves with the picture."""

import pytest
import torch

from inkdream import colour
from inkdream.errors import InputError
from inkdream.networks import lookup
from inkdream.objectives import Objective, Term, TermView, scoring
from inkdream.objectives.channels import Channel, Checkerboard, Dream, Unit
from inkdream.objectives.likeness import Smooth
from inkdream.objectives.pictures import Content
from inkdream.objectives.views import Views, whole
from tests.objectives.made import half, painted
from tests.toys import Mirror, chance, small

NETWORKS = {"mirror": Mirror()}
VIEWS = Views(3, 16, jitter=4, scale=1.3, rotation=20)


def picture(height=20, width=24):
    return torch.rand(3, height, width, generator=chance())


def left(height=20, width=24):
    mask = torch.zeros(height, width)
    mask[:, : width // 2] = 1
    return {"left": mask}


def red(term_view=TermView(), name="red") -> Channel:  # noqa: B008
    return Channel(name=name, layer="mirror/same", channel=0, term_view=term_view)


def scores(goal, image, sample=whole, networks=NETWORKS):
    return goal.scores(goal.look(networks, image, sample))


class Counting(Mirror):
    """A mirror that counts how often it is looked into."""

    def __init__(self):
        super().__init__()
        self.looks = []

    def look(self, pictures, layers, leak=0.0):
        self.looks.append(list(layers))
        return super().look(pictures, layers, leak)


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_turned_sight_is_the_sight_of_a_turned_picture(turn):
    loom = {"loom": lookup.network("loom")}
    image = picture()
    term = Unit(name="unit", layer="loom/conv3_1", channel=5, place=(0.2, 0.9))
    turned = Unit(**{**vars(term), "term_view": TermView(turn)})
    expected = scores(Objective([term]), torch.rot90(image, turn // 90, (1, 2)), networks=loom)
    found = scores(Objective([turned]), image, networks=loom)
    assert found["unit"].item() == expected["unit"].item()
    assert found["unit"].item() != scores(Objective([term]), image, networks=loom)["unit"].item()


@pytest.mark.parametrize("sample", [whole, VIEWS], ids=["whole", "views"])
@pytest.mark.parametrize("turn", [0, 90])
def test_where_the_mask_is_0_the_gradient_is_exactly_0(sample, turn):
    image = picture().requires_grad_()
    loom = {"loom": lookup.network("loom")}
    term = Dream(name="dream", layer="loom/conv3_1", term_view=TermView(turn, "left"))
    cast = sample if sample is whole else sample.sample(chance())
    scores(Objective([term], left()), image, cast, loom)["dream"].backward()
    assert (image.grad[:, :, 12:] == 0).all()
    assert (image.grad[:, :, :12] != 0).any(1).all()


def test_a_masked_mean_is_that_of_the_region():
    image = picture()
    found = scores(Objective([red(TermView(0, "left"))], left()), image)["red"]
    assert found.item() == pytest.approx(image[0, :, :12].mean().item())


def test_grey_counts_by_its_share():
    image, mask = picture(), torch.rand(20, 24, generator=chance(1))
    found = scores(Objective([red(TermView(0, "grey"))], {"grey": mask}), image)["red"]
    assert found.item() == pytest.approx(((image[0] * mask).sum() / mask.sum()).item())


def test_a_view_that_does_not_meet_the_region_counts_nothing():
    black = {"left": torch.zeros(20, 24)}
    image = picture().requires_grad_()
    found = scores(Objective([red(TermView(0, "left"))], black), image, VIEWS.sample(chance()))[
        "red"
    ]
    assert found.item() == 0


def test_two_sights_share_nothing():
    image = picture().requires_grad_()
    right = TermView(180, "right")
    masks = {**left(), "right": 1 - left()["left"]}
    one = red(TermView(0, "left"), "one")
    other = Channel(name="other", layer="mirror/same", channel=1, term_view=right)
    both = scores(Objective([one, other], masks), image)
    assert both["one"].item() == scores(Objective([one], masks), image)["one"].item()
    assert both["other"].item() == scores(Objective([other], masks), image)["other"].item()
    (first,) = torch.autograd.grad(both["one"], image, retain_graph=True)
    (second,) = torch.autograd.grad(both["other"], image)
    assert (first != 0).any() and (second != 0).any()
    assert ((first != 0) & (second != 0)).sum() == 0


def test_each_network_runs_once_a_sight():
    network = Counting()
    terms = [red(), red(name="again"), Dream(name="dream", layer="mirror/same")]
    scores(Objective(terms), picture(), networks={"mirror": network})
    assert network.looks == [["same"]]
    network.looks.clear()
    terms.append(red(TermView(90), "turned"))
    scores(Objective(terms), picture(), networks={"mirror": network})
    assert network.looks == [["same"], ["same"]]


def test_a_term_that_needs_no_views_leaves_them_to_the_others():
    smooth, sample = Smooth(name="smooth"), VIEWS.sample(chance())
    both = Objective([red(), smooth]).look(NETWORKS, picture(), sample)[TermView()]
    assert both.views.shape == (3, 3, 16, 16)
    alone = Objective([smooth]).look({}, picture(), sample)[TermView()]
    assert torch.equal(alone.views, colour.linear_to_srgb(picture())[None])


@pytest.mark.parametrize("turn", [0, 90, 180])
def test_maps_move_with_the_picture(turn):
    """A term that lays the picture itself over the page finds both equal in every view."""

    class Same(Term):
        def maps(self, height, width):
            return colour.linear_to_srgb(torch.rot90(image, turn // 90, (1, 2)))

        def score(self, seen):
            assert torch.equal(seen.maps["same"], seen.views)
            return seen.views.mean()

    image = picture()
    scores(Objective([Same(name="same", term_view=TermView(turn))]), image, VIEWS.sample(chance()))


def test_content_is_reached_in_every_view_by_the_picture_itself(tmp_path):
    recipe = small(terms=[{"kind": "content", "picture": painted(tmp_path / "a.png")}])
    known = scoring.networks(recipe)
    goal = scoring.objective(recipe, known)
    (term,) = goal.terms
    assert isinstance(term, Content)
    for seed in range(3):
        (found,) = scores(goal, term.picture, VIEWS.sample(chance(seed)), known).values()
        assert found.item() == pytest.approx(1)
        (found,) = scores(goal, term.picture.flip(2), VIEWS.sample(chance(seed)), known).values()
        assert found.item() < 0.9


def test_a_checkerboard_moves_with_the_picture():
    board = Checkerboard(name="board", layer="mirror/same", channels=(0, 1), square=4)
    squares = board.maps(20, 24)
    # Red in the first channel's squares and green in the others is all that it asks for.
    image = torch.cat([squares, 1 - squares, 0 * squares])
    for seed in range(3):
        sample = Views(2, 32, jitter=3).sample(chance(seed))
        found = scores(Objective([board]), image, sample)["board"].item()
        assert found > 0.75
        swapped = scores(Objective([board]), image[[1, 0, 2]], sample)["board"].item()
        assert swapped < 0.2


def test_masks_of_another_size_are_resized_to_the_page(tmp_path):
    mask = half(tmp_path / "mask.png", (7, 10))
    recipe = small(terms=[{"target": "loom/conv2_1/3", "where": mask, "turn": 90}])
    known = scoring.networks(recipe)
    goal = scoring.objective(recipe, known)
    assert goal.masks[mask].shape == (40, 32)
    assert goal.masks[mask][:, :14].min() == 1
    assert goal.masks[mask][:, 18:].max() == 0
    (seen,) = goal.look(known, picture(40, 32), whole).values()
    assert seen.mask.shape == (1, 32, 40)
    assert seen.masks.shape == (1, 1, 32, 40)


def test_a_mask_that_is_black_all_over_is_refused(tmp_path):
    mask = half(tmp_path / "mask.png", (8, 1))
    recipe = small(terms=[{"target": "loom/conv2_1/3", "where": mask}])
    with pytest.raises(InputError, match=r"mask.png is black all over"):
        scoring.objective(recipe, scoring.networks(recipe))
