"""What is in a network, for the page: looked up by loading it, once a version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inkdream.networks import lookup
from inkdream.run.contact_sheet import CAPTION, GAP, TILE, columns_of


def layers(name: str, own: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return a network's layers, its classes' names, and how sheets of channels are laid out.

    Args:
        name: of one that is always there, or the source of one of the user's own.
        own: how to use that, by the keys of its table.

    Raises:
        InputError: if it cannot be loaded.
    """
    _, there = lookup.name_and_layers(name, own)
    return {
        "layers": [
            {
                "name": layer.name,
                "channels": layer.channels,
                "stride": layer.stride,
                "field": layer.field,
                "size": layer.size,
                "columns": columns_of(layer.channels),
            }
            for layer in there
        ],
        "classes": list(there[-1].labels),
        "sheet": {"tile": TILE, "gap": GAP, "caption": CAPTION},
    }
