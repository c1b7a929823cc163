"""Pens: what a drawing is drawn with, as data. No torch here."""

from inkdream.pens.own import parse_pens, pens_of, read_pens
from inkdream.pens.pen import LEARNED, USUAL_WIDTH, Ink, Pen, PenSet, check_ink, check_pens

__all__ = [
    "LEARNED",
    "USUAL_WIDTH",
    "Ink",
    "Pen",
    "PenSet",
    "check_ink",
    "check_pens",
    "parse_pens",
    "pens_of",
    "read_pens",
]
