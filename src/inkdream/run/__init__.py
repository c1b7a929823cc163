"""Runs: a recipe, its folder, and what comes out."""

from inkdream.run.certificate import Certificate
from inkdream.run.run import Run, RunProgress

__all__ = ["Certificate", "Run", "RunProgress"]
