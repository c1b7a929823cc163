"""Objectives: what a drawing is scored by."""

from inkdream.objectives.base import Objective, Seen, Sight, Term
from inkdream.objectives.neurons import Channel, Dream, Unit

__all__ = ["Channel", "Dream", "Objective", "Seen", "Sight", "Term", "Unit"]
