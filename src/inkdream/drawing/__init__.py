"""Drawings: pictures that a few inks can make."""

from inkdream.drawing.base import Drawing
from inkdream.drawing.free import FreeDrawing
from inkdream.drawing.pixels import PixelDrawing, PixelSettings

__all__ = ["Drawing", "FreeDrawing", "PixelDrawing", "PixelSettings"]
