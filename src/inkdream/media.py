"""Kinds of drawings, by the names that recipes give them."""

from __future__ import annotations

# Those whose drawings are areas, of a size in px; others are lines on a page in mm.
AREAS = ("pixels",)
