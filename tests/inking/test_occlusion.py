"""What hides what: backgrounds, gloss, nodes, casings, crossings; light lines on dark areas."""

from itertools import pairwise

import numpy as np
import pytest

from inkdream.inking.occlusion import visible
from inkdream.svg.read import read_svg

NIB = 0.3


def document(body, width=100, height=60):
    sizes = f'width="{width}mm" height="{height}mm" viewBox="0 0 {width} {height}"'
    return read_svg(f'<svg xmlns="http://www.w3.org/2000/svg" {sizes}>{body}</svg>')


def seen(body, bridge=NIB, **said):
    """What is seen of lines, by ink: as dense vertices (V, 2) in mm."""
    found = {}
    for mark in visible(document(body, **said), bridge, NIB).marks:
        line = mark.stroke.polyline()
        steps = [np.linspace(begin, end, 500) for begin, end in pairwise(line)]
        found.setdefault(mark.look.ink, []).append(np.concatenate(steps))
    return {ink: np.concatenate(lines) for ink, lines in found.items()}


# --- backgrounds ---

COVERING = {
    "rectangle": '<rect width="100" height="60" {}/>',
    "all but a hair": '<rect x="0.4" y="0.3" width="99.2" height="59.4" {}/>',
    "path": '<path d="M-5-5H200V90H-5Z" {}/>',
    "circle around the page": '<circle cx="50" cy="30" r="80" {}/>',
    "rounded a little": '<rect width="100" height="60" rx="1" {}/>',
}
TOUCHING = {
    "ellipse": '<ellipse cx="50" cy="30" rx="50" ry="30" {}/>',
    "diamond": '<path d="M50 0L100 30L50 60L0 30Z" {}/>',
    "cross": '<path d="M40 0H60V20H100V40H60V60H40V40H0V20H40Z" {}/>',
    "frame": '<path d="M0 0H100V60H0ZM10 10V50H90V10Z" {}/>',
    "icon": '<rect width="100" height="60" rx="15" {}/>',
    "half and bars": '<path d="M0 0H100V5H50V55H100V60H0Z" {}/>',
}


@pytest.mark.parametrize("shape", COVERING)
def test_what_covers_the_page_is_no_line(shape):
    assert seen(COVERING[shape].format('fill="red"')) == {}


@pytest.mark.parametrize("shape", TOUCHING)
def test_what_only_touches_the_page_s_edges_is_drawn(shape):
    """0.1.0 took all that reaches four edges for a background."""
    assert set(seen(TOUCHING[shape].format('fill="red"'))) == {"#ff0000"}


# --- what hides ---

LINE = '<path d="M10 30H90" fill="none" stroke="red" stroke-width="0.4"/>'


@pytest.mark.parametrize(
    ("paint", "hides"),
    [
        ('fill="white"', True),
        ('fill="white" fill-opacity="0.1"', False),
        ('fill="#bbb" opacity=".1"', False),
        ('fill="rgba(0,0,0,0.2)"', False),
        ('fill="white" fill-opacity="0.97"', True),
        ('fill="white" style="mix-blend-mode:multiply"', False),
    ],
)
def test_gloss_hides_nothing(paint, hides):
    assert ("#ff0000" in seen(f'{LINE}<rect width="100" height="60" {paint}/>')) != hides


@pytest.mark.parametrize("diameter", [0.9, 1.5, 3, 3.9])
@pytest.mark.parametrize("stroke", ["none", "black"])
def test_lines_stop_at_nodes_however_small(diameter, stroke):
    """0.1.0 drew through what hides up to 4 mm."""
    node = f'<circle cx="50" cy="30" r="{diameter / 2}" fill="white" stroke="{stroke}"'
    line = seen(f'{LINE}{node} stroke-width="0.2"/>')["#ff0000"]
    inside = np.hypot(*(line - (50, 30)).T) < diameter / 2 - 0.2
    assert not inside.any()
    through = seen(f'{LINE}{node} stroke-width="0.2"/>', bridge=5.0)["#ff0000"]
    assert (np.hypot(*(through - (50, 30)).T) < 0.3).any()


def test_a_wide_pale_line_is_a_gap_in_those_below():
    casing = '<path d="M50 5V55" stroke="white" stroke-width="3"/>'
    line = seen(LINE + casing)["#ff0000"]
    assert not (np.abs(line[:, 0] - 50) < 1.3).any()


@pytest.mark.parametrize("to", [(50, 55), (70, 55), (90, 45)])
@pytest.mark.parametrize("ink", ["red", "blue"])
def test_lines_that_cross_are_not_cut(to, ink):
    other = f'<path d="M50 5L{to[0]} {to[1]}" stroke="{ink}" stroke-width="0.4" fill="none"/>'
    found = visible(document(LINE + other), NIB, NIB)
    assert len(found.marks) == 2


def test_a_line_below_another_that_goes_along_it_is_hidden_there():
    other = '<path d="M20 30H80" stroke="blue" stroke-width="0.4"/>'
    assert not (np.abs(seen(LINE + other)["#ff0000"][:, 0] - 50) < 25).any()


# --- edges of areas ---


@pytest.mark.parametrize(
    "data",
    ["M20 10L80 10L80 50", "M20 10L80 10L80 50Z", "M20 10C60 0 80 10 80 50", "m20 10h60v40"],
)
def test_an_area_s_edge_is_closed(data):
    """0.1.0 drew two of three sides."""
    line = seen(f'<path d="{data}" fill="red"/>')["#ff0000"]
    assert np.hypot(*(line - (50, 30)).T).min() < 0.3  # the middle of the side not written
