"""An SVG as resvg draws it: an independent renderer."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree

import numpy as np
from jaxtyping import Float, UInt8
from numpy.typing import NDArray
from PIL import Image

from inkdream import colour
from inkdream.errors import InputError
from inkdream.page import MM_PER, px_per_mm
from inkdream.svg.resvg_apart import draw_apart, draw_here

# resvg mixes the colours of a line's edge as sRGB, which makes lines look up to 0.2 px too wide on
# either side. So it draws the picture several times as large, but not larger than this, in px; and
# from so many times on without smooth edges, which then are smooth enough when averaged.
MOST_TIMES = 12
MOST_SIDE = 4096
CRISP_FROM = 4
# Rows averaged at once, which bounds the memory that floats take.
BAND = 64

_LENGTH = re.compile(r"\s*([0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)\s*([a-z]*)\s*")
_SVG = "{http://www.w3.org/2000/svg}svg"
_LINKS = ("href", "{http://www.w3.org/1999/xlink}href")


def render_svg(
    svg: str,
    paper: str,
    height: int,
    width: int,
    scale: float | None = None,
    most_times: int = MOST_TIMES,
    foreign: bool = False,
) -> Float[np.ndarray, "3 H W"]:
    """Return an SVG on paper as resvg draws it, in linear RGB in [0, 1], float32.

    Colours multiply in sRGB, as in every viewer, and not in linear RGB, as inks do; that differs by
    at most 0.006 for two and 0.007 for three layers.

    Args:
        svg: the file's text.
        paper: colour below the drawing, '#rrggbb' or a name.
        height: rows.
        width: columns.
        scale: px per mm; by default the longer side of the SVG's page fills the picture's.
        most_times: the supersampling each way, at most.
        foreign: whether others made the file. Then resvg runs in a process of its own, in bounded
            time and memory.

    Raises:
        InputError: if it is no SVG or has no size; if resvg refuses it, or a foreign one takes too
            much of it.
        ValueError: if the picture has another shape than the page.
    """
    times = supersampling(height, width, most_times)
    framed = _frame(svg, (height, width), scale, times)
    try:
        png = (draw_apart if foreign else draw_here)(framed, colour.to_hex(colour.parse(paper)))
    except ValueError as error:
        raise InputError(f"SVG: resvg cannot draw it ({error})") from error
    with Image.open(io.BytesIO(png)) as image:
        large = np.asarray(image.convert("RGB"))
    return _shrink(large, times)


def supersampling(height: int, width: int, most: int = MOST_TIMES) -> int:
    """Return by which factor, at most `most`, a picture of this size may be supersampled."""
    return max(1, min(most, MOST_SIDE // max(height, width)))


def _frame(svg: str, size: tuple[int, int], scale: float | None, times: int) -> str:
    """Return the SVG with its root's frame replaced by the picture's."""
    height, width = size
    root = _parse(svg)
    left, top, *sides = _box(root)
    page = (sides[0], sides[1])
    if scale is None:
        per_unit = px_per_mm(page, height, width)
    else:
        across = _length(root.get("width", ""))
        if across is None:
            raise InputError("SVG: its width says no mm, so px per mm mean nothing")
        per_unit = scale * across * MM_PER["px"] / page[0]
    root.set("viewBox", f"{left} {top} {width / per_unit!r} {height / per_unit!r}")
    root.set("width", str(width * times))
    root.set("height", str(height * times))
    root.set("shape-rendering", "crispEdges" if times >= CRISP_FROM else "auto")
    try:
        return ElementTree.tostring(root, encoding="unicode")
    except RecursionError as error:
        raise InputError("SVG: its elements lie too deep in each other") from error


def _parse(svg: str) -> ElementTree.Element:
    try:
        root = ElementTree.fromstring(svg)
    except (ElementTree.ParseError, ValueError) as error:
        raise InputError(f"SVG: is no XML ({error})") from error
    if root.tag != _SVG:
        raise InputError("SVG: does not begin with <svg> of SVG's namespace")
    _forget_files(root)
    return root


def _forget_files(root: ElementTree.Element) -> None:
    """Remove links to files: resvg would read them."""
    for element in root.iter():
        for link in _LINKS:
            if not element.get(link, "#").lstrip().startswith(("#", "data:")):
                del element.attrib[link]


def _box(root: ElementTree.Element) -> list[float]:
    """Return left, top, width and height of the view box, in user units."""
    words = root.get("viewBox", "").replace(",", " ").split()
    sides = [_length(root.get(name, "")) for name in ("width", "height")]
    try:
        box = [float(word) for word in words] or [0.0, 0.0, *(side or 0.0 for side in sides)]
    except ValueError as error:
        raise InputError(f"SVG: its viewBox is none ({error})") from error
    if len(box) != 4 or not np.isfinite(box).all() or min(box[2:]) <= 0:
        raise InputError("SVG: has neither a viewBox nor a width and height")
    return box


def _length(word: str) -> float | None:
    """Return a length in px, or None if it is relative or missing."""
    match = _LENGTH.fullmatch(word)
    if not match or (match[2] and match[2] not in MM_PER):
        return None
    return float(match[1]) * (MM_PER[match[2]] / MM_PER["px"] if match[2] else 1.0)


def _shrink(large: UInt8[np.ndarray, "rows columns 3"], times: int) -> NDArray[np.float32]:
    """Return the mean in linear light (3, H, W) of each `times` x `times` px of sRGB."""
    light = colour.srgb_to_linear(np.arange(256) / 255).astype(np.float32)
    rows, columns = large.shape[0] // times, large.shape[1] // times
    picture = np.empty((3, rows, columns), np.float32)
    for start in range(0, rows, BAND):
        band = light[large[start * times : (start + BAND) * times]]
        means = band.reshape(-1, times, columns, times, 3).mean(axis=(1, 3))
        picture[:, start : start + BAND] = means.transpose(2, 0, 1)
    return picture
