"""The preview: what a plot looks like, judged by resvg's picture of its SVG."""

import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inkdream import colour
from inkdream.page import Page
from inkdream.pens import Pen
from inkdream.plot import Layer, Plot, preview
from inkdream.plot.render import render_svg
from inkdream.plot.svg import to_svg
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
    """Long polylines are drawn in pieces; where those meet nothing is seen."""
    few = plots.line((10, 10), (90, 60), (10, 120))
    t = np.linspace(0, 1, 4000)[:, None]
    a, b, c = few.points
    many = plots.line(*np.concatenate([a + (b - a) * t, b + (c - b) * t]))
    assert len(many.points) > 7 * preview.PIECE
    one, other = (preview.preview(plots.simple(line), 200, 142) for line in (few, many))
    assert (one - other).abs().max() < 0.02


@given(st.lists(st.integers(1, 5000), max_size=12))
@settings(max_examples=30)
def test_batches_hold_every_segment_and_little_else(lengths):
    rng = np.random.default_rng(0)
    lines = [rng.uniform(0, 9, (length, 2)) for length in lengths]
    found = set()
    held = 0
    for batch in preview._batches(lines):
        held += batch.shape[0] * batch.shape[1]
        assert batch.shape[1] <= preview.PIECE and batch.shape[0] <= preview.MOST_STROKES
        steps = np.concatenate([batch[:, :-1], batch[:, 1:]], axis=2).reshape(-1, 4)
        found |= {tuple(step) for step in steps.tolist() if step[:2] != step[2:]}
    wanted = [np.concatenate([line[:-1], line[1:]], 1).astype(np.float32) for line in lines]
    assert found == {tuple(step) for steps in wanted for step in steps.tolist()}
    assert held <= 2 * sum(lengths) + 2 * len(lengths) + 8


def test_twenty_thousand_strokes_of_very_different_lengths_take_little_room():
    lines = [stroke.points for layer in plots.many().layers for stroke in layer.strokes]
    vertices = sum(map(len, lines))
    assert max(map(len, lines)) > 1000 * min(map(len, lines))
    batches = list(preview._batches(lines))
    assert max(batch.size for batch in batches) <= 2 * preview.MOST_VERTICES
    assert sum(batch.size for batch in batches) <= 2 * 2.2 * vertices


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
