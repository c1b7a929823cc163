"""What the page's lists hold: pages, machines, networks, pens."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_args

from inkdream import __version__
from inkdream.errors import InputError
from inkdream.formats.devices import gcode_names, hpgl_names
from inkdream.hatch import STYLES, TONES
from inkdream.page import SIZES
from inkdream.pens import Pen
from inkdream.pens.catalogue import ranges
from inkdream.pens.own import own_file, own_pens
from inkdream.plot.machines import machine, machine_names
from inkdream.recipe.defaults import Manner
from inkdream.recipe.networks import BUILT_IN
from inkdream.recipe.recipe import USUAL_PENS
from inkdream.recipe.terms import KEYS
from inkdream.wording import how_to_install


def choices() -> dict[str, Any]:
    """Return what can be chosen from without loading a network."""
    return {
        "version": __version__,
        "pages": [
            {"name": name, "width": width, "height": height}
            for name, (width, height) in SIZES.items()
        ],
        "machines": [{"name": name, "title": machine(name).title} for name in machine_names()],
        "networks": list(BUILT_IN),
        "manners": [name for name in get_args(Manner) if name],
        "hatches": [*STYLES, *TONES],
        # With the machines that one has to choose from, the usual one first.
        "formats": {"svg": [], "hpgl": hpgl_names(), "gcode": gcode_names()},
        "usual_pens": USUAL_PENS,
        "words_need": words_need(),
    }


def words_need() -> str:
    """Return what drawing words still needs on this machine, and how to give it; "" for nothing."""
    needed = ("transformers", "huggingface_hub")
    if missing := next((name for name in needed if find_spec(name) is None), ""):
        return f"{missing} is not installed, which words need; to add it: {how_to_install('text')}"
    model = str(KEYS["model"].default)
    cache = Path(import_module("huggingface_hub.constants").HF_HUB_CACHE)
    if any(cache.glob(f"models--{model.replace('/', '--')}/snapshots/*/model.safetensors")):
        return ""
    return (
        f"{model} is not on this machine yet; it is fetched from the Hugging Face hub with the "
        "first words that are drawn. Another model, or one in a folder: inkdream studio "
        '--allow-code, and model = "FOLDER" beside the words, under Text.'
    )


def pens() -> dict[str, Any]:
    """Return the catalogue's pens by range, and one's own."""
    mine, error = None, ""
    try:
        if own_file():
            mine = [_pen(f"mine:{each.names[0]}", each.pen) for each in own_pens()]
    except InputError as wrong:
        error = str(wrong)
    return {
        "ranges": [
            {
                "name": key,
                "title": f"{made[0].maker} {made[0].range}",
                "pens": [_pen(pen.reference, pen.pen) for pen in made],
            }
            for key, made in ranges().items()
        ],
        "mine": mine,
        "mine_file": str(own_file() or "~/.config/inkdream/pens.toml"),
        "mine_error": error,
    }


def _pen(words: str, pen: Pen) -> dict[str, Any]:
    return {
        "words": words,
        "name": pen.name,
        "colour": pen.colour,
        "width": pen.width,
        "opacity": pen.opacity,
    }
