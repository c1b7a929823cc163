"""Drawings: soft and strict are one picture, and gradients reach whatever made it."""

import numpy as np
import pytest
import torch

from inkdream import colour
from inkdream.drawing import Drawing, FreeDrawing, PixelDrawing, make
from inkdream.drawing.spectrum import Spectrum
from inkdream.regions import speck_share
from tests.toys import chance, small

SIZES = [(31, 17), (64, 40), (33, 48), (16, 16)]
INKS = ["#1b1b1b", "?", "#ffffff", "?"]


def drawn(size=(31, 17), inks=INKS, seed=0, **said) -> PixelDrawing:
    recipe = small(height=size[0], width=size[1], inks=inks, seed=seed, **said)
    made = make.drawing(recipe, "inks", chance(seed), None)
    assert isinstance(made, PixelDrawing)
    return made


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("seed", range(2))
def test_the_strict_picture_has_only_the_inks(size, seed):
    drawing = drawn(size, seed=seed)
    with torch.no_grad():
        image = drawing.image(0.0)
    assert image.shape == (3, *size)
    differences = (image[:, None] - drawing.palette.colours().T[:, :, None, None]).abs().amax(0)
    assert (differences.amin(0) == 0).all()


@pytest.mark.parametrize("size", SIZES)
def test_what_is_exported_is_what_is_climbed(size):
    drawing = drawn(size)
    with torch.no_grad():
        image = drawing.image(0.0)
    inked = drawing.inked()
    assert inked.labels.shape == size
    climbed = colour.to_bytes(image).numpy().transpose(1, 2, 0)
    assert (inked.rgb() == climbed).all()
    # Half of one 8-bit step is at most 0.0045 of linear light.
    np.testing.assert_allclose(inked.linear(), image.numpy(), atol=0.0045, rtol=0)


@pytest.mark.parametrize("softness", [1.0, 0.5, 0.1])
def test_soft_pictures_are_light_mixed_from_the_inks(softness):
    drawing = drawn()
    with torch.no_grad():
        image, inks = drawing.image(softness), drawing.palette.colours()
    for channel in range(3):
        assert image[channel].min() >= inks[:, channel].min() - 1e-6
        assert image[channel].max() <= inks[:, channel].max() + 1e-6


def test_soft_pictures_come_close_to_the_strict_one_as_softness_falls():
    drawing = drawn((64, 40))
    with torch.no_grad():
        strict = colour.from_bytes(torch.from_numpy(drawing.inked().rgb())).permute(2, 0, 1)
        distances = [(drawing.image(s) - strict).abs().mean().item() for s in (1.0, 0.3, 0.05)]
    assert distances[0] > distances[1] > distances[2]


@pytest.mark.parametrize("size", SIZES[:2])
@pytest.mark.parametrize("softness", [1.0, 0.2, 0.0])
def test_gradients_reach_waves_and_learned_inks_alone(size, softness):
    drawing = drawn(size)
    weights = torch.randn(3, *size, generator=chance(3))
    (drawing.image(softness) * weights).sum().backward()
    for gradient in (drawing.spectrum.waves.grad, drawing.palette.free.grad):
        assert gradient is not None
        assert torch.isfinite(gradient).all()
    assert (drawing.spectrum.waves.grad != 0).float().mean() > 0.5
    reached = drawing.palette.free.grad.abs().sum(1) > 0
    assert reached.tolist() == [ink == "?" for ink in INKS]


def test_a_strict_gradient_says_how_to_brighten():
    """Following the straight-through gradient at softness 0 raises what was asked for."""
    drawing = drawn((32, 32), ["black", "white"])
    optimiser = torch.optim.Adam(drawing.groups())
    before = drawing.image(0.0).mean().item()
    for _ in range(12):
        optimiser.zero_grad()
        (-drawing.image(0.0).mean()).backward()
        optimiser.step()
        drawing.project(0.5)
    assert drawing.image(0.0).mean().item() > before + 0.05


def test_penalties_fall_when_the_picture_gets_flatter():
    drawing = drawn((32, 32), ["black", "white"], pixels={"tidiness": 1.0, "finest": 0})
    board = torch.from_numpy(np.indices((32, 32)).sum(0) % 2).float()
    halves = (torch.arange(32) >= 16).float().expand(32, 32)

    def penalty(picture, softness):
        drawing.spectrum.restart(torch.stack([-picture, picture]) * 8)
        return sum(value.item() for value in drawing.penalties(softness).values())

    for softness in (1.0, 0.2, 0.0):
        noise = torch.randn(32, 32, generator=chance())
        rough, mixed, flat, none = (
            penalty(picture, softness) for picture in (board, noise, halves, torch.ones(32, 32))
        )
        assert rough > mixed > flat > none - 1e-6
        assert none == pytest.approx(0, abs=1e-4)


def test_penalties_have_gradients_at_every_softness():
    for softness in (1.0, 0.1, 0.0):
        drawing = drawn(pixels={"tidiness": 1.0})
        penalties = drawing.penalties(softness)
        assert penalties
        sum(penalties.values()).backward()
        assert drawing.spectrum.waves.grad.abs().sum() > 0


def test_a_penalty_means_the_same_at_every_size():
    """The predecessor's grew with the canvas."""
    totals = []
    for side in (32, 64):
        drawing = drawn((side, side), ["black", "white"], pixels={"tidiness": 1.0})
        board = torch.from_numpy(np.indices((side, side)).sum(0) // 4 % 2).float()
        drawing.spectrum.restart(torch.stack([-board, board]) * 4)
        totals.append(sum(value.item() for value in drawing.penalties(0.5).values()))
    assert totals[0] == pytest.approx(totals[1], rel=0.1)


def test_a_border_costs_once_though_two_inks_end_there():
    drawing = drawn((8, 11), ["#000000", "#ffffff"], pixels={"tidiness": 0.5, "crowding": 0.0})
    shares = torch.zeros(2, 8, 11)
    shares[0, :, :4] = shares[1, :, 4:] = 1
    # 8 px of border among 8 x 10 places to the right.
    assert drawing._weigh(shares, 0.5)["borders"].item() == pytest.approx(0.5 / 10)


def test_a_drawing_begun_from_a_picture_in_its_inks_is_that_picture():
    labels = torch.zeros(32, 24, dtype=torch.long)
    labels[8:20, 4:16], labels[22:, :] = 1, 2
    words = ["#102040", "#c8102e", "#ffffff"]
    picture = colour.linear_of(words)[labels.numpy()].transpose(2, 0, 1)
    drawing = drawn((32, 24), words)
    drawing.begin_from(torch.from_numpy(picture.copy()).float(), chance())
    assert (drawing.inked().labels == labels.numpy()).all()


@pytest.mark.parametrize("kind", ["inks", "study"])
def test_every_parameter_belongs_to_exactly_one_group(kind):
    drawing = make.drawing(small(), kind, chance(), None)
    grouped = [id(parameter) for group in drawing.groups() for parameter in group["params"]]
    assert sorted(grouped) == sorted(id(parameter) for parameter in drawing.parameters())


@pytest.mark.parametrize("kind", ["inks", "study"])
def test_a_state_gives_back_the_same_picture(kind):
    first = make.drawing(small(), kind, chance(1), None)
    second = make.drawing(small(), kind, chance(2), None)
    assert not torch.equal(first.image(0.5), second.image(0.5))
    second.load_state_dict(first.state_dict())
    for softness in (1.0, 0.5, 0.0):
        assert torch.equal(first.image(softness), second.image(softness))


@pytest.mark.parametrize("decay", [0.0, 1.0, 1.5])
@pytest.mark.parametrize("size", [*SIZES, (8, 9), (9, 8)])
def test_waves_give_back_the_maps_they_were_made_from(size, decay):
    spectrum = Spectrum(3, *size, decay)
    maps = torch.randn(3, *size, generator=chance(1))
    spectrum.restart(maps)
    torch.testing.assert_close(spectrum.maps().detach(), maps, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("decay", [0.0, 1.0])
@pytest.mark.parametrize("size", SIZES)
def test_standard_normal_waves_give_maps_of_deviation_one(size, decay):
    spectrum = Spectrum(400, *size, decay)
    spectrum.scatter(1.0, chance())
    assert spectrum.maps().square().mean().sqrt().item() == pytest.approx(1, abs=0.02)


def test_slow_waves_are_stronger():
    spectrum = Spectrum(50, 32, 32, 1.0)
    spectrum.scatter(1.0, chance())
    power = torch.fft.rfft2(spectrum.maps().detach()).abs().square().mean(0)
    assert power[1, 1] > 10 * power[12, 12]


@pytest.mark.parametrize("size", SIZES)
def test_free_drawings_stay_within_light(size):
    drawing = make.drawing(small(height=size[0], width=size[1]), "study", chance(), None)
    assert isinstance(drawing, FreeDrawing)
    for push in (0.0, 1.0, 1e3):
        with torch.no_grad():
            drawing.spectrum.scatter(push, chance(4))
        image = drawing.image(1.0)
        assert image.shape == (3, *size)
        assert image.min() >= 0
        assert image.max() <= 1
    assert drawing.penalties(1.0) == {}


def test_free_drawings_can_be_any_colour_and_begin_grey():
    drawing = make.drawing(small(), "study", chance(), None)
    assert colour.linear_to_srgb(drawing.image(1.0).detach()).mean().item() == pytest.approx(
        0.5, abs=0.1
    )
    drawing.image(1.0)[0].sum().backward()
    assert (drawing.spectrum.waves.grad != 0).any()


def test_a_drawing_is_an_interface():
    assert {"image", "penalties", "project", "groups"} <= {
        name for name, value in vars(Drawing).items() if getattr(value, "__isabstractmethod__", 0)
    }


def test_specks_are_merged_late_and_a_loaded_drawing_is_the_one_that_was_saved():
    drawing = drawn((48, 40), pixels={"tidy_from": 0.5})
    drawing.scatter(torch.Generator().manual_seed(2))
    with torch.no_grad():
        # White noise on top: specks everywhere.
        maps = drawing.spectrum.maps()
        noise = torch.randn(maps.shape, generator=torch.Generator().manual_seed(3))
        drawing.spectrum.restart(maps + noise)
    drawing.project(0.1)
    assert speck_share(drawing.inked().labels) > 0.1
    drawing.project(1.0)
    assert speck_share(drawing.inked().labels) == 0
    other = drawn((48, 40), pixels={"tidy_from": 0.5})
    other.load_state_dict(drawing.state_dict())
    assert (other.inked().labels == drawing.inked().labels).all()


def test_specks_are_never_merged_unless_asked_for():
    drawing = drawn((48, 40))
    before = drawing.inked().labels
    drawing.project(1.0)
    assert (drawing.inked().labels == before).all()
