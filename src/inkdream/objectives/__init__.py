"""Objectives: what a drawing is scored by."""

from inkdream.objectives.base import Objective, Seen, Sight, Term
from inkdream.objectives.channels import Checkerboard, Direction, Spike
from inkdream.objectives.diversity import Unlike
from inkdream.objectives.likeness import Like
from inkdream.objectives.neurons import Channel, Dream, Unit
from inkdream.objectives.smooth import Smooth
from inkdream.objectives.style import Content, Style, Texture
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
