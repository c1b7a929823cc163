"""The command line: words in, runs and files out; all that prints stands here."""

from inkdream.cli.app import app, main

__all__ = ["app", "main"]
