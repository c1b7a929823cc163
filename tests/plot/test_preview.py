"""The preview: what a plot looks like, judged by resvg's picture of its SVG."""

import io
import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from inkdream import colour
from inkdream.formats.svg import to_svg
from inkdream.hatch.hatch import HatchSettings, hatch
from inkdream.page import Page
from inkdream.pens import Pen
from inkdream.plot import Layer, Plot, Stroke, preview
from inkdream.plot.preview import Canvas
from inkdream.plot.ragged import pack
from inkdream.svg.render import render_svg
from tests.plot import plots

MIXED = (plots.YELLOW, plots.CYAN, plots.GOLD, plots.WHITE)
OPAQUE = tuple(
    pen.model_copy(update={"opacity": 1.0})
    for pen in (plots.YELLOW, plots.CYAN, plots.MAGENTA, plots.BLACK)
)


def hatched(pitch, page):
    """A square of 60 mm, filled with lines 0.4 mm wide."""
    rows = np.arange(20, 80, pitch)
    lines = tuple(plots.line((20, y), (80, y + 3)) for y in rows)
    return Plot(page, "#ffffff", (Layer(plots.CYAN, lines),))


def frames_of(gif):
    with Image.open(io.BytesIO(gif)) as image:
        shown = []
        for index in range(image.n_frames):
            image.seek(index)
            shown.append(np.asarray(image.convert("RGB")))
        return shown


def ink_in(rgb):
    """How much darker than white paper a picture is, all px and channels together."""
    return (1 - colour.from_bytes(rgb)).sum()


@pytest.mark.parametrize(
    ("scale", "paper", "pens"),
    [
        (1.2, "#ffffff", None),
        (1.2, "#e8c9a0", None),
        (1.2, "#3a5a40", OPAQUE),
        (1.2, "#c08080", MIXED),
        (5.0, "#e8c9a0", None),
        (5.0, "#c08080", MIXED),
    ],
)
def test_preview_and_resvg_agree(scale, paper, pens):
    inks = {"pens": pens} if pens else {}
    plot = plots.nice(scale, paper, page="44x60mm", margin=3, **inks)
    height, width = plot.page.pixels
    ours = preview.preview(plot, height, width)
    theirs = render_svg(to_svg(plot), paper, height, width, scale)
    assert ours.shape == (3, height, width) and ours.dtype == torch.float32
    apart = np.abs(ours.numpy() - theirs)
    assert apart.mean() < 0.005
    # The comparison can fail: a page turned upside down is another picture.
    assert np.abs(ours.numpy()[:, ::-1] - theirs).mean() > 0.01


@pytest.mark.parametrize("scale", [1.2, 5.0])
def test_lines_side_by_side_fill_an_area_with_ink(scale):
    page = Page.of("100x100mm", scale=scale)
    inside = slice(int(30 * scale), int(70 * scale))
    ink = colour.linear_of([plots.CYAN.colour])[0]
    for pitch, expected in ((0.4, ink), (0.8, (1 + ink) / 2)):
        picture = preview.preview(hatched(pitch, page), *page.pixels).numpy()
        assert picture[:, inside, inside].mean((1, 2)) == pytest.approx(expected, abs=0.04)


def test_the_pages_own_scale_is_used_at_its_own_size():
    plot = plots.nice(1.31, page="44x60mm", margin=3)
    height, width = plot.page.pixels
    other = replace(plot, page=plot.page.model_copy(update={"scale": 3.0}))
    own, fitted = (preview.preview(each, height, width) for each in (plot, other))
    assert plot.page.scale != height / plot.page.height
    assert not torch.equal(own, fitted)
    exact = render_svg(to_svg(plot), "#ffffff", height, width, plot.page.scale)
    assert np.abs(own.numpy() - exact).mean() < np.abs(fitted.numpy() - exact).mean()


def test_a_picture_of_another_shape_is_refused():
    with pytest.raises(ValueError, match="another shape"):
        preview.preview(plots.nice(), 200, 200)


def test_transparent_layers_may_change_places_and_opaque_ones_may_not():
    plot = plots.nice()
    turned = replace(plot, layers=plot.layers[::-1])
    size = plot.page.pixels
    one, other = preview.preview(plot, *size), preview.preview(turned, *size)
    assert torch.allclose(one, other, atol=1e-5)
    plot = plots.nice(pens=OPAQUE)
    turned = replace(plot, layers=plot.layers[::-1])
    assert (preview.preview(plot, *size) - preview.preview(turned, *size)).abs().max() > 0.2


def test_it_does_not_matter_how_many_vertices_a_line_has():
    few = plots.line((10, 10), (90, 60), (10, 120))
    t = np.linspace(0, 1, 4000)[:, None]
    a, b, c = few.points
    many = plots.line(*np.concatenate([a + (b - a) * t, b + (c - b) * t]))
    one, other = (preview.preview(plots.simple(line), 200, 142) for line in (few, many))
    assert (one - other).abs().max() < 0.02


def colours_apart(ours, theirs):
    """CIEDE2000 of each px of two pictures (3, H, W) in linear RGB."""
    lab = [
        colour.linear_to_lab(each.reshape(3, -1).T.astype(np.float64)) for each in (ours, theirs)
    ]
    return colour.ciede2000(*lab)


@pytest.mark.parametrize(
    ("fill", "paper"), [("parallel", "#ffffff"), ("concentric", "#e8c9a0"), ("cross", "#ffffff")]
)
def test_hatched_areas_look_as_resvg_draws_the_file(fill, paper):
    rng = np.random.default_rng(5)
    blobs = np.kron(rng.integers(0, 4, (5, 4)), np.ones((9, 9))).astype(np.uint8)
    pens = [None, plots.BLACK, plots.CYAN, plots.GOLD]
    style = HatchSettings(fill=fill, spacing=1.0)
    plot = hatch(blobs, pens, Page.of("33x40mm", margin=2), style, paper)
    ours = preview.preview(plot, 200, 165).numpy()
    theirs = render_svg(to_svg(plot), paper, 200, 165, most_times=6)
    assert colours_apart(ours, theirs).mean() < 0.5
    assert colours_apart(ours[:, ::-1], theirs).mean() > 5


@pytest.mark.parametrize("turn", np.radians([0, 31, 45, 90]))
@pytest.mark.parametrize("side", [97, 300, 1001])
def test_lines_that_touch_are_one_dark_area_without_stripes(turn, side):
    """As they stand in a file, rounded; at any angle, however large they are shown."""
    black = Pen(name="black", colour="#000000", width=0.4)
    along, across = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    lines = [
        plots.line(*(50 + 30 * end * along + 0.4 * number * across for end in (-1, 1)))
        for number in range(-75, 76)
    ]
    rounded = [Stroke(np.round(each.points * 96 / 25.4, 3) * 25.4 / 96) for each in lines]
    page = Page.of("100x100mm")
    plot = Plot(page, "#ffffff", (Layer(black, tuple(rounded)),))
    picture = preview.preview(plot, side, side).numpy()
    inside = slice(int(0.32 * side), int(0.68 * side))
    assert picture[:, inside, inside].max() == 0


def test_ink_that_crosses_itself_is_no_darker_and_other_pens_are_laid_over_it():
    lines = (plots.line((10, 50), (90, 50)), plots.line((50, 10), (50, 90)))
    pens = [plots.CYAN.model_copy(update={"width": 20.0}), plots.GOLD]
    own = Plot(Page.of("100x100mm"), "#ffffff", (Layer(pens[0], lines),))
    picture = preview.preview(own, 100, 100).numpy()
    assert (picture[:, 50, 50] == picture[:, 50, 20]).all()
    gold = pens[1].model_copy(update={"width": 10.0})
    both = replace(own, layers=(*own.layers, Layer(gold, lines[:1])))
    laid = preview.preview(both, 100, 100).numpy()[:, 50, 50]
    assert laid == pytest.approx(colour.linear_of([gold.colour])[0], abs=1e-6)


@given(
    st.lists(st.tuples(*[st.floats(-300, 300)] * 2), min_size=1, max_size=6),
    st.floats(0.05, 80),
)
def test_a_small_px_has_ink_if_its_middle_is_under_a_line(points, width):
    line = np.array(points)
    canvas = Canvas("#ffffff", 40, 30)
    canvas.take(Pen(name="black", colour="#000000", width=1))
    canvas.lay(pack([line]), width / 2, top=7.0)
    rows, columns = np.mgrid[:40, :30] + 0.5
    middles = np.stack([columns, rows + 7], -1)
    steps = itertools.pairwise(line) if len(line) > 1 else [(line[0], line[0])]
    far = np.min([distance(middles, *step) for step in steps], axis=0)
    sure = np.abs(far - width / 2) > 1e-6
    assert ((canvas.ink[..., 0] == 0) == (far < width / 2))[sure].all()


def distance(places, begin, end):
    """How far places (..., 2) are from a segment."""
    step = end - begin
    share = (places - begin) @ step / max(step @ step, 1e-300)
    return np.linalg.norm(places - begin - np.clip(share, 0, 1)[..., None] * step, axis=-1)


def test_lines_that_are_nowhere_are_refused():
    canvas = Canvas("#ffffff", 4, 4)
    canvas.take(plots.BLACK)
    with pytest.raises(ValueError, match="not finite"):
        canvas.lay(pack([np.array([[0.0, 1.0], [np.nan, 2.0]])]), 1.0)


def test_a_png_is_the_preview_at_the_asked_size():
    plot = plots.nice()
    with Image.open(io.BytesIO(preview.preview_png(plot, 100))) as image:
        rgb = np.asarray(image.convert("RGB"))
    assert rgb.shape == (100, 71, 3)
    picture = preview.preview(plot, 100, 71).permute(1, 2, 0).numpy()
    assert (rgb == colour.to_bytes(picture)).all()
    assert preview.preview_png(plot, 100) == preview.preview_png(plot, 100)


def test_pictures_of_no_px_and_films_of_no_frames_are_refused():
    for make in (preview.preview_png, preview.preview_gif):
        with pytest.raises(ValueError, match="at least 1"):
            make(plots.nice(), 0)
    with pytest.raises(ValueError, match="at least 1"):
        preview.preview_gif(plots.nice(), side=0)


@pytest.mark.parametrize("paper", ["#ffffff", "#e8c9a0"])
def test_a_gif_ends_on_the_whole_plot_in_its_own_colours(paper):
    plot = plots.nice(paper=paper)
    gif = preview.preview_gif(plot, 7, 200)
    shown = frames_of(gif)
    assert len(shown) == 7
    whole = preview.preview(plot, 200, 142).numpy()
    last = colour.from_bytes(shown[-1]).transpose(2, 0, 1)
    assert np.abs(last - whole).mean() < 0.02
    assert tuple(shown[-1][2, 2]) == colour.parse(paper)
    assert gif == preview.preview_gif(plot, 7, 200)


def test_a_gif_draws_as_much_ink_in_each_frame_whatever_the_strokes_lengths():
    """One long line, then many short ones: shares of strokes would be far from shares of ink."""
    long = plots.line(*[(x, y) for y in range(10, 90, 8) for x in ((10, 90), (90, 10))[y // 8 % 2]])
    short = [plots.line((10 + 4 * i, y), (12 + 4 * i, y)) for y in (105, 125) for i in range(20)]
    shown = frames_of(preview.preview_gif(plots.simple(long, *short), 10, 296))
    ink = np.array([ink_in(each) for each in shown])
    steps = np.diff(ink, prepend=0) / ink[-1]
    assert steps == pytest.approx(np.full(10, 0.1), abs=0.02)


def test_a_gif_draws_in_plotting_order():
    pens = [Pen(name=word, colour=word, width=4) for word in ("#00ffff", "#ff00ff")]
    lines = [plots.line((10, 30 * i + 20), (90, 30 * i + 20)) for i in range(2)]
    layers = tuple(Layer(pen, (line,)) for pen, line in zip(pens, lines, strict=True))
    shown = frames_of(preview.preview_gif(Plot(Page.of("100x100mm"), "#ffffff", layers), 4, 200))
    lit = [
        [tuple(each[row, 100 if half else 60]) for row in (40, 100)]
        for each in shown
        for half in (0, 1)
    ]
    white, cyan, magenta = (255,) * 3, (0, 255, 255), (255, 0, 255)
    assert lit[0] == [cyan, white]
    assert lit[3] == [cyan, white]
    assert lit[4] == [cyan, magenta]
    assert lit[7] == [cyan, magenta]


def test_a_gif_of_dots_draws_them_one_after_the_other():
    dots = [plots.line((10 + 5 * i, 50), (10 + 5 * i, 50)) for i in range(12)]
    pen = Pen(name="black", colour="#000000", width=2)
    shown = frames_of(preview.preview_gif(plots.simple(*dots, pen=pen), 6, 296))
    ink = np.array([ink_in(each) for each in shown])
    assert np.diff(ink, prepend=0) / ink[-1] == pytest.approx(np.full(6, 1 / 6), abs=0.02)


def test_a_plot_without_strokes_is_bare_paper():
    for layers in ((), (Layer(plots.BLACK, ()),)):
        bare = Plot(Page.of("a6"), "#e8c9a0", layers)
        paper = torch.tensor(colour.linear_of(["#e8c9a0"])[0], dtype=torch.float32)
        picture = preview.preview(bare, 148, 105)
        assert torch.allclose(picture, paper[:, None, None].expand(3, 148, 105), atol=1e-6)
        shown = frames_of(preview.preview_gif(bare, 3, 100))
        assert (shown[-1] == colour.parse("#e8c9a0")).all()
