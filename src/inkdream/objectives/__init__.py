"""Objectives: what a drawing is scored by."""

from inkdream.objectives.base import Objective, Seen, Sight, Term
from inkdream.objectives.channels import Channel, Checkerboard, Direction, Dream, Spike, Unit
from inkdream.objectives.likeness import Like, Smooth
from inkdream.objectives.pictures import Content, Style, Texture, Unlike
from inkdream.objectives.words import Text

__all__ = [
    "Channel",
    "Checkerboard",
    "Content",
    "Direction",
    "Dream",
    "Like",
    "Objective",
    "Seen",
    "Sight",
    "Smooth",
    "Spike",
    "Style",
    "Term",
    "Text",
    "Texture",
    "Unit",
    "Unlike",
]
