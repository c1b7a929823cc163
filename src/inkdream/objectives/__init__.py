"""Objectives: what a drawing is scored by."""

from inkdream.objectives.base import Objective, Seen, Term, TermView

__all__ = ["Objective", "Seen", "Term", "TermView"]
