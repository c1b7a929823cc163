"""Objectives: what a drawing is scored by."""

from inkdream.objectives.base import Objective, Seen, Sight, Term

__all__ = ["Objective", "Seen", "Sight", "Term"]
