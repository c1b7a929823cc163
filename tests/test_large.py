"""Large pages: the same picture as on small ones, in less time and memory; and tiles."""

import math

import pytest
import torch
import torch.nn.functional as F

from inkdream.drawing import make, spectrum
from inkdream.drawing.compose import compose
from inkdream.drawing.free import TileDrawing
from inkdream.drawing.softness import HARD_GRADIENT_SOFTNESS, choose, harden
from inkdream.errors import InputError
from inkdream.objectives import scoring, views
from inkdream.objectives.views import MOST_WHOLE, PART, PARTS_AT_ONCE, Views, samples, whole
from inkdream.optimize.scores import measure, total_score
from inkdream.optimize.session import Session, loop_of, stages
from inkdream.raster.lanes import use_torch_threads
from inkdream.recipe import validate
from inkdream.run import Run
from tests.running import climbed, gone_on, same_result, stopped
from tests.toys import Mirror, chance, small

# Sizes of pictures, and whether their maps are half as large.
SHAPES = [((70, 41), False), ((64, 64), True), ((131, 70), True), ((129, 65), True)]


def reference(wants, size, inks, softness):
    """What `compose` gives, as torch gives it."""
    if tuple(wants.shape[1:]) != size:
        wants = F.interpolate(wants[None], scale_factor=2, mode="bilinear")[0]
        wants = wants[:, : size[0], : size[1]]
    shares = choose(wants, softness or HARD_GRADIENT_SOFTNESS)
    down = F.l1_loss(shares[:, 1:], shares[:, :-1])
    right = F.l1_loss(shares[:, :, 1:], shares[:, :, :-1])
    taken = harden(shares) if softness == 0 else shares
    image = torch.einsum("kc,khw->chw", inks, taken)
    return image, (down + right) * len(shares) / 2, taken.argmax(0)


def scene(size, is_half, inks=4):
    grid = tuple(-(-side // 2) for side in size) if is_half else size
    wants = torch.randn(inks, *grid, generator=chance(), requires_grad=True)
    return wants, torch.rand(inks, 3, generator=chance(1)).requires_grad_()


# In one pass


@pytest.mark.parametrize(("size", "is_half"), SHAPES)
@pytest.mark.parametrize("softness", [1.0, 0.1, 0.0])
def test_a_picture_made_in_one_pass_is_the_same_with_the_same_gradient(size, is_half, softness):
    wants, inks = scene(size, is_half)
    asked = torch.randn(3, *size, generator=chance(2))
    found = []
    for way in (reference, compose):
        image, borders, labels = way(wants, size, inks, softness)
        slopes = torch.autograd.grad((image * asked).sum() + 500 * borders, (wants, inks))
        found.append((image, borders, *slopes))
        if softness == 0:
            assert torch.equal(labels.long(), reference(wants, size, inks, 0.0)[2])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)
    assert found[1][2].abs().max() > 0.01


def test_a_picture_made_in_one_pass_does_not_depend_on_the_threads():
    wants, inks = scene((200, 70), True)
    found, before = [], torch.get_num_threads()
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            assert use_torch_threads() <= threads
            image, borders, _ = compose(wants, (200, 70), inks, 0.5)
            slopes = torch.autograd.grad(image.sum() + borders, (wants, inks))
            found.append((image, borders, *slopes))
    finally:
        torch.set_num_threads(before)
        use_torch_threads()
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))


@pytest.fixture
def soon_large(monkeypatch):
    """Take pictures of more than 600 px for large."""
    from inkdream.drawing import pixels

    monkeypatch.setattr(spectrum, "LARGE", 600)
    monkeypatch.setattr(pixels, "LARGE", 600)


@pytest.mark.parametrize("said", [{}, {"symmetry": "turn-3"}, {"pixels": {"tidy_from": 0.5}}])
def test_a_large_drawing_is_what_a_small_one_is_but_for_rounding(said, soon_large, monkeypatch):
    drawing = make.drawing(small(**said), "inks", chance(), None)
    assert drawing.spectrum.grid == (20, 16)
    drawing.project(1.0)
    made = {}
    for way in ("one pass", "map by map"):
        if way == "map by map":
            monkeypatch.setattr(type(drawing), "_is_large", lambda _: False)
        for softness in (1.0, 0.2, 0.0):
            image, penalties = drawing.render(softness)
            drawing.zero_grad()
            (image.square().mean() + sum(penalties.values())).backward()
            slopes = [parameter.grad.clone() for parameter in drawing.parameters()]
            made[way, softness] = [image.detach(), *penalties.values(), *slopes]
            torch.testing.assert_close(drawing.image(softness), image)
            assert drawing.penalties(softness).keys() == penalties.keys()
    for softness in (1.0, 0.2, 0.0):
        pairs = zip(made["one pass", softness], made["map by map", softness], strict=True)
        for one, other in pairs:
            torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-5)


def test_the_file_of_a_large_drawing_is_its_strict_picture(soon_large):
    drawing = make.drawing(small(), "inks", chance(), None)
    picture = torch.from_numpy(drawing.inked().linear())
    torch.testing.assert_close(picture, drawing.image(0.0).detach(), atol=0.005, rtol=0.02)


def test_half_a_grid_holds_what_is_wanted_of_a_picture(soon_large):
    coarse = spectrum.Spectrum(2, 40, 33, 0.5, 0.25)
    assert coarse.grid == (20, 17)
    assert spectrum.Spectrum(2, 40, 33, 0.5, 0.3).grid == (40, 33)
    slow = torch.linspace(0, 3, 40).sin()[:, None] * torch.linspace(0, 2, 33).cos()
    coarse.restart(slow.expand(2, 40, 33))
    assert (coarse.maps() - slow).abs().mean() < 0.03
    coarse.waves.data.zero_()
    coarse.scatter(1.0, chance())
    assert coarse.small_maps().std().item() == pytest.approx(1, abs=0.15)


def test_waves_fade_alike_on_half_a_grid(monkeypatch):
    whole_grid = spectrum.Spectrum(1, 64, 64, 0.5, 0.2)
    monkeypatch.setattr(spectrum, "LARGE", 100)
    half_grid = spectrum.Spectrum(1, 64, 64, 0.5, 0.2)
    assert half_grid.grid == (32, 32)
    ratio = half_grid.scale[0, 1:16] / whole_grid.scale[0, 1:16]
    torch.testing.assert_close(ratio, ratio[:1].expand(15))


# Views of large pictures


@pytest.mark.parametrize("padding", ["mirror", "edge"])
@pytest.mark.parametrize("size", [(96, 96), (64, 128), (50, 70)])
def test_views_of_parts_are_those_of_the_whole(size, padding):
    """A view px for px, of a picture of which only a part is touched, is that of all of it."""
    said = Views(count=6, size=32, survey=0.0, jitter=20, rotation=30, padding=padding)
    image = torch.rand(3, *size, generator=chance(), requires_grad=True)
    seen = said.sample(chance(1))(image)
    drawn = torch.rand(6, 7, generator=chance(1), dtype=torch.float64) * 2 - 1
    transforms = said._transforms(size, (32, 32), drawn, torch.ones(6).double(), is_aimed=False)
    grid = F.affine_grid(transforms.float(), [6, 3, 32, 32], align_corners=False)
    mode = {"mirror": "reflection", "edge": "border"}[padding]
    full = F.grid_sample(image.expand(6, -1, -1, -1), grid, "bilinear", mode, align_corners=False)
    torch.testing.assert_close(seen, full, rtol=1e-3, atol=1e-4)
    asked = torch.randn(6, 3, 32, 32, generator=chance(2))
    slopes = [torch.autograd.grad((each * asked).sum(), image)[0] for each in (seen, full)]
    torch.testing.assert_close(*slopes, rtol=1e-3, atol=1e-3)


def test_from_afar_a_view_holds_the_tone_of_all_it_sees():
    stripes = (torch.arange(256) % 2).float().expand(3, 256, 256)
    far = Views(count=40, size=32, survey=1.0, jitter=0, rotation=0, scale=1.0)
    seen = far.sample(chance())(stripes)
    spread = seen.std((1, 2, 3))
    assert spread.min() < 0.05
    assert spread.max() > 0.2


# Measuring


@pytest.mark.parametrize("size", [(1024, 1024), (40, 3000), (8, 8)])
def test_pictures_that_are_not_large_are_measured_whole(size):
    assert (samples(size) == [whole]) == (math.prod(size) <= MOST_WHOLE)


@pytest.mark.parametrize("size", [(1200, 900), (1025, 1024), (3000, 400)])
def test_parts_cover_a_large_picture_a_few_at_a_time(size):
    numbers = torch.arange(math.prod(size), dtype=torch.float64).reshape(1, *size)
    seen = [sample(numbers) for sample in samples(size)]
    assert all(len(part) <= PARTS_AT_ONCE for part in seen)
    assert all(max(part.shape[2:]) <= PART for part in seen)
    every = torch.cat(seen).flatten().unique()
    assert len(every) == math.prod(size)
    # Of the picture turned there are as many.
    assert len(samples(size[::-1])) == len(seen)


@pytest.fixture
def in_parts(monkeypatch):
    """Measure pictures of more than 500 px in parts of 16 px a side."""
    monkeypatch.setattr(views, "MOST_WHOLE", 500)
    monkeypatch.setattr(views, "PART", 16)


def goal(tmp_path, **term):
    recipe = small(width=48, height=32, terms=[{"target": "loom/conv1_1/3", **term}])
    known = scoring.networks(recipe)
    return known, scoring.objective(recipe, known)


def test_a_score_in_parts_is_the_mean_over_them(in_parts, tmp_path):
    known, objective = goal(tmp_path)
    image = torch.rand(3, 32, 48, generator=chance())
    cells = [image[:, y : y + 16, x : x + 16] for y in (0, 16) for x in (0, 16, 32)]
    alone = [measure(known, objective, cell)["loom/conv1_1/3"] for cell in cells]
    found = measure(known, objective, image)["loom/conv1_1/3"]
    assert found == pytest.approx(sum(alone) / 6, rel=1e-5)


def test_a_masked_score_counts_only_where_the_mask_is(in_parts, tmp_path):
    import numpy as np
    from PIL import Image

    grey = np.zeros((32, 48), np.uint8)
    grey[:, :16] = 255
    Image.fromarray(grey).save(tmp_path / "left.png")
    known, objective = goal(tmp_path, where=str(tmp_path / "left.png"))
    image = torch.rand(3, 32, 48, generator=chance())
    other = image.clone()
    other[:, :, 16:] = 0.5
    (found,) = measure(known, objective, image).values()
    (again,) = measure(known, objective, other).values()
    assert found == pytest.approx(again, rel=1e-6)
    free, plain = goal(tmp_path)
    cells = [image[:, y : y + 16, :16] for y in (0, 16)]
    alone = [next(iter(measure(free, plain, cell).values())) for cell in cells]
    assert found == pytest.approx(sum(alone) / 2, rel=1e-4)


def test_the_gradient_of_a_total_in_parts_is_that_of_all_parts(in_parts, tmp_path):
    known, objective = goal(tmp_path)
    image = torch.rand(3, 32, 48, generator=chance(), requires_grad=True)
    found = total_score(known, objective, image)
    (slope,) = torch.autograd.grad(found, image)
    assert found.item() == pytest.approx(
        objective.total(measure(known, objective, image)), rel=1e-5
    )
    # Each cell is small enough to be seen whole.
    cells = [image[:, y : y + 16, x : x + 16] for y in (0, 16) for x in (0, 16, 32)]
    alone = sum(total_score(known, objective, cell) for cell in cells) / 6
    (meant,) = torch.autograd.grad(alone, image)
    torch.testing.assert_close(slope, meant, rtol=1e-4, atol=1e-7)
    assert slope.abs().max() > 1e-3
    # Steps so small that few neurons fall silent on the way.
    way, step = torch.randn(image.shape, generator=chance(1)), 1e-3
    with torch.no_grad():
        above, below = (
            total_score(known, objective, image + sign * step * way) for sign in (1, -1)
        )
    told = (slope * way).sum().item()
    assert told == pytest.approx((above - below).item() / (2 * step), rel=0.05)


def test_a_whole_picture_is_measured_as_it_is():
    known = {"mirror": Mirror()}
    from inkdream.objectives import Objective
    from inkdream.objectives.channels import Channel

    objective = Objective([Channel(name="red", layer="mirror/same", channel=0, weight=2.0)])
    image = torch.rand(3, 20, 30, generator=chance())
    assert measure(known, objective, image) == {"red": pytest.approx(image[0].mean().item())}
    assert total_score(known, objective, image).item() == pytest.approx(2 * image[0].mean().item())


# A large run


def test_a_large_sketch_climbs_and_goes_on_where_it_was_stopped(soon_large, in_parts):
    recipe = small(steps=20, views={"count": 2, "size": 24})
    session, again = climbed(Session(recipe)), Session(recipe)
    again.load_state_dict(climbed(Session(recipe), 9).state_dict())
    climbed(again)
    assert (again.result.inked().labels == session.result.inked().labels).all()
    begun = Session(small(steps=20, climb={"study": 0.0}))
    assert session.hard_score() > begun.hard_score()


# Tiles


def test_a_tile_is_drawn_first_and_the_page_begins_from_it_repeated():
    recipe = small(width=72, height=60, tile=24, views={"count": 1, "size": 48})
    assert [stage.name for stage in stages(recipe)] == ["tile", "inks"]
    session = Session(recipe)
    climb = session.steps()
    tile = session.loop.drawing
    assert isinstance(tile, TileDrawing)
    assert tile.image(1.0).shape == (3, 48, 48)
    while session.name == "tile":
        next(climb)
    page = session.drawing_of("tile").over((60, 72)).detach()
    assert torch.equal(page[:, :24, :24], page[:, 24:48, 48:])
    begun = loop_of(recipe, session.stages[1], session.networks, session.objective, tile)
    labels = torch.from_numpy(begun.drawing.inked().labels)
    # Waves that have faded away are lost, so edges of the page may differ, but little else does.
    assert (labels[:24, :24] == labels[24:48, 24:48]).float().mean() > 0.9
    for _ in climb:
        pass
    assert session.done == recipe.steps


def test_a_tile_has_no_seam():
    tile = TileDrawing(small(width=96, height=96, tile=32, views={"size": 64}), chance())
    image = tile.image(1.0).detach()
    steps = (image[:, :, 1:] - image[:, :, :-1]).abs().mean((0, 1))
    assert steps[31] < 2 * steps.mean()
    assert torch.equal(image[:, :32, :32], image[:, 32:, 32:])


def test_strokes_follow_a_tile_though_they_have_no_study():
    said = {"pens": "black:1,red:1", "page": {"size": "100x140mm", "scale": 0.4, "margin": 8}}
    said |= {"medium": "strokes", "strokes": {"count": 20}, "tile": 20, "steps": 8}
    recipe = small(**said)
    assert [stage.name for stage in stages(recipe)] == ["tile", "inks"]
    assert torch.isfinite(climbed(Session(recipe)).result.curves.points).all()


def test_a_run_with_a_tile_goes_on_where_it_was_stopped(tmp_path):
    recipe = small(tile=16)
    whole = climbed(Run.create(recipe, tmp_path))
    for done in (2, 6):
        assert same_result(whole, gone_on(stopped(recipe, tmp_path, done).folder, done))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"tile": 8}, r"tile = 8: a tile has at least 16 px"),
        ({"tile": 40}, r"fewer than the picture, which has 32 x 40"),
        ({"tile": 16, "origin": "photo.png"}, r"say one or the other"),
    ],
)
def test_tiles_that_cannot_be_are_said_in_one_line(said, expected):
    with pytest.raises(InputError, match=expected):
        make.check(validate({"width": 32, "height": 40, **said}))
