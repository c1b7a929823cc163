"""Drawings: pictures that a few inks can make."""

from inkdream.drawing.base import Drawing
from inkdream.drawing.free import FreeDrawing

__all__ = ["Drawing", "FreeDrawing"]
