"""Colour: against published values, against another library, and its gradients."""

import subprocess
import sys
from io import StringIO
from itertools import pairwise

import numpy as np
import pytest
import torch
from coloraide import Color
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageColor

from inkdream import colour
from inkdream.errors import InputError

# Sharma, Wu and Dalal 2005, table 1: L1 a1 b1 L2 a2 b2 difference.
SHARMA = np.loadtxt(
    StringIO("""
    50 2.6772 -79.7751 50 0 -82.7485 2.0425
    50 3.1571 -77.2803 50 0 -82.7485 2.8615
    50 2.8361 -74.0200 50 0 -82.7485 3.4412
    50 -1.3802 -84.2814 50 0 -82.7485 1.0000
    50 -1.1848 -84.8006 50 0 -82.7485 1.0000
    50 -0.9009 -85.5211 50 0 -82.7485 1.0000
    50 0 0 50 -1 2 2.3669
    50 -1 2 50 0 0 2.3669
    50 2.4900 -0.0010 50 -2.4900 0.0009 7.1792
    50 2.4900 -0.0010 50 -2.4900 0.0010 7.1792
    50 2.4900 -0.0010 50 -2.4900 0.0011 7.2195
    50 2.4900 -0.0010 50 -2.4900 0.0012 7.2195
    50 -0.0010 2.4900 50 0.0009 -2.4900 4.8045
    50 -0.0010 2.4900 50 0.0010 -2.4900 4.8045
    50 -0.0010 2.4900 50 0.0011 -2.4900 4.7461
    50 2.5 0 50 0 -2.5 4.3065
    50 2.5 0 73 25 -18 27.1492
    50 2.5 0 61 -5 29 22.8977
    50 2.5 0 56 -27 -3 31.9030
    50 2.5 0 58 24 15 19.4535
    50 2.5 0 50 3.1736 0.5854 1.0000
    50 2.5 0 50 3.2972 0 1.0000
    50 2.5 0 50 1.8634 0.5757 1.0000
    50 2.5 0 50 3.2592 0.3350 1.0000
    60.2574 -34.0099 36.2677 60.4626 -34.1751 39.4387 1.2644
    63.0109 -31.0961 -5.8663 62.8187 -29.7946 -4.0864 1.2630
    61.2901 3.7196 -5.3901 61.4292 2.2480 -4.9620 1.8731
    35.0831 -44.1164 3.7933 35.0232 -40.0716 1.5901 1.8645
    22.7233 20.0904 -46.6940 23.0331 14.9730 -42.5619 2.0373
    36.4612 47.8580 18.3852 36.2715 50.5065 21.2231 1.4146
    90.8027 -2.0831 1.4410 91.1528 -1.6435 0.0447 1.4441
    90.9257 -0.5406 -0.9208 88.6381 -0.8985 -0.7239 1.5381
    6.7747 -0.2908 -2.4247 5.8714 -0.0985 -2.2286 0.6377
    2.0776 0.0795 -1.1350 0.9033 -0.0636 -0.5514 0.9082
    """)
)

CONVERSIONS = [
    colour.srgb_to_linear,
    colour.linear_to_srgb,
    colour.linear_to_oklab,
    colour.oklab_to_linear,
    colour.linear_to_lab,
]

# Where formulas bend, end or have no hue; the pairs in between are black, greys and equals.
ODD = [
    [0.0, 0.0, 0.0],
    [1.0, 1.0, 1.0],
    [0.5, 0.5, 0.5],
    [0.0, 0.0, 1.0],
    [1.0, 0.0, 0.0],
    [-0.2, 0.5, 1.7],
    [0.0031308, 0.04045, 1e-5],
    [1e-30, -1e-30, 0.0],
    [0.5 + 1e-13, 0.5, 0.5],
    [0.5 + 1e-9, 0.5, 0.5],
]


def random_linear(count: int, seed: int = 0, low: float = 0.0, high: float = 1.0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(low, high, (count, 3))


def by_coloraide(linear: np.ndarray, space: str) -> np.ndarray:
    return np.array([Color("srgb-linear", row).convert(space).coords() for row in linear.tolist()])


# Words


def test_parse_reads_hex_and_names():
    assert colour.parse("#0af") == (0, 170, 255)
    assert colour.parse(" #DC143c ") == (220, 20, 60)
    assert colour.parse("Crimson") == (220, 20, 60)


def test_there_are_the_148_css_names():
    css = {name: ImageColor.getrgb(name) for name in ImageColor.colormap}
    assert len(colour.NAMES) == 148
    assert {name: colour.parse(name) for name in colour.NAMES} == css


@pytest.mark.parametrize(
    "text",
    ["", "#", "#12", "#12345", "#1234567", "#ggg", "#1234", "transparent", "dc143c", "rgb(0,0,0)"],
)
def test_parse_refuses_anything_else_in_one_line(text):
    with pytest.raises(InputError) as caught:
        colour.parse(text)
    message = str(caught.value)
    assert "colour" in message
    assert "\n" not in message


def test_parse_suggests_the_nearest_name():
    with pytest.raises(InputError, match="Did you mean 'crimson'"):
        colour.parse("crimsom")


@settings(deadline=None)
@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_hex_round_trip(rgb):
    assert colour.parse(colour.to_hex(rgb)) == rgb
    assert colour.to_hex(np.array(rgb, dtype=np.uint8)) == colour.to_hex(rgb)


@pytest.mark.parametrize("rgb", [(0, 0), (0, 0, 256), (0, 0, -1), (0, 0, 0, 0)])
def test_to_hex_refuses_what_is_no_colour(rgb):
    with pytest.raises(InputError, match="0 to 255"):
        colour.to_hex(rgb)


def test_linear_of_lists_colours():
    assert colour.linear_of([]).shape == (0, 3)
    rows = colour.linear_of(["black", "#fff", "red", "#808080"])
    expected = [[0, 0, 0], [1, 1, 1], [1, 0, 0], [0.21586050011389926] * 3]
    np.testing.assert_allclose(rows, expected, rtol=0, atol=1e-15)


def test_every_name_names_itself():
    for name, digits in colour.NAMES.items():
        found = colour.name_of(colour.parse(name))
        assert colour.NAMES[found] == digits
    assert [colour.name_of(colour.parse(name)) for name in ("gray", "aqua", "fuchsia")] == [
        "grey",
        "cyan",
        "magenta",
    ]


def test_name_of_is_the_nearest_name():
    assert colour.name_of((218, 22, 61)) == "crimson"
    for rgb in np.random.default_rng(1).integers(0, 256, (3, 3)).tolist():
        here = Color(colour.to_hex(rgb))
        differences = {
            digits: here.delta_e(f"#{digits}", method="2000") for digits in colour.NAMES.values()
        }
        assert colour.NAMES[colour.name_of(rgb)] == min(differences, key=differences.__getitem__)


# Values


def test_bytes_survive_every_kind_of_array():
    every = np.arange(256, dtype=np.uint8)
    kinds = [every, torch.from_numpy(every), every.reshape(16, 16)]
    for kind in kinds:
        back = colour.to_bytes(colour.from_bytes(kind))
        assert back.dtype == kind.dtype
        assert (back == kind).all()
    single = colour.from_bytes(every).astype(np.float32)
    assert (colour.to_bytes(single) == every).all()


def test_to_bytes_clips_and_refuses_nan():
    assert colour.to_bytes(np.array([-3.0, 0.5, 7.0])).tolist() == [0, 188, 255]
    assert colour.to_bytes(torch.tensor([0.5], requires_grad=True)).tolist() == [188]
    with pytest.raises(ValueError, match="NaN"):
        colour.to_bytes(np.array([0.0, np.nan]))


@settings(deadline=None)
@given(st.lists(st.floats(-4, 4), min_size=3, max_size=3))
def test_round_trips_everywhere(linear):
    values = np.array(linear)
    there = colour.srgb_to_linear(colour.linear_to_srgb(values))
    np.testing.assert_allclose(there, values, rtol=1e-12, atol=1e-12)
    there = colour.oklab_to_linear(colour.linear_to_oklab(values))
    np.testing.assert_allclose(there, values, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("convert", "space"),
    [
        (colour.linear_to_srgb, "srgb"),
        (colour.linear_to_oklab, "oklab"),
        (colour.linear_to_lab, "lab-d65"),
    ],
)
def test_conversions_agree_with_coloraide(convert, space):
    linear = np.concatenate([random_linear(200), random_linear(50, low=-0.3, high=1.5), ODD[:6]])
    np.testing.assert_allclose(convert(linear), by_coloraide(linear, space), rtol=0, atol=1e-9)


def test_every_8_bit_colour_is_above_the_straight_line_at_black():
    dark = colour.linear_of(["#000001", "#000100", "#010000", "#010101"])
    np.testing.assert_allclose(
        colour.linear_to_oklab(dark), by_coloraide(dark, "oklab"), rtol=0, atol=1e-9
    )


def test_ciede2000_published_values():
    first, second, published = SHARMA[:, :3], SHARMA[:, 3:6], SHARMA[:, 6]
    for one, two in [(first, second), (second, first)]:
        assert np.abs(colour.ciede2000(one, two) - published).max() < 0.5e-4 + 1e-9
        found = colour.ciede2000(torch.from_numpy(one), torch.from_numpy(two))
        assert np.abs(found.numpy() - published).max() < 0.5e-4 + 1e-9


def test_ciede2000_agrees_with_coloraide():
    linear = np.concatenate([random_linear(150), ODD[:6], random_linear(100, seed=3) * [[0, 0, 1]]])
    lab = colour.linear_to_lab(linear)
    ours = colour.ciede2000(lab[:-1], lab[1:])
    colours = [Color("srgb-linear", row) for row in linear.tolist()]
    theirs = [one.delta_e(two, method="2000") for one, two in pairwise(colours)]
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=2e-6)


def test_ciede2000_is_zero_for_equals_and_symmetric():
    lab = colour.linear_to_lab(random_linear(50))
    table = colour.ciede2000(lab[:, None], lab[None, :])
    assert table.shape == (50, 50)
    assert (np.diag(table) == 0).all()
    np.testing.assert_allclose(table, table.T, atol=1e-12)


# Both kinds of array


@pytest.mark.parametrize("convert", CONVERSIONS)
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_numpy_and_torch_agree(convert, kind):
    values = np.concatenate([random_linear(40, low=-0.2, high=1.2), ODD]).astype(kind)
    by_numpy, by_torch = convert(values), convert(torch.from_numpy(values))
    assert by_numpy.dtype == values.dtype
    assert by_torch.dtype == getattr(torch, kind)
    tolerance = 1e-12 if kind == "float64" else 1e-3
    np.testing.assert_allclose(by_torch.numpy(), by_numpy, rtol=tolerance, atol=tolerance)


def test_differences_agree_in_numpy_and_torch():
    lab = np.concatenate([SHARMA[:, :3], colour.linear_to_lab(random_linear(100))])
    found = colour.ciede2000(torch.from_numpy(lab[:-1]), torch.from_numpy(lab[1:]))
    np.testing.assert_allclose(found.numpy(), colour.ciede2000(lab[:-1], lab[1:]), atol=1e-11)


def test_float32_is_enough():
    linear = random_linear(300, seed=5)
    lab, single = colour.linear_to_lab(linear), colour.linear_to_lab(linear.astype(np.float32))
    exact, found = colour.ciede2000(lab[:-1], lab[1:]), colour.ciede2000(single[:-1], single[1:])
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, exact, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_grey_from_rgb_counts_as_grey(kind):
    """Its chroma is arithmetic noise; the noise's hue must not reach the difference."""
    grey = np.linspace(0, 1, 2001).astype(kind)[:, None] * np.ones(3, kind)
    lab = colour.linear_to_lab(grey)
    assert (colour._chroma(np, 1.5 * lab[:, 1], 1.5 * lab[:, 2]) == 0).all()


@pytest.mark.parametrize("convert", CONVERSIONS[2:])
def test_axis_reads_images(convert):
    image = torch.from_numpy(random_linear(35).reshape(5, 7, 3))
    expected = convert(image).permute(2, 0, 1)
    torch.testing.assert_close(convert(image.permute(2, 0, 1), axis=-3), expected)
    torch.testing.assert_close(convert(image.permute(2, 0, 1), axis=0), expected)


def test_axis_of_a_difference():
    lab = torch.from_numpy(colour.linear_to_lab(random_linear(70).reshape(2, 5, 7, 3)))
    one, two = lab.permute(0, 3, 1, 2)
    torch.testing.assert_close(
        colour.ciede2000(one, two, axis=-3), colour.ciede2000(lab[0], lab[1])
    )


def test_parameters_and_subclasses_are_tensors():
    values = torch.nn.Parameter(torch.rand(3))
    assert colour.linear_to_lab(values).requires_grad


def test_wrong_arrays_are_refused():
    with pytest.raises(TypeError, match="not list"):
        colour.srgb_to_linear([0.1, 0.2, 0.3])
    with pytest.raises(TypeError, match="floats here, not uint8"):
        colour.srgb_to_linear(np.zeros(3, np.uint8))
    with pytest.raises(TypeError, match="uint8, not float64"):
        colour.from_bytes(np.zeros(3))
    with pytest.raises(ValueError, match="3 channels"):
        colour.linear_to_oklab(np.zeros((3, 4)))
    with pytest.raises(ValueError, match="3 channels"):
        colour.linear_to_oklab(np.array(0.0))
    with pytest.raises(TypeError, match="not one of each"):
        colour.ciede2000(np.zeros(3), torch.zeros(3))


# Gradients


@pytest.mark.parametrize("convert", CONVERSIONS)
def test_gradients_match_central_differences(convert):
    values = torch.from_numpy(random_linear(6, seed=2, low=-0.4, high=1.4)).requires_grad_()
    assert torch.autograd.gradcheck(convert, values)


def test_difference_gradients_match_central_differences():
    lab = torch.from_numpy(colour.linear_to_lab(random_linear(24, seed=4)))
    pairs = lab[:12].requires_grad_(), lab[12:].clone().requires_grad_()
    assert torch.autograd.gradcheck(colour.ciede2000, pairs)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_gradients_are_finite_everywhere(dtype):
    values = torch.tensor(ODD, dtype=dtype, requires_grad=True)
    for convert in CONVERSIONS:
        (gradient,) = torch.autograd.grad(convert(values).sum(), values)
        assert gradient.isfinite().all(), convert.__name__
        if convert is not colour.linear_to_lab:
            assert (gradient.sum(-1) != 0).any()
    lab = colour.linear_to_lab(values)
    difference = colour.ciede2000(lab[:, None], lab[None, :])
    assert difference.isfinite().all()
    (gradient,) = torch.autograd.grad(difference.sum(), values)
    assert gradient.isfinite().all()


def test_no_gradient_dies_at_black():
    for convert in CONVERSIONS:
        values = torch.zeros(3, dtype=torch.float64, requires_grad=True)
        (gradient,) = torch.autograd.grad(convert(values)[0], values)
        assert gradient.abs().sum() > 0, convert.__name__


def test_lightness_still_pulls_between_greys():
    values = torch.full((3,), 0.5, dtype=torch.float64, requires_grad=True)
    white = colour.linear_to_lab(torch.ones(3, dtype=torch.float64))
    (gradient,) = torch.autograd.grad(colour.ciede2000(colour.linear_to_lab(values), white), values)
    assert (gradient < 0).all()


@pytest.mark.parametrize("target", [[60.0, 50.0, 20.0], [60.0, -20.0, 30.0], [60.0, 10.0, -50.0]])
def test_a_grey_is_drawn_to_the_hue_it_lacks(target):
    """The formula has no hue there; the gradient must point to the other colour all the same."""
    grey = torch.tensor([60.0, 0.0, 0.0], dtype=torch.float64, requires_grad=True)
    other = torch.tensor(target, dtype=torch.float64)
    (gradient,) = torch.autograd.grad(colour.ciede2000(grey, other), grey)
    cosine = torch.cosine_similarity(-gradient[1:], other[1:], dim=0)
    assert cosine > 0.8


def test_equal_colours_have_gradient_zero():
    lab = torch.from_numpy(colour.linear_to_lab(random_linear(5)))
    first = lab.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(colour.ciede2000(first, lab).sum(), first)
    assert (gradient == 0).all()


def test_descent_reaches_the_target():
    """The gradient leads from grey, where hue is undefined, to a colour."""
    target = colour.linear_to_lab(torch.from_numpy(colour.linear_of(["crimson"])))
    values = torch.full((1, 3), 0.5, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.Adam([values], lr=0.02)
    for _ in range(150):
        optimiser.zero_grad()
        difference = colour.ciede2000(colour.linear_to_lab(values), target).sum()
        difference.backward()
        optimiser.step()
    assert difference < 1


def test_importing_colour_imports_no_torch():
    script = "import sys, inkdream.colour; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
