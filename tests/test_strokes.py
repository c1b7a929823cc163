"""Stroke drawings: what is climbed, what is shown and what is plotted are one drawing."""

import numpy as np
import pytest
import torch

from inkdream import colour
from inkdream.drawing import StrokeDrawing, make
from inkdream.drawing.initial import Origin
from inkdream.drawing.plotted import named
from inkdream.formats.svg import to_svg
from inkdream.optimize.session import Session
from inkdream.pens import PenSet, parse_pens
from inkdream.plot import Plot
from inkdream.plot.clip import extent
from inkdream.plot.preview import preview
from inkdream.svg.render import render_svg
from tests.running import climbed
from tests.toys import chance, small

PAGE = {"size": "a6", "scale": 0.4, "margin": 9}
PENS = "#ffd83a:1,#39b5e8:1.4,#d63384:1.2,#222222:1"
LEARNED = "#222222:1,?:1.4,?:1.2"
NONE = 9.0


def recipe_of(pens=PENS, paper="#ffffff", page=PAGE, palette=None, **strokes):
    return small(
        palette=palette or {},
        medium="strokes",
        pens=pens,
        paper=paper,
        page=page,
        strokes={"count": 40, "length": 40.0, "spans": 4, **strokes},
    )


def drawn(seed=0, bend=5.0, **said) -> StrokeDrawing:
    """A drawing as in the middle of a climb: bent strokes that have made up their minds."""
    made = make.drawing(recipe_of(**said), "inks", chance(seed), None)
    assert isinstance(made, StrokeDrawing)
    source = chance(seed + 100)
    with torch.no_grad():
        made.wants.copy_(torch.randn(made.wants.shape, generator=source))
        made.curves.points.add_(bend * torch.randn(made.curves.points.shape, generator=source))
    return made


def line(start, end, points=7):
    """Control points of a straight stroke at an even pace, in mm."""
    t = torch.linspace(0, 1, points)[:, None]
    return torch.tensor(start) * (1 - t) + torch.tensor(end) * t


def want(drawing: StrokeDrawing, *options: int) -> None:
    """Have strokes want these pens, one after the other; the number of pens is for none."""
    asked = torch.tensor(options).repeat(-(-drawing.wants.shape[1] // len(options)))
    with torch.no_grad():
        drawing.wants.copy_(NONE * torch.nn.functional.one_hot(asked, len(drawing.wants)).T)[
            :, : drawing.wants.shape[1]
        ]


def place(drawing: StrokeDrawing, *points) -> None:
    with torch.no_grad():
        drawing.curves.points.copy_(torch.stack(points))


def strict(drawing: StrokeDrawing):
    with torch.no_grad():
        return drawing.image(0.0)


def paper_of(drawing: StrokeDrawing):
    return torch.from_numpy(colour.linear_of([drawing.pens.paper])[0]).float()[:, None, None]


def same_plot(one: Plot, other: Plot) -> bool:
    return to_svg(one) == to_svg(other)


# Strictly, each stroke has one pen


@pytest.mark.parametrize("seed", range(3))
def test_strictly_each_stroke_has_one_pen_or_is_absent(seed):
    drawing = drawn(seed)
    shares = drawing.shares(0.0).detach()
    assert ((shares == 0) | (shares == 1)).all()
    assert (shares.sum(0) == 1).all()
    # Pens and none are all taken by some.
    assert (shares.sum(1) > 0).all()
    assert torch.equal(shares.argmax(0), drawing.chosen())
    assert torch.equal(drawing.is_drawn(), drawing.chosen() < len(drawing.pens))


@pytest.mark.parametrize("softness", [1.0, 0.3, 0.05])
def test_softly_pens_share_each_stroke(softness):
    shares = drawn().shares(softness).detach()
    torch.testing.assert_close(shares.sum(0), torch.ones(40))
    assert ((shares > 0) & (shares < 1)).any()


def test_the_soft_picture_comes_to_the_strict_one():
    drawing = drawn()
    with torch.no_grad():
        apart = [(drawing.image(s) - strict(drawing)).abs().mean().item() for s in (1, 0.3, 0.01)]
    assert apart[0] > apart[1] > 5 * apart[2]


# Strict picture, preview and file are one


SCENES = [
    # paper, pens, strokes, px per mm
    ("#ffffff", "black:0.4", 4, 0.8),
    ("#ffffff", "#ffd83a:0.3,#39b5e8:0.6,black:1.2", 300, 0.8),
    ("#ffffff", "red:2,#00843d:3.5,blue:0.5", 200, 0.8),
    ("#c8a070", "#ffd83a:0.3,#39b5e8:0.6,black:1.2", 60, 1.2),
    ("#c8a070", "gold:0.8:opaque,white:1,#39b5e8:0.6,#d63384:0.3", 300, 0.8),
    ("#304050", "white:2,gold:0.8:opaque,#c8102e:1.5:opaque", 60, 0.5),
]


@pytest.mark.parametrize("scene", SCENES, ids=str)
def test_strict_picture_preview_and_resvgs_picture_of_the_file_agree(scene):
    paper, pens, count, scale = scene
    page = {"size": "a6", "scale": scale, "margin": 10}
    drawing = drawn(paper=paper, pens=pens, page=page, count=count)
    image = strict(drawing)
    plot = drawing.plot()
    assert plot.page == drawing.page
    shown = preview(plot, *plot.page.pixels)
    rendered = torch.from_numpy(render_svg(to_svg(plot), paper, *plot.page.pixels, scale))
    for other in (shown, rendered):
        assert (other - image).abs().mean() < 0.01
    # The comparison can fail: upside down is another picture.
    assert (rendered.flip(1) - image).abs().mean() > 1.5 * (rendered - image).abs().mean()
    assert (image - paper_of(drawing)).abs().mean() > 20 * (rendered - image).abs().mean() / count


def test_a_drawing_of_which_nothing_is_drawn_is_bare_paper():
    drawing = drawn(paper="#c8a070")
    want(drawing, len(drawing.pens))
    torch.testing.assert_close(strict(drawing), paper_of(drawing).expand_as(strict(drawing)))
    assert drawing.plot().layers == ()
    assert len(np.unique(drawing.snapshot().rgb().reshape(-1, 3), axis=0)) == 1


@pytest.mark.parametrize("softness", [1.0, 0.3, 0.0])
def test_pictures_are_light_and_bare_outside_the_margin(softness):
    drawing = drawn(bend=60.0, paper="#c8a070")
    with torch.no_grad():
        image = drawing.image(softness)
    assert image.shape == (3, *drawing.page.pixels)
    assert image.min() >= 0
    assert image.max() <= 1
    edge = int(drawing.page.margin * drawing.page.scale)
    for strip in (image[:, :edge], image[:, -edge:], image[..., :edge], image[..., -edge:]):
        torch.testing.assert_close(strip, paper_of(drawing).expand_as(strip))
    assert (image - paper_of(drawing)).abs().max() > 0.1


# What is plotted


WILD = {
    "usual": lambda points: points,
    "far out": lambda points: points * 30 - 1000,
    "astronomical": lambda points: points * 1e6,
    "to one side": lambda points: points - torch.tensor([70.0, 0.0]),
    "dots": lambda points: points[:, :1].expand_as(points) * 1.5 - 25,
    "on the edge": lambda points: torch.where(points > 50, 96.0, 9.0),
    "half of each": lambda points: points * torch.linspace(-3, 3, 7)[:, None],
}


@pytest.mark.parametrize("wild", WILD)
@pytest.mark.parametrize("pens", [PENS, "black:0.3,red:14"])
def test_nothing_is_plotted_outside_the_margin_whatever_the_points_are(wild, pens):
    drawing = drawn(pens=pens)
    with torch.no_grad():
        drawing.curves.points.copy_(WILD[wild](drawing.curves.points))
    left, top, right, bottom = drawing.page.inside
    for layer in drawing.plot().layers:
        half = layer.pen.width / 2 - 1e-6
        for stroke in layer.strokes:
            assert stroke.curved
            assert np.isfinite(stroke.points).all()
            low, high = extent(stroke)
            assert (low >= [left + half, top + half]).all()
            assert (high <= [right - half, bottom - half]).all()


def test_at_the_end_no_stroke_is_cut_at_the_frame():
    drawing = drawn(bend=25.0, pens="black:0.4")
    assert drawing.plot().strokes > int(drawing.is_drawn().sum())
    drawing.project(1.0)
    assert drawing.plot().strokes <= int(drawing.is_drawn().sum())
    left, top, right, bottom = drawing.page.inside
    extents = [extent(stroke) for layer in drawing.plot().layers for stroke in layer.strokes]
    assert min((low - [left, top]).min() for low, _ in extents) > 0.19
    assert max((high - [right, bottom]).max() for _, high in extents) < -0.19


def test_strokes_inside_the_margin_stay_curves_with_their_own_points():
    drawing = drawn(bend=0.0, length=5.0)
    points, chosen = drawing.curves.bezier.detach().numpy(), drawing.chosen().tolist()
    inside = drawing.curves.straying().detach() == 0
    assert inside.sum() > 10
    plotted = {
        stroke.points.astype(np.float32).tobytes(): layer.pen.name
        for layer in drawing.plot().layers
        for stroke in layer.strokes
        if stroke.curved
    }
    names = [*(pen.name for pen in drawing.pens), None]
    for index in inside.nonzero()[:, 0].tolist():
        assert plotted.get(points[index].tobytes()) == names[chosen[index]]


@pytest.mark.parametrize("seed", range(3))
def test_layers_are_in_the_order_of_the_pen_set(seed):
    said = parse_pens("white:1,black:0.5,#c9a227:0.6:opaque,yellow:0.5,#39b5e8:0.4")
    shuffled = [said[index] for index in torch.randperm(5, generator=chance(seed)).tolist()]
    drawing = drawn(seed, pens=shuffled, count=120)
    names = [layer.pen.name for layer in drawing.plot().layers]
    assert names == [pen.name for pen in PenSet.of(said)]
    assert names == ["yellow", "#39b5e8", "black", "white", "#c9a227"]


def test_a_pen_that_draws_nothing_has_no_layer():
    drawing = drawn()
    want(drawing, 2)
    (layer,) = drawing.plot().layers
    assert layer.pen == drawing.pens.pens[2]
    assert len(layer.strokes) >= 40 * 0.9


def test_learned_pens_are_plotted_in_the_colours_they_have_come_to():
    drawing = drawn(pens=LEARNED)
    with torch.no_grad():
        drawing.palette.free.normal_(generator=chance(3))
    layers = drawing.plot().layers
    assert len(layers) == 3
    shown = [colour.to_hex(rgb) for rgb in colour.to_bytes(drawing.palette.colours()).tolist()]
    assert [layer.pen.colour for layer in layers] == shown
    assert len({layer.pen.name for layer in layers}) == 3
    for layer, pen in zip(layers, drawing.pens, strict=True):
        assert layer.pen.width == pen.width
        assert pen.colour == "?" or layer.pen == pen


# Gradients


@pytest.mark.parametrize("softness", [1.0, 0.3, 0.0])
def test_gradients_reach_points_wants_and_learned_inks(softness):
    drawing = drawn(pens=LEARNED)
    looks = torch.randn(3, *drawing.page.pixels, generator=chance(3))
    image, penalties = drawing.render(softness)
    ((image * looks).sum() + sum(penalties.values())).backward()
    for parameter in drawing.parameters():
        assert torch.isfinite(parameter.grad).all()
    # Strictly, only strokes that are drawn can move.
    moved = (drawing.curves.points.grad != 0).any(-1).any(-1)
    assert moved[drawing.is_drawn()].float().mean() > 0.9
    assert (drawing.wants.grad != 0).float().mean() > 0.9
    reached = drawing.palette.free.grad.abs().sum(1) > 0
    assert reached.tolist() == [pen.colour == "?" for pen in drawing.pens]


@pytest.mark.parametrize("softness", [1.0, 0.3])
@pytest.mark.parametrize("what", ["curves.points", "wants", "palette.free"])
def test_soft_gradients_are_what_central_differences_say(softness, what):
    drawing = drawn(pens=LEARNED, count=12, overlap=0, disorder=0).double()
    looks = torch.randn(3, *drawing.page.pixels, generator=chance(3), dtype=torch.float64)
    costs = {"straying": 3.0, "ink": 50.0, "jerk": 9.0, "short": 20.0, "crowding": 5.0}

    def value():
        image, penalties = drawing.render(softness)
        return (image * looks).sum() + sum(costs[name] * cost for name, cost in penalties.items())

    parameter = drawing.get_parameter(what)
    (slope,) = torch.autograd.grad(value(), parameter)
    step, measured, told = 1e-5, [], []
    with torch.no_grad():
        for turn in range(6):
            way = torch.randn(parameter.shape, generator=chance(turn), dtype=torch.float64)
            parameter += step * way
            above = value()
            parameter -= 2 * step * way
            below = value()
            parameter += step * way
            measured.append((above - below).item() / (2 * step))
            told.append((slope * way).sum().item())
    assert np.abs(measured).max() > 0.01
    np.testing.assert_allclose(told, measured, rtol=2e-3, atol=2e-3 * np.abs(measured).max())


@pytest.mark.parametrize("softness", [1.0, 0.3, 0.0])
def test_fast_gradients_are_the_exact_ones(softness):
    pulls = []
    for exact in (False, True):
        drawing = drawn(pens=LEARNED, count=12)
        drawing = drawing.double() if exact else drawing
        looks = torch.randn(3, *drawing.page.pixels, generator=chance(3)).to(drawing.wants)
        (drawing.image(softness) * looks).sum().backward()
        found = [drawing.curves.points, drawing.wants, drawing.palette.free]
        pulls.append([parameter.grad.double().flatten() for parameter in found])
    for fast, exact in zip(*pulls, strict=True):
        assert torch.cosine_similarity(fast, exact, dim=0) > 0.9999
        assert (fast - exact).norm() < 2e-3 * exact.norm()


def test_a_strict_gradient_says_how_to_darken():
    """Downhill at softness 0 more strokes are drawn, and darker ones."""
    drawing = drawn(pens="black:1.5,#e0e0e0:1.5")
    with torch.no_grad():
        drawing.wants[-1] += 1.0
    optimiser = torch.optim.Adam(drawing.groups())
    before, begun = drawing.image(0.0).mean().item(), int(drawing.is_drawn().sum())
    for _ in range(15):
        optimiser.zero_grad()
        drawing.image(0.0).mean().backward()
        optimiser.step()
        drawing.project(0.5)
    assert drawing.image(0.0).mean().item() < before - 0.05
    assert int(drawing.is_drawn().sum()) > begun


def target_line(drawing: StrokeDrawing, apart: float):
    """Return the picture of the drawing's line, so many px to the right."""
    with torch.no_grad():
        drawing.curves.points[..., 0] += apart
        picture = drawing.image(0.0)
        drawing.curves.points[..., 0] -= apart
    return picture


@pytest.mark.parametrize("annealed", [True, False])
def test_a_stroke_finds_a_line_16_px_away_if_its_edges_are_soft_at_first(annealed):
    page = {"size": "96x96mm", "scale": 1, "margin": 4}
    drawing = drawn(pens="black:3", page=page, count=1, reach=24.0, ink=0, rate=1.0)
    place(drawing, line((36.0, 24.0), (36.0, 72.0)))
    want(drawing, 0)
    target, steps = target_line(drawing, 16.0), 120
    optimiser = torch.optim.Adam(drawing.groups())
    for step in range(steps):
        softness = max(0.0, 1 - step / (0.7 * steps)) if annealed else 0.0
        optimiser.zero_grad()
        (drawing.image(softness) - target).square().mean().backward()
        drawing.wants.grad = None
        optimiser.step()
        drawing.project((step + 1) / steps)
    place_now = drawing.curves.points.detach()[0, :, 0].mean().item()
    left = (drawing.image(0.0) - target).square().mean() / (1 - target).square().mean()
    if annealed:
        assert place_now == pytest.approx(52, abs=0.5)
        assert left < 0.05
    else:
        assert place_now < 40
        assert left > 0.9


# Penalties


def cost(drawing: StrokeDrawing, name: str, softness=0.0) -> float:
    return drawing.penalties(softness)[name].item()


def test_ink_costs_by_the_share_of_the_page_that_it_covers():
    drawing = drawn(pens="red:1,black:2", count=2, spans=2, corners=True, ink=0.7)
    place(drawing, line((20.0, 20.0), (80.0, 20.0)), line((20.0, 40.0), (20.0, 120.0)))
    left, top, right, bottom = drawing.page.inside
    area = (right - left) * (bottom - top)
    found = {}
    for first, second in [(0, 0), (0, 1), (1, 1), (2, 1), (2, 2)]:
        want(drawing, first, second)
        found[first, second] = cost(drawing, "ink")
        width = {0: 1, 1: 2, 2: 0}
        covered = 60 * width[first] + 80 * width[second]
        assert found[first, second] == pytest.approx(0.7 * covered / area, rel=1e-4)
    assert found[2, 2] == 0


def test_bends_and_dots_cost_where_there_are_any_and_are_drawn():
    drawing = drawn(pens="black:1", count=2, spans=2, corners=True, jerk=1.0, short=1.0)
    bent = torch.tensor([[20.0, 20], [40, 10], [10, 60], [50, 40], [90, 20], [60, 70], [70, 90]])
    straight, dot = line((20.0, 20.0), (24.5, 20.0)), line((50.0, 50.0), (51.0, 50.0))
    want(drawing, 0)
    place(drawing, straight, straight)
    assert cost(drawing, "jerk") == pytest.approx(0, abs=1e-5)
    assert cost(drawing, "short") == 0
    place(drawing, straight, bent)
    half = cost(drawing, "jerk")
    assert half > 0.1
    place(drawing, bent, bent)
    assert cost(drawing, "jerk") == pytest.approx(2 * half, rel=1e-3)
    # A dot a quarter as long as the shortest stroke: (1 - 1 / 4)^2.
    place(drawing, dot, dot)
    assert cost(drawing, "short") == pytest.approx(0.75**2, rel=1e-3)
    want(drawing, 1)
    assert cost(drawing, "short") == cost(drawing, "jerk") == 0


def test_points_outside_the_margin_cost_the_more_the_farther_they_are():
    drawing = drawn(bend=0.0, straying=1.0, fade=0)
    with torch.no_grad():
        drawing.curves.points.copy_(torch.rand(40, 7, 2, generator=chance()) * 80 + 12)
    found = []
    for away in (0.0, 40.0, 80.0):
        with torch.no_grad():
            drawing.curves.points[..., 0] -= away
        found.append(cost(drawing, "straying"))
    assert found[0] == 0
    assert found[2] > 2 * found[1] > 0


def test_only_learned_inks_can_crowd():
    assert "crowding" not in drawn().penalties(0.5)
    drawing = drawn(pens="#ffffff:1,?:1,?:1", crowding=0.8)
    red, blue = torch.tensor([[3.0, -3.0, -3.0], [-3.0, -3.0, 3.0]])
    with torch.no_grad():
        drawing.palette.free[drawing.palette.learned] = torch.stack([red, blue])
    assert cost(drawing, "crowding") == 0
    with torch.no_grad():
        drawing.palette.free[drawing.palette.learned] = red
    assert cost(drawing, "crowding") == pytest.approx(0.8)


def test_time_costs_only_what_is_above_the_budget():
    def time_of(budget):
        recipe = recipe_of(count=30).model_copy(
            update={"plot": recipe_of().plot.model_copy(update={"budget": budget})}
        )
        drawing = make.drawing(recipe, "inks", chance(), None)
        want(drawing, 0)
        return drawing.penalties(0.0).get("budget")

    assert time_of(0.0) is None
    assert time_of(1e5).item() == 0
    assert time_of(20.0).item() > time_of(30.0).item() > 0


@pytest.mark.parametrize("softness", [1.0, 0.3, 0.0])
def test_penalties_have_gradients_and_fall_downhill(softness):
    weights = dict.fromkeys(
        ("ink", "jerk", "short", "straying", "overlap", "disorder", "crowding"), 1.0
    )
    drawing = drawn(pens=LEARNED, bend=30.0, **weights)
    with torch.no_grad():
        drawing.palette.free[2] = drawing.palette.free[1] + 0.1
        drawing.curves.points[:10] = drawing.curves.points[:10, :1]
    optimiser = torch.optim.Adam(drawing.curves.parameters(), lr=0.5)
    optimiser.add_param_group({"params": [drawing.palette.free], "lr": 0.1})
    before = {name: value.item() for name, value in drawing.penalties(softness).items()}
    assert set(before) == set(weights)
    assert all(value > 0 for value in before.values())
    for _ in range(40):
        optimiser.zero_grad()
        sum(drawing.penalties(softness).values()).backward()
        assert all(torch.isfinite(group["params"][0].grad).all() for group in drawing.groups()[:1])
        optimiser.step()
    after = drawing.penalties(softness)
    for name in ("ink", "jerk", "straying", "crowding"):
        assert after[name].item() < before[name]


def test_a_penalty_means_the_same_at_every_number_of_px():
    totals = []
    for scale in (0.3, 0.9):
        drawing = drawn(bend=20.0, page={**PAGE, "scale": scale})
        totals.append({name: value.item() for name, value in drawing.penalties(0.5).items()})
    assert totals[0] == pytest.approx(totals[1], rel=1e-5)


def test_render_gives_what_image_and_penalties_give():
    drawing = drawn()
    image, penalties = drawing.render(0.4)
    assert torch.equal(image, drawing.image(0.4))
    assert penalties == drawing.penalties(0.4)


# Beginning from a picture


def stripes(drawing: StrokeDrawing, *words: str):
    """A picture of the page in upright stripes."""
    rows, columns = drawing.page.pixels
    which = torch.arange(columns) * len(words) // columns
    inks = torch.from_numpy(colour.linear_of(words)).float()[which]
    return inks.T[:, None].expand(3, rows, columns).contiguous()


def test_strokes_lean_to_the_pen_nearest_to_the_picture_below_them():
    drawing = drawn(pens="#c8102e:1,#0057b8:1", count=60, bend=0.0, length=3.0)
    drawing.begin_from(stripes(drawing, "#d02040", "#ffffff", "#1060a0"), chance())
    x = drawing.curves.points.detach().mean(1)[:, 0] / drawing.page.width
    clear = ((x * 3) % 1 - 0.5).abs() < 0.35
    names = np.array([*(pen.name for pen in drawing.pens), "none"])
    for stripe, word in enumerate(["#c8102e", "none", "#0057b8"]):
        here = clear & ((x * 3).long() == stripe)
        assert here.sum() > 3
        assert set(names[drawing.chosen()[here].numpy()]) == {word}
    # It is a leaning: at softness 1 there is no knowing yet.
    assert drawing.shares(1.0).amax(0).mean() < 0.95


def test_learned_pens_move_to_the_pictures_colours():
    drawing = drawn(pens="black:1,?:1,?:1", palette={"apart": 0, "chroma": 0.4})
    picture = stripes(drawing, "#000000", "#c8102e", "#0057b8")
    drawing.begin_from(picture, chance())
    found = drawing.palette.colours().detach()[drawing.palette.learned]
    asked = torch.from_numpy(colour.linear_of(["#c8102e", "#0057b8"])).float()
    assert torch.cdist(asked, found).amin(1).max() < 0.05


def test_learned_pens_are_named_after_their_colours_and_no_two_alike():
    pens = parse_pens("black:1,?:0.5,?:1")
    teal = colour.parse("teal")
    first, second, third = named(pens, [teal] * 3, [pen.colour == "?" for pen in pens])
    assert first == pens[0]
    assert (second.name, third.name) == ("teal", "teal 2")
    assert second.colour == third.colour == "#008080"
    assert (second.width, third.width) == (0.5, 1)


def test_pens_of_one_width_draw_lines_of_it_however_they_mix():
    alike, unlike = (
        drawn(pens=f"#ffd83a:1.2,#39b5e8:{width},#222222:1.2") for width in (1.2, 1.21)
    )
    assert alike.is_one_width
    assert not unlike.is_one_width
    for softness in (0.0, 0.5):
        apart = (alike.image(softness) - unlike.image(softness)).detach().abs().mean()
        assert 0 < apart < 1e-3
    areas = alike.ink_areas()[alike.is_drawn()]
    lengths = alike.curves.shape().lengths[alike.is_drawn()]
    torch.testing.assert_close(areas, 1.2 * lengths.detach())


@pytest.mark.parametrize("pens", ["white:1", "black:1", "?:1", "white:1,?:1"])
@pytest.mark.parametrize("count", [1, 8])
@pytest.mark.parametrize("word", ["#ffffff", "#808080"])
def test_beginning_from_a_picture_without_features_leaves_numbers(pens, count, word):
    drawing = drawn(pens=pens, count=count)
    drawing.begin_from(stripes(drawing, word), chance())
    assert torch.isfinite(drawing.wants).all()
    assert torch.isfinite(drawing.palette.free).all()


def test_a_study_gives_the_strokes_their_places_and_their_pens():
    fine = {**PAGE, "scale": 2}
    pens = "#c8102e:1,#0057b8:1"
    recipe = recipe_of(pens=pens, start="study", count=60, length=8.0, page=fine)
    assert recipe.climb.study > 0
    blank = make.drawing(recipe, "inks", chance(), None)
    study = stripes(blank, "#c8102e", "#ffffff", "#0057b8")
    drawing = make.drawing(recipe, "inks", chance(), Origin(study))
    x = drawing.curves.points.detach()[:, 3, 0] / drawing.page.width * 3
    assert ((x - x.round()).abs() < 0.2).float().mean() > 0.6
    # Where red or blue meets white, a stroke has one of the three.
    left = drawing.chosen()[x < 0.7]
    assert "#0057b8" not in {drawing.pens.pens[i].name for i in left.tolist() if i < 2}


# Growing, and starting anew


def grown(steps, **strokes):
    """A drawing, and how it is after each of so many steps towards darkness on the left."""
    drawing = make.drawing(recipe_of(**strokes), "inks", chance(1), None)
    optimiser = torch.optim.Adam(drawing.groups())
    seen = []
    for step in range(steps):
        optimiser.zero_grad()
        drawing.image(0.5)[..., :20].mean().backward()
        optimiser.step()
        drawing.project((step + 1) / steps)
        seen.append((drawing.alive.clone(), drawing.curves.points.detach().clone()))
    return drawing, seen


@pytest.mark.parametrize("reseed", [0, 4])
def test_strokes_are_added_until_half_of_the_run_and_never_taken_away(reseed):
    drawing = make.drawing(recipe_of(grow=0.25, reseed=reseed), "inks", chance(1), None)
    assert int(drawing.alive.sum()) == 10
    drawing, seen = grown(20, grow=0.25, reseed=reseed)
    alive = torch.stack([each for each, _ in seen])
    assert (alive[1:] | ~alive[:-1]).all()
    counts = alive.sum(1)
    assert counts[0] == 10
    assert counts[9:].tolist() == [40] * 11
    assert counts[4] > 10
    assert len(counts.unique()) > 3


def test_strokes_that_do_not_take_part_yet_change_nothing():
    drawing = drawn(grow=0.5)
    want(drawing, 0)
    with torch.no_grad():
        before, plotted = strict(drawing), drawing.plot()
        drawing.curves.points[20:] += 9
        assert torch.equal(strict(drawing), before)
    assert same_plot(drawing.plot(), plotted)
    assert sum(len(layer.strokes) for layer in plotted.layers) >= 18
    assert drawing.chosen()[20:].tolist() == [len(drawing.pens)] * 20
    assert drawing.image(0.5).sum().backward() is None
    assert drawing.curves.points.grad[20:].abs().max() == 0


def test_new_strokes_come_where_ink_is_asked_for():
    drawing, seen = grown(20, grow=0.25, length=15.0)
    late = seen[-1][0] & ~seen[0][0]
    x = drawing.curves.points.detach()[late].mean(1)[:, 0] * drawing.page.scale
    # Asked for was darkness in the first 20 of 42 columns.
    assert (x < 22).float().mean() > 0.9
    assert drawing.is_drawn()[late].float().mean() > 0.8


def test_idle_strokes_start_anew_and_busy_ones_stay():
    drawing = drawn(reseed=3, bend=0.0)
    drawing.project(0.0)
    (drawing.image(0.3)[:, :20] * 1.0).mean().backward()
    before = drawing.curves.points.detach().clone()
    idle = ~drawing.is_drawn()
    wants = drawing.wants.detach().clone()
    drawing.project(0.3)
    moved = (drawing.curves.points.detach() != before).any(-1).any(-1)
    assert torch.equal(moved, idle)
    assert torch.equal(drawing.wants[:, ~idle], wants[:, ~idle])
    assert drawing.is_drawn().all()
    y = drawing.curves.points.detach()[idle].mean(1)[:, 1] * drawing.page.scale
    assert (y < 22).float().mean() > 0.9
    # Not again in the same round, and not in the second half. What sprouts over the page's edge
    # comes back with the next step.
    want(drawing, len(drawing.pens))
    drawing.project(0.3)
    after = drawing.curves.points.detach().clone()
    drawing.project(0.3)
    assert torch.equal(drawing.curves.points, after)
    drawing.project(0.55)
    assert not torch.equal(drawing.curves.points, after)
    want(drawing, len(drawing.pens))
    drawing.project(0.6)
    after = drawing.curves.points.detach().clone()
    inside = drawing.curves.straying() == 0
    for progress in (0.7, 0.9, 1.0):
        drawing.project(progress)
    assert inside.sum() > 10
    torch.testing.assert_close(drawing.curves.points[inside], after[inside])


def test_without_growth_and_reseeding_nothing_ever_starts_anew():
    drawing = drawn(bend=0.0)
    drawing.project(0.0)
    want(drawing, len(drawing.pens))
    drawing.image(0.3).mean().backward()
    before = drawing.curves.points.detach().clone()
    for progress in (0.1, 0.3, 0.5):
        drawing.project(progress)
    assert torch.equal(drawing.curves.points, before)
    inside = drawing.curves.straying() == 0
    drawing.project(1.0)
    assert torch.equal(drawing.curves.points[inside], before[inside])
    assert drawing.alive.all()
    assert drawing.asked.abs().max() == 0


def end_of(recipe, stop=None) -> StrokeDrawing:
    """The drawing at the end of a climb, with a new session taking over after `stop` steps."""
    session = climbed(Session(recipe), stop)
    if stop is not None:
        before, session = session, Session(recipe)
        session.load_state_dict(before.state_dict())
    return climbed(session).result


GROWING = {"reseed": 4, "grow": 0.4, "count": 15, "start": "study"}


def test_the_same_recipe_climbs_to_the_same_drawing_and_another_seed_to_another():
    first, second = (end_of(recipe_of(**GROWING)) for _ in range(2))
    assert torch.equal(first.curves.points, second.curves.points)
    assert same_plot(first.plot(), second.plot())
    other = end_of(recipe_of(**GROWING).model_copy(update={"seed": 1}))
    assert not same_plot(first.plot(), other.plot())


@pytest.mark.parametrize("stop", [1, 4, 6, 8])
def test_a_climb_taken_up_again_ends_bit_identically(stop):
    whole = end_of(recipe_of(**GROWING))
    again = end_of(recipe_of(**GROWING), stop)
    state = again.state_dict()
    for name, value in whole.state_dict().items():
        assert torch.equal(state[name], value), name
    assert same_plot(again.plot(), whole.plot())


# State, groups, pictures on the way


def test_a_state_gives_back_the_same_picture_and_the_same_plot():
    first, second = (drawn(seed, pens=LEARNED, grow=0.5, reseed=2) for seed in (1, 2))
    first.image(0.4).mean().backward()
    first.project(0.3)
    second.load_state_dict(first.state_dict())
    assert set(first.state_dict()) >= {"curves.points", "wants", "alive", "asked", "rounds"}
    for softness in (1.0, 0.3, 0.0):
        assert torch.equal(first.image(softness), second.image(softness))
    assert same_plot(first.plot(), second.plot())


def test_every_parameter_belongs_to_one_group_and_points_move_by_px():
    drawing = drawn(pens=LEARNED, rate=2.0, pen_rate=0.3)
    grouped = [id(parameter) for group in drawing.groups() for parameter in group["params"]]
    assert sorted(grouped) == sorted(map(id, drawing.parameters()))
    rates = [group["lr"] for group in drawing.groups()]
    assert rates == pytest.approx([2.0 / PAGE["scale"], 0.3, recipe_of().climb.ink_rate])


@pytest.mark.parametrize("wild", WILD)
def test_projecting_brings_points_back_onto_the_page(wild):
    drawing = drawn()
    with torch.no_grad():
        drawing.curves.points.copy_(WILD[wild](drawing.curves.points))
    drawing.project(1.0)
    points = drawing.curves.points.detach()
    assert points.min() >= 0
    assert points[..., 0].max() <= drawing.page.width
    assert points[..., 1].max() <= drawing.page.height


@pytest.mark.parametrize("scale", [0.4, 4.0])
def test_a_snapshot_is_the_strict_picture_small_enough_to_be_shown(scale):
    drawing = drawn(page={**PAGE, "scale": scale})
    shown = drawing.snapshot()
    assert max(shown.labels.shape) <= 256
    image = strict(drawing)
    small_image = torch.nn.functional.adaptive_avg_pool2d(image, shown.labels.shape)
    apart = torch.from_numpy(shown.linear()) - small_image
    assert apart.abs().mean() < 0.03


def test_strokes_left_out_are_neither_seen_nor_plotted():
    drawing = drawn()
    gone = drawing.is_drawn().nonzero()[:5, 0]
    plotted = drawing.plot().strokes
    drawing.leave_out(gone)
    assert not drawing.is_drawn()[gone].any()
    assert drawing.plot().strokes < plotted
    before = strict(drawing)
    with torch.no_grad():
        drawing.curves.points[gone] += 20
    assert torch.equal(strict(drawing), before)


def test_worths_say_what_the_score_loses_without_a_stroke():
    drawing = drawn(pens="black:1.5")

    def score(image):
        return -image[:, :, :21].mean()

    worth = drawing.worths(score)
    assert worth.shape == (40,)
    assert (worth[~drawing.is_drawn()] == 0).all()
    whole = score(strict(drawing)).item()
    lost = []
    for stroke in range(40):
        drawing.alive[stroke] = False
        lost.append(whole - score(strict(drawing)).item())
        drawing.alive[stroke] = True
    # To first order: strokes share the px where they cross.
    assert np.corrcoef(worth.numpy(), lost)[0, 1] > 0.9
