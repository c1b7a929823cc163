"""Strokes that stay: what is seen of them in each step, what is plotted, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from inkdream import colour
from inkdream.drawing import make
from inkdream.drawing.initial import origin
from inkdream.drawing.kept import kept
from inkdream.errors import InputError
from inkdream.formats.svg import to_svg
from inkdream.optimize.session import Session
from inkdream.page import Page
from inkdream.pens import PenSet, parse_pens
from inkdream.pictures import rgb_png
from inkdream.plot import Layer, Plot, Stroke
from inkdream.plot.finish import Finish, finished
from inkdream.plot.machines import machine
from inkdream.plot.motion import drawn_at
from inkdream.plot.refill import refilled
from inkdream.recipe import validate
from inkdream.recipe.keep import KeepRecipe
from inkdream.storage import write_whole
from inkdream.svg.read import read_svg
from inkdream.svg.render import render_svg
from tests.inking.made import svg
from tests.plot.plots import spiral, wave
from tests.running import climbed
from tests.toys import chance

PAGE = {"size": "100x140mm", "scale": 0.6, "margin": 14}
PENS = "black:1,#c8102e:1.4,#e0a000:2"
SHEET = Page.of("100x140mm", scale=0.6, margin=14)
NONE = 9.0


def recipe_of(source, pens=PENS, paper="#ffffff", count=6, strokes=None, **keep):
    machine_name = keep.pop("machine", "axidraw-v3")
    said = {name: keep.pop(name) for name in ("finish", "page") if name in keep}
    return validate(
        {
            "medium": "strokes",
            "pens": pens,
            "paper": paper,
            "page": PAGE,
            "strokes": {"count": count, "length": 30.0, "spans": 4, **(strokes or {})},
            "plot": {"machine": machine_name},
            "keep": {"from": str(source), **keep},
            **said,
        }
    )


def drawing_of(source, **said):
    return make.drawing(recipe_of(source, **said), "inks", chance(), None)


def earlier(pens=PENS):
    """A plot of rows and a spiral, in plotting order."""
    sheet, known = SHEET, PenSet.of(parse_pens(pens))
    rows = [wave(15, 85, y, 5, cubics=4) for y in (20, 45, 70, 95, 120)]
    parts = [rows[:2], [spiral(50, 70, 30, 3, vertices=300)], rows[2:]]
    layers = [Layer(pen, tuple(part)) for pen, part in zip(known, parts, strict=False)]
    return Plot(sheet, "#ffffff", tuple(layers))


@pytest.fixture
def source(tmp_path):
    write_whole(tmp_path / "earlier.svg", to_svg(earlier()))
    return tmp_path / "earlier.svg"


def mask(path, left):
    """A grey picture that is light right of a share of its width."""
    grey = np.zeros((70, 50, 3), np.uint8)
    grey[:, int(50 * left) :] = 255
    write_whole(path, rgb_png(grey))
    return str(path)


def run_folder(folder, plot, **said):
    """The folder of a finished run that drew a plot."""
    table = {"medium": "strokes", "pens": PENS, "page": PAGE, **said}
    folder.mkdir()
    (folder / "recipe.toml").write_text(validate(table).to_toml())
    (folder / "drawing.svg").write_text(to_svg(plot))
    return folder


def nothing_new(drawing):
    """Have the drawing's own strokes want no pen."""
    with torch.no_grad():
        drawing.wants.copy_(torch.zeros_like(drawing.wants))
        drawing.wants[-1] = NONE
    return drawing


def level_line(folder, pen, y=70.0):
    """An SVG of one line of a pen, from 20 to 80 mm at half height."""
    line = Stroke(np.array([[20.0, y], [80, y]]))
    plot = Plot(SHEET, "#ffffff", (Layer(parse_pens(pen)[0], (line,)),))
    write_whole(folder / "line.svg", to_svg(plot))
    return folder / "line.svg"


def lay(drawing, begin, end, pen=0):
    """Have the drawing's one stroke be a straight line of a pen."""
    t = torch.linspace(0, 1, drawing.curves.points.shape[1])[:, None]
    with torch.no_grad():
        drawing.curves.points.copy_((torch.tensor(begin) * (1 - t) + torch.tensor(end) * t)[None])
        drawing.wants.zero_()
        drawing.wants[pen] = NONE


def strict(drawing):
    with torch.no_grad():
        return drawing.image(0.0)


def strokes_of(plot):
    return [(layer.pen.name, stroke) for layer in plot.layers for stroke in layer.strokes]


def same(one, other):
    """Whether two plots have the same strokes, bit for bit, in the same order."""
    pairs = list(zip(strokes_of(one), strokes_of(other), strict=True))
    return all(
        name == called and mine.curved == its.curved and np.array_equal(mine.points, its.points)
        for (name, mine), (called, its) in pairs
    )


def resvg(plot):
    height, width = plot.page.pixels
    return torch.from_numpy(render_svg(to_svg(plot), plot.paper, height, width, plot.page.scale))


# What is seen


@pytest.mark.parametrize(
    "pens", [PENS, "black:1,#c8102e:1.4,#e0a000:2:opaque", "blue:1,gold:1:opaque", "?:1,?:2"]
)
@pytest.mark.parametrize("plotted", ["", "1-2"])
def test_the_strict_picture_is_that_of_the_plot_on_its_paper(source, pens, plotted):
    drawing = drawing_of(source, pens=pens, plotted=plotted)
    with torch.no_grad():
        drawing.wants.copy_(torch.randn(drawing.wants.shape, generator=chance(1)))
    image, seen = strict(drawing), resvg(drawing.picture_of(drawing.plot()))
    assert float((seen - image).abs().mean()) < 0.01
    # And not of the bare paper.
    assert float((1 - image).abs().mean()) > 0.02


@pytest.mark.parametrize("softness", [0.0, 0.3, 1.0])
def test_what_stays_is_seen_at_every_softness(source, softness):
    drawing = nothing_new(drawing_of(source))
    paper = torch.from_numpy(colour.linear_of(["#ffffff"])[0]).float()[:, None, None]
    with torch.no_grad():
        ink = float((paper - drawing.image(softness)).sum())
    whole = float((paper - strict(drawing)).sum())
    assert ink == pytest.approx(whole, rel=0.15)
    assert whole > 0


def test_ink_of_one_pen_on_itself_is_no_darker_where_it_is_kept(tmp_path):
    source = level_line(tmp_path, "#c8102e:4")
    drawing = drawing_of(source, pens="#c8102e:4", count=1)
    lay(drawing, (25.0, 70), (75.0, 70))
    row, column = round(70 * 0.6), round(50 * 0.6)
    red = colour.linear_of(["#c8102e"])[0]
    assert np.allclose(strict(drawing)[:, row, column], red, atol=0.01)


def test_new_ink_that_covers_lies_over_what_is_plotted_and_shows_it(tmp_path):
    """White on black: seen only since black lies on the paper; and black never over white."""
    source = level_line(tmp_path, "black:6")
    drawing = drawing_of(source, pens="black:6,white:4", count=1, plotted="black")
    lay(drawing, (50.0, 40), (50.0, 100), pen=1)
    row, column = (round(each * 0.6) for each in (70, 50))
    assert float(strict(drawing)[:, row, column].mean()) > 0.9
    new = drawing.plot()
    assert [layer.pen.name for layer in new.layers if layer.strokes] == ["white"]
    # It can be written, though on bare paper nobody would see it.
    assert read_svg(to_svg(new)).as_plot().strokes == 1


def test_ink_that_nobody_sees_on_the_paper_is_none(tmp_path):
    black, white = parse_pens("black:6,white:4")
    band, across = np.array([[20.0, 70], [80, 70]]), np.array([[50.0, 40], [50.0, 100]])
    layers = (Layer(black, (Stroke(band),)), Layer(white, (Stroke(across),)))
    write_whole(tmp_path / "x.svg", to_svg(Plot(SHEET, "#ffffff", layers)))
    with pytest.raises(InputError, match="nothing of it stays"):
        kept(recipe_of(tmp_path / "x.svg", pens="black:6,white:4", plotted="white"))
    both = kept(recipe_of(tmp_path / "x.svg", pens="black:6,white:4", plotted="1-2"))
    assert [layer.pen.name for layer in both.plotted.layers] == ["black", "white"]


def test_no_gradient_and_no_step_reaches_what_stays(source):
    drawing = drawing_of(source)
    assert drawing.kept is not None
    held = {name: each.clone() for name, each in drawing.kept.named_buffers()}
    drawing.image(0.5).square().sum().backward()
    assert drawing.curves.points.grad is not None
    assert not [*drawing.kept.parameters()]
    assert all(not each.requires_grad for each in drawing.kept.buffers())
    drawing.project(0.5)
    drawing.project(1.0)
    assert all(torch.equal(each, held[name]) for name, each in drawing.kept.named_buffers())
    assert not [name for name in drawing.state_dict() if name.startswith("kept")]


def test_new_lines_on_kept_ones_of_their_pen_cost(tmp_path):
    source = level_line(tmp_path, "black:1", 71.0)
    costs = []
    for pens in ("black:1", "blue:1"):
        drawing = drawing_of(source, pens=pens, count=1)
        lay(drawing, (25.0, 71.0), (75.0, 71.0))
        costs.append(float(drawing.penalties(0.0)["overlap"].detach()))
    assert costs[0] > 0.05
    assert costs[1] < costs[0] / 10


# What is plotted


def test_all_of_it_stays_and_is_plotted_before_each_pens_new_strokes(source):
    drawing = drawing_of(source)
    with torch.no_grad():
        drawing.wants.copy_(torch.randn(drawing.wants.shape, generator=chance(1)))
    file, plot = read_svg(source).as_plot(), drawing.plot()
    assert same(nothing_new(drawing_of(source)).plot(), file)
    assert plot.strokes > file.strokes
    mine = {layer.pen.name: layer.strokes for layer in file.layers}
    for layer in plot.layers:
        for stroke, its in zip(layer.strokes, mine.get(layer.pen.name, ()), strict=False):
            assert np.array_equal(stroke.points, its.points)


def test_what_is_plotted_is_no_part_of_the_new_plot(source):
    drawing = nothing_new(drawing_of(source, plotted="1-2"))
    file = read_svg(source).as_plot()
    assert not drawing.plot().strokes
    assert same(drawing.picture_of(drawing.plot()), replace(file, layers=file.layers[:2]))


def test_what_a_time_leaves_is_drawn_anew_or_stays_where_the_mask_is_dark(source, tmp_path):
    file = read_svg(source).as_plot()
    times = np.concatenate(drawn_at(file, machine("axidraw-v3")))
    late = f"{(times[1] + times[2]) / 2:.3f}s"
    gone = kept(recipe_of(source, plotted=late))
    assert gone.plotted.strokes == 2
    assert not gone.stays.strokes
    both = kept(recipe_of(source, plotted=late, where=mask(tmp_path / "m.png", 0.9)))
    assert both.plotted.strokes == 2
    assert both.stays.strokes == file.strokes - 2
    # What is on paper lies there, whatever the mask says.
    light = kept(recipe_of(source, plotted=late, where=mask(tmp_path / "n.png", 0.0)))
    assert (light.plotted.strokes, light.stays.strokes) == (2, 0)


def test_the_machine_of_the_recipe_tells_the_time(source):
    slow = np.concatenate(drawn_at(read_svg(source).as_plot(), machine("grbl-servo")))
    late = f"{(slow[2] + slow[3]) / 2:.3f}s"
    assert kept(recipe_of(source, plotted=late, machine="grbl-servo")).plotted.strokes == 3


def test_a_stroke_stays_if_more_than_half_of_it_lies_in_the_dark(tmp_path):
    rows = [Stroke(np.array([[10.0, y], [90.0, y]])) for y in (20, 40)]
    halves = [
        Stroke(np.array([[10.0, 60], [49.0, 60]])),
        Stroke(np.array([[55.0, 80], [90.0, 80]])),
    ]
    crossing = Stroke(np.array([[20.0, 100], [60.0, 100]]))
    pen = parse_pens("black:1")[0]
    plot = Plot(SHEET, "#ffffff", (Layer(pen, (*rows, *halves, crossing)),))
    write_whole(tmp_path / "x.svg", to_svg(plot))
    found = kept(recipe_of(tmp_path / "x.svg", where=mask(tmp_path / "m.png", 0.5)))
    ways = {round(float(stroke.points[0, 1])) for _, stroke in strokes_of(found.stays)}
    assert {60, 100} <= ways
    assert 80 not in ways


def test_new_strokes_begin_and_are_drawn_only_where_the_mask_is_light(source, tmp_path):
    drawing = drawing_of(source, where=mask(tmp_path / "m.png", 0.5), count=60)
    middles = drawing.curves.points.detach().mean(1)[:, 0]
    assert float(middles.min()) > 50 - 1e-3
    with torch.no_grad():
        drawing.wants.zero_()
        drawing.wants[0] = NONE
    held = {id(stroke) for _, stroke in strokes_of(drawing.kept.plots.stays)}
    new = [stroke for _, stroke in strokes_of(drawing.plot()) if id(stroke) not in held]
    assert new
    assert min(stroke.polyline()[:, 0].min() for stroke in new) > 50


def test_a_runs_refills_and_frame_are_not_kept_but_come_anew(tmp_path):
    plot, finish = earlier(), Finish(frame=True)
    whole = refilled(finished(plot, finish, plot.page.inside), 0.3).plot
    assert whole.refills
    folder = run_folder(tmp_path / "run", whole, finish=finish.model_dump())
    found = kept(recipe_of(folder))
    assert found.stays.strokes == plot.strokes
    assert not found.stays.refills
    plotted = kept(recipe_of(folder, plotted="1"))
    assert plotted.plotted.strokes == len(plot.layers[0].strokes)
    with pytest.raises(InputError, match="leave out those of `finish`"):
        kept(recipe_of(folder, plotted="1", finish={"frame": True}))


def test_pens_that_draw_nothing_new_come_first_and_keep_their_names_apart(source):
    drawing = nothing_new(drawing_of(source, pens="teal:1,#00ff00:1"))
    names = [layer.pen.name for layer in drawing.plot().layers]
    assert names == [layer.pen.name for layer in read_svg(source).as_plot().layers]
    other = parse_pens("black:1")[0].model_copy(update={"colour": "#303030"})
    mixed = drawing_of(source, pens=[other.model_dump()])
    with torch.no_grad():
        mixed.wants.zero_()
        mixed.wants[0] = NONE
    names = [layer.pen.name for layer in mixed.plot().layers]
    assert sorted(names).count("black") == 1
    assert "black 2" in names


def test_lines_of_any_svg_stay_in_their_own_colours(tmp_path):
    body = '<path d="M20 20L80 60" stroke="teal" stroke-width="1" fill="none"/>'
    body += '<rect x="30" y="70" width="40" height="30" fill="gold" stroke="none"/>'
    (tmp_path / "x.svg").write_text(svg(body, "100mm", "140mm", "0 0 100 140"))
    found = kept(recipe_of(tmp_path / "x.svg"))
    assert {layer.pen.colour for layer in found.stays.layers} == {"#008080", "#ffd700"}
    with pytest.raises(InputError, match="was not made for plotters"):
        kept(recipe_of(tmp_path / "x.svg", plotted="1"))


def test_a_drawing_begins_with_what_does_not_stay(source, tmp_path):
    where = mask(tmp_path / "m.png", 0.0)
    late = {"plotted": "1", "where": where}
    drawing_recipe = recipe_of(source, **late, count=30, strokes={"spans": 6})
    begun = origin(drawing_recipe.model_copy(update={"origin": str(source)}))
    alone = origin(
        recipe_of(source, count=30).model_copy(update={"origin": str(source), "keep": KeepRecipe()})
    )
    assert begun.lines is not None
    assert 0 < len(begun.lines.points) < len(alone.lines.points)
    with pytest.raises(InputError, match="can be seen but what stays"):
        origin(recipe_of(source).model_copy(update={"origin": str(source)}))


# What is refused


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ({"plotted": "5h"}, "the plot takes only"),
        ({"plotted": "blakc"}, "unknown layer 'blakc'. Did you mean 'black'"),
        ({"plotted": "7"}, "layers 1 to 3"),
        ({"page": {"size": "a6"}}, "--page 100x140mm"),
    ],
)
def test_what_cannot_stay_is_one_line(source, said, what):
    with pytest.raises(InputError, match=r"keep\.from: .*" + what):
        kept(recipe_of(source, **said))


def test_masks_that_leave_nothing_old_or_new_are_refused(source, tmp_path):
    with pytest.raises(InputError, match="nothing of it stays"):
        kept(recipe_of(source, where=mask(tmp_path / "m.png", 0.0)))
    with pytest.raises(InputError, match="dark all over"):
        drawing_of(source, where=mask(tmp_path / "n.png", 1.0))


def test_sources_that_are_none_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"keep\.from: .*nowhere"):
        kept(recipe_of(tmp_path / "nowhere"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="is no run's folder"):
        kept(recipe_of(tmp_path / "empty"))


@pytest.mark.parametrize(
    "other", [{"symmetry": "mirror"}, {"pick": 2, "pens": "black,red,blue"}, {"tile": 32}]
)
def test_what_stays_is_neither_picked_repeated_nor_turned(other):
    name = next(iter(other))
    with pytest.raises(InputError, match=rf"keep\.from and {name}"):
        validate({"medium": "strokes", "keep": {"from": "x"}, **other})


@pytest.mark.parametrize("start", ["plan", "sketch", "grid", "study"])
def test_every_start_draws_around_what_stays(source, tmp_path, start):
    recipe = recipe_of(
        source, where=mask(tmp_path / "m.png", 0.5), count=20, strokes={"start": start}
    )
    table = {**recipe.model_dump(), "steps": 10, "terms": [{"target": "loom/conv2_1/15"}]}
    session = climbed(Session(validate(table)))
    held = {stroke.points.tobytes() for _, stroke in strokes_of(session.result.kept.plots.stays)}
    drawn = [stroke for _, stroke in strokes_of(session.result.plot())]
    assert held <= {stroke.points.tobytes() for stroke in drawn}
    new = [stroke for stroke in drawn if stroke.points.tobytes() not in held]
    assert new
    assert min(stroke.polyline()[:, 0].min() for stroke in new) > 50
