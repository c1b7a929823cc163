"""What was read of an SVG, drawn again: resvg draws both, and they must look alike."""

import numpy as np

from inkdream import colour
from inkdream.inking.files import blurred
from inkdream.plot import Stroke
from inkdream.svg.document import Document
from inkdream.svg.read import read_svg
from inkdream.svg.render import render_svg

HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'width="{0}mm" height="{1}mm" viewBox="0 0 {0} {1}">'
)


def svg(inside, width=100, height=100):
    return f"{HEAD.format(width, height)}{inside}</svg>"


def path_of(strokes: tuple[Stroke, ...]) -> str:
    words = []
    for stroke in strokes:
        (first, *rest) = [f"{x:.5f} {y:.5f}" for x, y in stroke.points.tolist()]
        is_ring = bool((stroke.points[0] == stroke.points[-1]).all())
        words.append(f"M{first}{'C' if stroke.curved else 'L'}{' '.join(rest)}{'z' * is_ring}")
    return "".join(words)


def as_svg(document: Document) -> str:
    """Return an SVG of a document's shapes, each with its fill below its strokes."""
    lines = [HEAD.format(document.width, document.height)]
    for shape in document.shapes:
        if shape.fill and shape.inside:
            rule = "evenodd" if shape.is_even_odd else "nonzero"
            lines.append(
                f'<path d="{path_of(shape.inside)}" fill="{shape.fill}" fill-rule="{rule}" '
                f'fill-opacity="{shape.fill_alpha}"/>'
            )
        if shape.colour and shape.strokes:
            cap = "round" if shape.is_round else "butt"
            lines.append(
                f'<path d="{path_of(shape.strokes)}" fill="none" stroke="{shape.colour}" '
                f'stroke-opacity="{shape.alpha}" stroke-width="{shape.width}" '
                f'stroke-linecap="{cap}"/>'
            )
    return "".join([*lines, "</svg>"])


def difference(text: str, side: int = 128) -> float:
    """Return the mean difference (CIEDE2000) of an SVG and of what was read of it."""
    document = read_svg(text)
    scale = side / max(document.width, document.height)
    size = round(document.height * scale), round(document.width * scale)
    first, second = (
        colour.linear_to_lab(blurred(render_svg(each, "#ffffff", *size, most_times=4), 1.0), axis=0)
        for each in (text, as_svg(document))
    )
    return float(np.mean(colour.ciede2000(first, second, axis=0)))
