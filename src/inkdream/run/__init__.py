"""Runs: a recipe, its folder, and what comes out."""

from inkdream.run.certificate import Certificate
from inkdream.run.run import Run, RunProgress
from inkdream.run.series import begin, following, write_sheet

__all__ = ["Certificate", "Run", "RunProgress", "begin", "following", "write_sheet"]
