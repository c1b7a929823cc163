import pytest
import torch

from inkdream import colour
from inkdream.drawing.palette import Palette
from inkdream.inking.quantise import cluster, quantise
from inkdream.recipe import LEARNED


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


def test_fixed_inks_are_exactly_what_was_given_and_never_move():
    palette = Palette(["#1b1b1b", "crimson", LEARNED], chance())
    optimiser = torch.optim.Adam(palette.parameters(), lr=1.0)
    start = palette.colours().detach().clone()
    for _ in range(5):
        optimiser.zero_grad()
        palette.colours().sum().backward()
        optimiser.step()
    assert colour.to_bytes(palette.colours())[:2].tolist() == [[27, 27, 27], [220, 20, 60]]
    assert torch.equal(palette.colours()[:2], start[:2])
    assert (palette.colours()[2] < start[2]).all()


def test_learned_inks_stay_in_bounds_however_far_they_are_pushed():
    palette = Palette([LEARNED] * 3, chance())
    with torch.no_grad():
        palette.free.copy_(torch.tensor([[-1e4] * 3, [1e4] * 3, [0.0] * 3]))
    assert palette.colours().min() >= 0
    assert palette.colours().max() <= 1


@pytest.mark.parametrize("seed", range(5))
def test_learned_inks_start_apart_from_each_other_and_from_fixed_ones(seed):
    palette = Palette(["white", LEARNED, LEARNED, LEARNED], chance(seed))
    lab = colour.linear_to_oklab(palette.colours().detach())
    distances = torch.cdist(lab, lab) + torch.eye(4) * 9
    assert distances.min() > 0.2


def test_restarted_inks_are_where_they_were_put():
    palette = Palette(["black", LEARNED, LEARNED], chance())
    target = colour.srgb_to_linear(torch.tensor([[0.2, 0.5, 0.9], [0.7, 0.1, 0.3]]))
    palette.restart(target)
    torch.testing.assert_close(palette.colours()[1:], target)


def flat_picture(inks, height=12, width=20, seed=1):
    labels = torch.randint(len(inks), (height, width), generator=chance(seed))
    return colour.srgb_to_linear(torch.tensor(inks))[labels].permute(2, 0, 1).contiguous(), labels


INKS = [[0.1, 0.1, 0.1], [0.9, 0.2, 0.2], [0.2, 0.8, 0.3], [0.9, 0.9, 0.9]]


@pytest.mark.parametrize("seed", range(4))
def test_clustering_finds_the_inks_of_a_flat_picture(seed):
    picture, _ = flat_picture(INKS)
    found = colour.linear_to_srgb(cluster(picture, [LEARNED] * 4, chance(seed)))
    distances = torch.cdist(torch.tensor(INKS), found)
    assert distances.amin(1).max() < 1e-3
    assert sorted(distances.argmin(1).tolist()) == [0, 1, 2, 3]


def test_clustering_keeps_fixed_inks_where_they_are():
    picture, _ = flat_picture(INKS)
    found = cluster(picture, ["blue", LEARNED, LEARNED], chance())
    assert colour.to_bytes(found)[0].tolist() == [0, 0, 255]


def test_quantising_a_flat_picture_changes_nothing():
    picture, _ = flat_picture(INKS)
    reduced = quantise(picture, [LEARNED] * 4, chance())
    torch.testing.assert_close(torch.from_numpy(reduced.linear()), picture, atol=0.01, rtol=0)


def test_more_inks_than_colours_is_no_error():
    picture, _ = flat_picture(INKS[:2])
    assert torch.isfinite(cluster(picture, [LEARNED] * 6, chance())).all()


def test_equal_inks_crowd_each_other_and_move_apart():
    palette = Palette([LEARNED] * 3, chance())
    near = torch.tensor([[0.2, 0.2, 0.2], [0.22, 0.2, 0.2], [0.9, 0.9, 0.1]])
    palette.restart(colour.srgb_to_linear(near))
    before = palette.crowding()
    assert 0.5 < before.item() < 1
    before.backward()
    with torch.no_grad():
        palette.free -= 0.1 * palette.free.grad
    assert palette.crowding() < before
    assert torch.equal(palette.free.grad[2], torch.zeros(3))


def test_inks_that_stand_apart_do_not_crowd():
    palette = Palette(["black", "white", "red", "blue"], chance())
    assert palette.crowding().item() == 0
