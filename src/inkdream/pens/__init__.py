"""Pens as data."""

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
