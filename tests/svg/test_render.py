"""resvg's picture of an SVG: true colours, the right amount of ink, in the right place."""

import base64

import numpy as np
import pytest
from PIL import Image

from inkdream import colour
from inkdream.errors import InputError
from inkdream.formats.svg import to_svg
from inkdream.page import Page, px_per_mm
from inkdream.pens import Pen
from inkdream.plot import Layer, Plot
from inkdream.svg import resvg_apart
from inkdream.svg.render import MOST_SIDE, render_svg, supersampling
from inkdream.svg.xml import SVG, XLINK
from tests.plot import plots

PX = 25.4 / 96


def linear(word):
    return colour.linear_of([word])[0]


def crossing(first, second, paper):
    """Two bars of 10 mm across a page of 50 x 50 mm, at 1 px per mm."""
    bars = [plots.line((8, 25), (42, 25)), plots.line((25, 8), (25, 42))]
    pens = (first.model_copy(update={"width": 10}), second.model_copy(update={"width": 10}))
    layers = tuple(Layer(pen, (bar,)) for pen, bar in zip(pens, bars, strict=True))
    plot = Plot(Page.of("50x50mm", scale=1), paper, layers)
    return render_svg(to_svg(plot), paper, 50, 50)


@pytest.mark.parametrize("paper", ["#ffffff", "#e8c9a0", "#101820"])
def test_a_bare_page_is_its_paper(paper):
    picture = render_svg(to_svg(Plot(Page.of("a6"), paper, ())), paper, 74, 52)
    assert picture.shape == (3, 74, 52) and picture.dtype == np.float32
    assert np.abs(picture - linear(paper)[:, None, None]).max() < 1e-6


@pytest.mark.parametrize("paper", ["#ffffff", "#e8c9a0", "#7a9e7e", "#304050"])
@pytest.mark.parametrize("pens", [(plots.YELLOW, plots.CYAN), (plots.MAGENTA, plots.BLACK)])
def test_transparent_inks_multiply_on_any_paper_and_on_each_other(paper, pens):
    picture = crossing(*pens, paper)
    ground, (first, second) = linear(paper), map(linear, (pens[0].colour, pens[1].colour))
    assert picture[:, 4, 4] == pytest.approx(ground, abs=1e-4)
    assert picture[:, 25, 14] == pytest.approx(ground * first, abs=8e-3)
    assert picture[:, 14, 25] == pytest.approx(ground * second, abs=8e-3)
    assert picture[:, 25, 25] == pytest.approx(ground * first * second, abs=8e-3)


@pytest.mark.parametrize("paper", ["#ffffff", "#304050"])
def test_opaque_inks_cover(paper):
    picture = crossing(plots.GOLD, plots.WHITE.model_copy(update={"colour": "#f0f8ff"}), paper)
    assert picture[:, 25, 14] == pytest.approx(linear("#c9a227"), abs=1e-4)
    assert picture[:, 25, 25] == pytest.approx(linear("#f0f8ff"), abs=1e-4)


@pytest.mark.parametrize("width", [0.25, 0.4, 1.0])
@pytest.mark.parametrize("scale", [1.2, 5.0])
def test_a_thin_line_has_as_much_ink_as_it_is_wide(width, scale):
    pen = Pen(name="black", colour="#000000", width=width)
    plot = plots.simple(plots.line((4, 8), (24, 13)), pen=pen, page="28x28mm")
    side = round(28 * scale)
    ink = (1 - render_svg(to_svg(plot), "#ffffff", side, side, scale)[0]).sum() / scale**2
    area = width * np.hypot(20, 5) + np.pi / 4 * width**2
    # resvg's edges, mixed as sRGB, are a little too dark.
    assert ink == pytest.approx(area, rel=0.12)


@pytest.mark.parametrize("scale", [None, 1.5])
def test_a_mark_lies_where_it_is_drawn(scale):
    at = np.array([91.3, 140.2])
    spot = plots.simple(plots.line(at, at), pen=Pen(name="spot", colour="#000000", width=6))
    rows, columns = (148, 105) if scale is None else (222, 158)
    ink = 1 - render_svg(to_svg(spot), "#ffffff", rows, columns, scale)[0]
    centres = np.stack(np.meshgrid(np.arange(columns) + 0.5, np.arange(rows) + 0.5), -1)
    middle = (centres * ink[..., None]).sum((0, 1)) / ink.sum()
    assert middle / (scale or 1) == pytest.approx(at, abs=0.05)


@pytest.mark.parametrize(
    "head",
    [
        'width="4cm" height="2cm"',
        'width="40" height="20"',
        'viewBox="0 0 400 200"',
        'width="100%" height="100%" viewBox="10,20 4e2,200"',
        'width="1in" height=".5in"',
    ],
)
def test_svgs_of_others_are_drawn_whole(head):
    body = '<rect x="-999" y="-999" width="9999" height="9999" fill="#ff0000"/></svg>'
    picture = render_svg(f'<svg xmlns="http://www.w3.org/2000/svg" {head}>{body}', "white", 20, 40)
    assert (picture == np.array([1, 0, 0], np.float32)[:, None, None]).all()


def test_a_half_covered_px_is_half_as_bright_in_linear_light():
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><rect x="0.5" '
        'width="40" height="40"/></svg>'
    )
    assert render_svg(svg, "#ffffff", 40, 40)[:, 7, 0] == pytest.approx([0.5] * 3, abs=1e-3)


BOMB = '<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no xml",
        "<svg",
        "\x00",
        "<html/>",
        '<svg width="10" height="10"/>',
        '<svg xmlns="http://www.w3.org/2000/svg"/>',
        '<svg xmlns="http://www.w3.org/2000/svg" width="100%" height="100%"/>',
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 0 10"/>',
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 nan 10"/>',
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10"/>',
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="a b c d"/>',
        f'{BOMB}]><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">&i;</svg>',
    ],
)
def test_what_is_no_svg_is_refused_in_one_line(text):
    with pytest.raises(InputError, match=r"^SVG: [^\n]+$"):
        render_svg(text, "#ffffff", 20, 20)


def svg_of(body):
    return f'<svg xmlns="{SVG}" xmlns:xlink="{XLINK}" viewBox="0 0 10 10">{body}</svg>'


def nested(depth):
    return "<g>" * depth + '<path d="M0 0 9 9" stroke="red"/>' + "</g>" * depth


def chained(links):
    groups = [f'<g id="g{i + 1}"><g><use href="#g{i}"/></g></g>' for i in range(links)]
    return f'<g id="g0"/><defs>{"".join(groups)}</defs><use href="#g{links}"/>'


def filling_each_other(count):
    patterns = [
        f'<pattern id="p{i}" width="1" height="1"><path d="M0 0h9v9z" fill="url(#p{i + 1})"/>'
        "</pattern>"
        for i in range(count)
    ]
    return f'<defs>{"".join(patterns)}</defs><path d="M0 0h9v9z" fill="url(#p0)"/>'


def masked(count):
    masks = [
        f'<mask id="m{i}" mask="url(#m{i + 1})"><path d="M0 0h9v9z" fill="white"/></mask>'
        for i in range(count)
    ]
    return f'<defs>{"".join(masks)}</defs><path d="M0 0h9v9z" mask="url(#m0)"/>'


@pytest.mark.parametrize("body", [nested(30), chained(5), filling_each_other(3), masked(2)])
def test_foreign_files_are_drawn_as_others_are(body):
    here, apart = (
        render_svg(svg_of(body), "#ffffff", 9, 9, foreign=foreign) for foreign in (False, True)
    )
    assert (here == apart).all()


@pytest.mark.parametrize(
    "body",
    [
        nested(100_000),
        chained(2000),
        filling_each_other(3000),
        masked(3000),
    ],
    ids=["nested", "chained", "patterns", "masks"],
)
def test_foreign_files_that_are_too_much_for_resvg_end_in_one_line(monkeypatch, body):
    monkeypatch.setattr(resvg_apart, "MOST_SECONDS", 1)
    with pytest.raises(InputError, match=r"^SVG: [^\n]+$"):
        render_svg(svg_of(body), "#ffffff", 300, 300, foreign=True)


@pytest.mark.parametrize("foreign", [False, True])
@pytest.mark.parametrize("link", ["href", "xlink:href"])
def test_pictures_beside_a_file_are_not_looked_at(tmp_path, link, foreign):
    path = tmp_path / "secret.png"
    Image.new("RGB", (9, 9)).save(path)
    packed = base64.b64encode(path.read_bytes()).decode()

    def shown(address):
        return render_svg(
            svg_of(f'<image {link}="{address}" width="10" height="10"/>'),
            "#ffffff",
            9,
            9,
            foreign=foreign,
        ).mean()

    assert shown(path) == shown(f" {path}") == 1
    assert shown(f"data:image/png;base64,{packed}") == 0
    inner = base64.b64encode(
        svg_of(f'<image {link}="{path}" width="10" height="10"/>').encode()
    ).decode()
    assert shown(f"data:image/svg+xml;base64,{inner}") == 1


def test_a_scale_needs_a_page_in_mm():
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"/>'
    with pytest.raises(InputError, match="px per mm"):
        render_svg(svg, "#ffffff", 20, 20, scale=2)


def test_scales_come_from_the_longer_side_and_other_shapes_are_refused():
    assert px_per_mm((148, 210), 256, 180) == 256 / 210
    assert px_per_mm((210, 148), 180, 256) == 256 / 210
    with pytest.raises(ValueError, match="another shape"):
        px_per_mm((148, 210), 256, 256)


@pytest.mark.parametrize("side", [1, 100, 2048, 4096, 9000])
def test_what_is_drawn_larger_stays_within_bounds(side):
    times = supersampling(side, side // 2 + 1, 8)
    assert 1 <= times <= 8
    assert times == 1 or times * side <= MOST_SIDE
