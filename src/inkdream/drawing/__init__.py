"""Drawings: pictures that a few inks can make."""

from inkdream.drawing.base import Drawing
from inkdream.drawing.free import FreeDrawing
from inkdream.drawing.free_strokes import FreeStrokes
from inkdream.drawing.pixels import PixelDrawing, PixelSettings
from inkdream.drawing.starts import along, at_random, on_grid
from inkdream.drawing.stroke_settings import StrokeSettings
from inkdream.drawing.strokes import StrokeDrawing

__all__ = [
    "Drawing",
    "FreeDrawing",
    "FreeStrokes",
    "PixelDrawing",
    "PixelSettings",
    "StrokeDrawing",
    "StrokeSettings",
    "along",
    "at_random",
    "on_grid",
]
