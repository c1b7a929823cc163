"""Drawings: pictures that a few inks can make."""

from inkdream.drawing.base import Drawing, InkDrawing
from inkdream.drawing.free import FreeDrawing, FreeStrokes
from inkdream.drawing.pixels import PixelDrawing
from inkdream.drawing.starts import along, at_random, on_grid
from inkdream.drawing.strokes import StrokeDrawing

__all__ = [
    "Drawing",
    "FreeDrawing",
    "FreeStrokes",
    "InkDrawing",
    "PixelDrawing",
    "StrokeDrawing",
    "along",
    "at_random",
    "on_grid",
]
