"""Masks, bare paper and shares of ink: what is asked for is kept, in the files."""

import numpy as np
import pytest
import torch
from PIL import Image

from inkdream import colour, pictures, placement
from inkdream.drawing import make
from inkdream.drawing.distance import signed_distance
from inkdream.drawing.limits import pen_set, pixel_limits
from inkdream.drawing.palette import Palette
from inkdream.drawing.pixel_limits import PixelLimits
from inkdream.drawing.symmetry import gathered, sources
from inkdream.errors import InputError
from inkdream.optimize.scores import measure
from inkdream.optimize.session import Session
from inkdream.pens import PenSet
from inkdream.pens.pen import MOST_PENS
from inkdream.run.budget import keep_budget
from inkdream.svg.read import read_svg
from inkdream.svg.render import render_svg
from tests.running import climbed, gone_on, says, stopped
from tests.running import drawn as run_of
from tests.toys import chance
from tests.toys import small as quick

WHITE, BLACK, RED = "#ffffff", "#000000", "#c8102e"
PENS = [{"name": "ink", "colour": BLACK, "width": 1}, {"name": "wine", "colour": RED, "width": 1.4}]
PAGE = {"size": "100x140mm", "scale": 0.5, "margin": 8}


def small(**said):
    """A small recipe, whose pens are its inks where it has any."""
    made = [WHITE, *(pen["colour"] for pen in said.get("pens", ()))]
    pens_are_inks = "pens" in said and "pick" not in said and said.get("medium") != "strokes"
    slots = {"inks": [WHITE] + ["?"] * said["pick"]} if "pick" in said else {}
    return quick(**{**({"inks": made} if pens_are_inks else slots), **said})


@pytest.fixture
def masks(tmp_path):
    """Return the paths of masks: light on the left, in the middle, and on a slope."""
    left = np.zeros((60, 50), np.uint8)
    left[:, :25] = 255
    middle = np.zeros((60, 50), np.uint8)
    middle[20:40, 15:35] = 255
    slope = np.linspace(0, 255, 50).astype(np.uint8)[None].repeat(60, 0)
    made = {"left": left, "middle": middle, "slope": slope}
    for name, grey in made.items():
        Image.fromarray(grey).save(tmp_path / f"{name}.png")
    return {name: str(tmp_path / f"{name}.png") for name in made}


def pens(**where):
    return [{**pen, "where": where.get(pen["name"], "")} for pen in PENS]


def is_ink(folder, word):
    """Return where drawing.png has an ink."""
    read = pictures.read_rgb(folder / "drawing.png")
    return (read == np.array(colour.parse(word))).all(-1)


def light(recipe, path):
    return placement.read_mask(recipe, path).numpy() >= 0.5


def drawn(recipe, seed=0):
    """A drawing as in the middle of a climb."""
    drawing = make.drawing(recipe, "inks", chance(seed), None)
    with torch.no_grad():
        if recipe.medium == "strokes":
            drawing.wants.copy_(torch.randn(drawing.wants.shape, generator=chance(seed + 1)))
    return drawing


# Distances


def test_distances_are_those_to_the_nearest_px():
    region = torch.rand(17, 23, generator=chance()) > 0.9
    found = torch.from_numpy(signed_distance(region.numpy()))
    places = torch.cartesian_prod(torch.arange(17.0), torch.arange(23.0))
    far = torch.cdist(places, places)
    inside = region.flatten()
    expected = torch.where(inside, -far[:, ~inside].amin(1), far[:, inside].amin(1))
    torch.testing.assert_close(found.flatten(), expected)


def test_without_any_px_all_are_far():
    assert (signed_distance(np.zeros((4, 5), bool)) > 1000).all()
    assert (signed_distance(np.ones((4, 5), bool)) < -1000).all()


# Areas of ink


@pytest.mark.parametrize("tidy_from", [1.0, 0.5])
def test_a_pen_draws_only_where_its_mask_is_light(masks, tmp_path, tidy_from):
    recipe = small(pens=pens(ink=masks["left"]), pixels={"tidy_from": tidy_from})
    folder = run_of(recipe, tmp_path / "runs").folder
    black = is_ink(folder, BLACK)
    allowed = light(recipe, masks["left"])
    assert not black[~allowed].any()
    assert black[allowed].any()
    assert is_ink(folder, RED)[~allowed].any()


@pytest.mark.parametrize("softness", [1.0, 0.1, 0.0])
def test_a_barred_ink_has_no_share_and_a_grey_one_less(masks, softness):
    recipe = small(pens=pens(ink=masks["slope"]), height=32, width=50)
    plain = drawn(small(pens=pens(), height=32, width=50))
    limited = drawn(recipe)
    shares = torch.softmax(limited.logits() / 0.5, 0)[1].detach()
    free = torch.softmax(plain.logits() / 0.5, 0)[1].detach()
    assert (shares[:, :24] == 0).all()
    assert (shares[:, 26:] > 0).all()
    assert (shares[:, 27] / free[:, 27]).mean() < 0.8 < (shares[:, -1] / free[:, -1]).mean()
    with torch.no_grad():
        image = limited.image(softness)
    assert image.min() >= 0


def test_bare_paper_stays_bare(masks, tmp_path):
    recipe = small(inks=[WHITE, "?", "?"], bare=masks["middle"], compare=True)
    folder = run_of(recipe, tmp_path / "runs").folder
    bare = light(recipe, masks["middle"])
    assert is_ink(folder, WHITE)[bare].all()
    assert not is_ink(folder, WHITE)[~bare].all()
    free = pictures.read_rgb(folder / "unconstrained.png")
    assert (free[bare] == 255).all()


def test_bare_paper_and_masks_hold_while_pens_are_picked(masks):
    wanted = {"pens": pens(ink=masks["left"]), "pick": 2, "bare": masks["middle"]}
    recipe = small(**wanted, steps=6)
    session = climbed(Session(recipe))
    picture = session.result.inked()
    rgb = picture.rgb()
    assert (rgb[light(recipe, masks["middle"])] == 255).all()
    assert not (rgb == 0).all(-1)[~light(recipe, masks["left"])].any()
    assert (rgb == 0).all(-1).any()


def test_what_is_merged_into_a_place_where_its_ink_is_barred_is_taken_back():
    allowed = torch.ones(2, 4, 6)
    allowed[1, :, :3] = 0
    limits = PixelLimits(allowed, torch.zeros(0, 2), torch.zeros(0))
    before, merged = torch.zeros(4, 6, dtype=torch.int64), torch.ones(4, 6, dtype=torch.int64)
    kept = limits.undo(Palette([BLACK, WHITE], chance()), before, merged)
    assert kept.tolist() == [[0, 0, 0, 1, 1, 1]] * 4


def test_a_mask_and_a_symmetry_are_both_kept(masks):
    recipe = small(pens=pens(ink=masks["left"]), symmetry="turn-5", ink_budget={"wine": 0.2})
    drawing = drawn(recipe)
    labels = torch.from_numpy(drawing.inked().labels)[None].int()
    assert torch.equal(labels, gathered(labels, sources("turn-5", *recipe.size)))
    assert not (labels[0].numpy() == 1)[~light(recipe, masks["left"])].any()
    assert (labels == 2).double().mean() <= 0.2


def test_gradients_flow_under_limits(masks):
    recipe = small(pens=pens(ink=masks["slope"]), ink_budget={"ink": 0.1, "wine": 0.1})
    for softness in (1.0, 0.2, 0.0):
        drawing = drawn(recipe)
        image, penalties = drawing.render(softness)
        (image.mean() + sum(penalties.values())).backward()
        assert torch.isfinite(drawing.spectrum.waves.grad).all()
        assert drawing.spectrum.waves.grad.abs().sum() > 0


# Shares of ink


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        ({"ink": 0.05}, {"pens": PENS}),
        ({"ink": 0.1, "wine": 0.02}, {"pens": PENS}),
        ({BLACK: 0.05, "#c8102e": 0.1}, {"inks": [WHITE, BLACK, RED]}),
        ({"black": 0.03}, {"inks": [BLACK, "?", "?"]}),
        ({"white": 0.1}, {"inks": [WHITE, "?", "?"]}),
        ({"ink": 0.01}, {"pens": PENS, "pick": 2}),
    ],
    ids=str,
)
def test_no_ink_covers_more_of_the_picture_than_it_may(budget, said):
    session = climbed(Session(small(ink_budget=budget, **said)))
    rgb = session.result.inked().tidy().rgb()
    for name, most in budget.items():
        word = {pen["name"]: pen["colour"] for pen in PENS}.get(name, name)
        assert (rgb == np.array(colour.parse(word))).all(-1).mean() <= most
    assert session.hard_score() == pytest.approx(score_of(session, rgb), rel=0.02)


def score_of(session, rgb):
    light_of = colour.from_bytes(torch.from_numpy(rgb.transpose(2, 0, 1).copy()))
    return session.objective.total(measure(session.networks, session.objective, light_of.float()))


def test_what_lies_beyond_a_share_costs_as_much_again():
    recipe = small(inks=[WHITE, BLACK, RED], ink_budget={"black": 0.1})
    drawing = drawn(recipe)
    for softness in (1.0, 0.0):
        shares = torch.softmax(drawing.logits() / softness, 0) if softness else None
        covered = (
            shares[1].mean() if softness else (drawing.logits().argmax(0) == 1).double().mean()
        )
        cost = drawing.penalties(softness)["ink_budget"].item()
        assert cost == pytest.approx(covered.item() / 0.1 - 1, rel=1e-4)
    assert "ink_budget" not in drawn(small()).penalties(0.5)
    (slope,) = torch.autograd.grad(drawing.penalties(0.0)["ink_budget"], drawing.spectrum.waves)
    assert slope.abs().sum() > 0


def test_the_least_certain_px_change_first():
    recipe = small(inks=[WHITE, BLACK, RED], ink_budget={"black": 0.1})
    free, drawing = drawn(small(inks=[WHITE, BLACK, RED])), drawn(recipe)
    drawing.load_state_dict(free.state_dict())
    before, after = (torch.from_numpy(each.inked().labels.astype(int)) for each in (free, drawing))
    wants = free.logits().detach()
    margin = wants[1] - wants[[0, 2]].amax(0)
    was, stays = before == 1, after == 1
    assert margin[was & stays].min() > margin[was & ~stays].max()
    assert torch.equal(before[~was], after[~was])
    assert 0.09 < stays.double().mean() <= 0.1


# What cannot be kept is said in one line


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"inks": 3, "bare": "left"}, r"bare: the paper, #ffffff, is no ink of this drawing; give"),
        ({"pens": PENS, "ink_budget": {"wime": 0.1}}, r"unknown pen or ink 'wime'.*'wine'"),
        ({"inks": "red,blue", "ink_budget": {"green": 0.1}}, r"ink_budget: unknown pen or ink"),
        ({"inks": "red,blue", "ink_budget": {"red": 0.1, "blue": 0.9}}, "leave one ink"),
        ({"pens": pens(ink="gone.png")}, r"gone\.png"),
        ({"pens": pens(ink="left"), "inks": 3}, r"pens: ink has a mask, but is no ink of this"),
    ],
    ids=str,
)
def test_what_cannot_be_kept_is_said_before_a_step(said, expected, masks):
    said = {key: masks.get(value, value) if key == "bare" else value for key, value in said.items()}
    with pytest.raises(InputError, match=expected):
        Session(small(**said))


def test_unknown_pens_of_strokes_are_said_with_the_nearest():
    with pytest.raises(InputError, match=r"unknown pen or ink 'wime'.*'wine'"):
        make.check(strokes(ink_budget={"wime": 0.1}))


def test_pens_are_in_plotting_order_also_more_than_a_set_can_have():
    few = pen_set(strokes())
    assert few == PenSet.of(strokes().pens, few.paper)
    owned = [
        {"name": f"{number}", "colour": f"#{number:02x}3060", "width": 1}
        for number in range(MOST_PENS + 6)
    ]
    many = strokes(owned[::-1], pick=4)
    assert {pen.name for pen in pen_set(many)} == {pen["name"] for pen in owned}
    assert pen_set(many).pens == pen_set(strokes(owned, pick=4)).pens


def test_without_masks_or_shares_there_are_no_limits():
    assert pixel_limits(small()) is None
    assert drawn(small()).limits is drawn(strokes()).limits is None


# Strokes


def strokes(pens=PENS, **said):
    table = {"page": PAGE, "strokes": {"count": 60, "length": 15}}
    table["terms"] = [{"target": "loom/conv2_1/15"}]
    return small(medium="strokes", pens=pens, **{**table, **said})


def shown(folder, recipe, pen=None):
    """Return drawing.svg, or what one pen draws of it, as resvg shows it: how far from paper."""
    text = (folder / "drawing.svg").read_text()
    if pen:
        from dataclasses import replace

        from inkdream.formats.svg import to_svg

        plot = read_svg(folder / "drawing.svg").as_plot()
        layers = tuple(layer for layer in plot.layers if layer.pen.name == pen)
        text = to_svg(replace(plot, layers=layers))
    height, width = recipe.page.pixels
    picture = render_svg(text, recipe.paper, height, width, recipe.page.scale)
    return np.abs(picture - 1).max(0)


@pytest.mark.parametrize("symmetry", ["none", "both"])
def test_pens_keep_to_their_masks_in_the_plotters_file(masks, tmp_path, symmetry):
    mask = masks["left"] if symmetry == "none" else masks["middle"]
    recipe = strokes(pens(ink=mask), symmetry=symmetry)
    folder = run_of(recipe, tmp_path / "runs").folder
    allowed = light(recipe, mask)
    assert shown(folder, recipe, "ink")[~allowed].max() == 0
    assert shown(folder, recipe, "wine")[~allowed].max() > 0.3


def test_no_stroke_touches_bare_paper(masks, tmp_path):
    recipe = strokes(bare=masks["middle"])
    folder = run_of(recipe, tmp_path / "runs").folder
    bare = light(recipe, masks["middle"])
    assert shown(folder, recipe)[bare].max() == 0
    assert (pictures.read_rgb(folder / "drawing.png")[bare] == 255).all()
    assert shown(folder, recipe)[~bare].max() > 0.3


@pytest.mark.parametrize("seed", range(3))
def test_strictly_what_touches_the_dark_is_not_drawn_in_any_of_its_copies(masks, seed):
    recipe = strokes(pens(ink=masks["left"]), bare=masks["middle"], symmetry="turn-3")
    drawing = drawn(recipe, seed)
    with torch.no_grad():
        image = drawing.image(0.0)
        shares = drawing.shares(0.0)
    assert ((shares == 0) | (shares == 1)).all()
    assert torch.equal(shares.argmax(0), drawing.chosen())
    bare = torch.from_numpy(light(recipe, masks["middle"]))
    assert (image[:, bare] == 1).all()
    assert drawing.is_drawn().any()


def test_strokes_in_the_dark_are_pulled_out_of_it(masks):
    drawing = drawn(strokes(bare=masks["middle"], strokes={"count": 30, "length": 8}))
    with torch.no_grad():
        drawing.curves.points.mul_(0.2).add_(torch.tensor([40.0, 56.0]))
        drawing.wants[-1] = -3
    assert not drawing.is_drawn().any()
    before = drawing.penalties(0.0)["mask"].item()
    optimiser = torch.optim.Adam(drawing.groups())
    for _ in range(40):
        optimiser.zero_grad()
        drawing.penalties(0.0)["mask"].backward()
        optimiser.step()
        drawing.project(0.5)
    assert drawing.penalties(0.0)["mask"].item() < 0.2 * before
    assert drawing.is_drawn().sum() > 10


def test_softly_a_stroke_is_the_less_willing_the_darker_it_lies(masks):
    plain, drawing = drawn(strokes()), drawn(strokes(pens(ink=masks["left"])))
    drawing.load_state_dict(plain.state_dict())
    shift = (drawing.preferences(0.5) - plain.preferences(0.5)).detach()
    x = drawing.curves.points.detach()[..., 0]
    # In plotting order, the darker pen is the second.
    assert (shift[1][(x > 55).all(1)] < -5).all()
    assert (shift[1][(x < 45).all(1)].abs() < 1e-3).all()
    assert (shift[[0, 2]] == 0).all()


@pytest.mark.parametrize("symmetry", ["none", "turn-2"])
def test_pens_cover_no_more_of_the_page_than_they_may(symmetry):
    budget = {"ink": 0.01, "wine": 0.02}
    recipe = strokes(ink_budget=budget, symmetry=symmetry, strokes={"count": 60, "ink": 0})
    session = Session(recipe)
    drawing = session.result
    drawing.load_state_dict(drawn(recipe).state_dict())
    area = drawing.page.width * drawing.page.height

    def covered():
        return {
            layer.pen.name: sum(stroke.length() for stroke in layer.strokes)
            * layer.pen.width
            / area
            for layer in drawing.plot().layers
        }

    before = covered()
    assert all(before[name] > most for name, most in budget.items())
    said = drawing.penalties(0.0)["ink_budget"].item()
    assert said >= sum(before[name] / most - 1 for name, most in budget.items()) * 0.99 > 0
    keep_budget(session, drawing)
    after = covered()
    assert all(0.5 * most < after[name] <= most for name, most in budget.items())


def test_runs_with_limits_go_on_where_they_were_stopped(masks, tmp_path):
    said = {"bare": masks["middle"], "ink_budget": {"ink": 0.01}, "symmetry": "mirror"}
    recipe = strokes(pens(wine=masks["left"]), **said)
    folder = run_of(recipe, tmp_path / "runs").folder
    run = stopped(recipe, tmp_path / "runs", 5)
    gone_on(run.folder, 5).finish()
    for name in ("drawing.svg", "drawing.png"):
        assert (run.folder / name).read_bytes() == (folder / name).read_bytes()


# What is said of masks


@pytest.mark.parametrize("flag", ["--where", "--bare"])
@pytest.mark.parametrize(("width", "is_said"), [("50", False), ("40", True)])
def test_a_mask_of_another_size_is_resized_and_that_is_said(
    masks, tmp_path, capsys, flag, width, is_said
):
    words = ["--neuron", "loom/conv2_1/3", flag, masks["left"], "--inks", "#ffffff,?,?"]
    words += ["--width", width, "--height", "60", "--steps", "1", "--out", tmp_path / "runs"]
    words += ["--page", "40x50mm", "--margin", "4"]
    code, out, err = says(capsys, "draw", *words)
    assert (code, err) == (0, "")
    line = "left.png: 50 x 60 px, resized to the drawing's 40 x 60, which changes its shape\n"
    assert (line in out) == is_said
    assert ("resized" in out) == is_said


def test_masks_of_pens_are_told_of_too_each_once(masks, tmp_path):
    terms = [{"target": f"loom/conv2_1/{channel}", "where": masks["slope"]} for channel in (1, 2)]
    recipe = small(terms=terms, pens=pens(wine=masks["middle"]), bare=masks["left"])
    said = placement.resized_masks(recipe)
    assert [line.partition(":")[0] for line in said] == ["slope.png", "middle.png", "left.png"]
