"""Families of formula-made pictures: the only thing that the built-in network has ever seen.

`FAMILIES` holds them in class order; `picture(family, random, size)` makes one. After Kataoka et
al. 2020, "Pre-training without natural images", who used fractals only.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from training.families import (
    cells,
    creatures,
    fractals,
    lattices,
    noises,
    plants,
    radial,
    scales,
    signs,
    solids,
    waves,
)
from training.families.canvas import (
    Plane,
    Random,
    Sketch,
    coordinates,
    floats,
    fractal,
    pick,
    whether,
)
from training.families.paint import Picture, paint, plain_background
from training.families.pencil import Pencil

Field = Callable[[Random, Plane, Plane], Sketch]
Drawn = Callable[[Random, Pencil], None]

View = Literal["texture", "turned", "upright"]

FIELD_OVERSAMPLE = 2


@dataclass(frozen=True)
class Family:
    """A named kind of picture. Exactly one of `field` and `drawn` is set.

    `view` is how the camera may look at it: see `canvas.coordinates`.
    """

    name: str
    group: str
    view: View
    field: Field | None = None
    drawn: Drawn | None = None


def _fields(group: str, view: View, *functions: Field) -> list[Family]:
    """Families computed from coordinates, named after their functions."""
    return [Family(f.__name__, group, view, field=f) for f in functions]


def _drawn(group: str, view: View, *functions: Drawn) -> list[Family]:
    """Families drawn with a pencil, named after their functions."""
    return [Family(f.__name__, group, view, drawn=f) for f in functions]


FAMILIES: tuple[Family, ...] = (
    *_fields(
        "lattices",
        "texture",
        lattices.stripes,
        lattices.barcode,
        lattices.checkers,
        lattices.halftone,
        lattices.polka,
        lattices.honeycomb,
        lattices.cubes,
        lattices.triangles,
        lattices.bricks,
        lattices.herringbone,
        lattices.weave,
        lattices.chevrons,
        lattices.truchet,
        lattices.tartan,
        lattices.argyle,
        lattices.khatam,
        lattices.flower_of_life,
        lattices.star_lattice,
    ),
    *_fields("scales", "texture", scales.fish_scales, scales.sea_waves, scales.plumage),
    *_fields("scales", "upright", scales.pinecone, scales.artichoke),
    *_fields(
        "waves",
        "texture",
        waves.interference,
        waves.moire,
        waves.ripples,
        waves.target,
        waves.spiral,
        waves.galaxy,
        waves.sunburst,
        waves.quasicrystal,
        waves.plasma,
        waves.wood,
        waves.marble,
        waves.agate,
        waves.caustics,
        waves.rope,
    ),
    *_fields(
        "noise",
        "texture",
        noises.clouds,
        noises.zebra,
        noises.leopard,
        noises.camouflage,
        noises.contours,
        noises.dunes,
        noises.lichen,
        noises.rain,
    ),
    *_fields("noise", "upright", noises.mountains, noises.flames),
    *_fields(
        "cells",
        "texture",
        cells.voronoi,
        cells.cracks,
        cells.pebbles,
        cells.facets,
        cells.giraffe,
        cells.sponge,
    ),
    *_drawn("cells", "texture", cells.shards, cells.confetti),
    *_fields(
        "solids", "upright", solids.spheres, solids.torus, solids.vase, solids.blobs, solids.drapery
    ),
    *_fields("solids", "texture", solids.spikes, solids.pipes, solids.ribbons),
    *_drawn("solids", "upright", solids.boxes, solids.knot),
    *_fields(
        "radial",
        "turned",
        radial.star,
        radial.nested,
        radial.gear,
        radial.mandala,
        radial.kaleidoscope,
        radial.dial,
        radial.rosette_window,
    ),
    *_drawn("radial", "turned", radial.snowflake, radial.web, radial.guilloche),
    *_fields(
        "plants",
        "upright",
        plants.rose,
        plants.daisy,
        plants.rosebud,
        plants.leaf,
        plants.mushrooms,
        plants.cactus,
    ),
    *_drawn(
        "plants",
        "upright",
        plants.foliage,
        plants.tree,
        plants.fern,
        plants.sunflower,
        plants.dandelion,
        plants.grass,
    ),
    *_fields(
        "creatures",
        "upright",
        creatures.eye,
        creatures.peacock,
        creatures.face,
        creatures.butterfly,
        creatures.fish,
        creatures.shell,
        creatures.scallop,
        creatures.beetle,
        creatures.feather,
        creatures.teeth,
    ),
    *_drawn("creatures", "upright", creatures.snake, creatures.octopus, creatures.jellyfish),
    *_fields("fractals", "texture", fractals.julia, fractals.mandelbrot, fractals.carpet),
    *_drawn(
        "fractals",
        "upright",
        fractals.sierpinski,
        fractals.dragon,
        fractals.hilbert,
        fractals.koch,
        fractals.plant,
        fractals.cluster,
    ),
    *_fields(
        "signs",
        "upright",
        signs.maze,
        signs.invaders,
        signs.meander,
        signs.paisley,
        signs.arches,
        signs.stairs,
    ),
    *_drawn(
        "signs",
        "upright",
        signs.letters,
        signs.calligraphy,
        signs.scribble,
        signs.circuit,
        signs.lightning,
        signs.skyline,
    ),
    *_drawn("signs", "texture", signs.fur, signs.hair),
)

NAMES: tuple[str, ...] = tuple(family.name for family in FAMILIES)


def sketch(family: Family, random: Random, size: int) -> Sketch:
    """One uncoloured picture of a family, planes of (size, size)."""
    if family.drawn is not None:
        pencil = Pencil(random, size, family.view)
        family.drawn(random, pencil)
        return pencil.sketch()
    assert family.field is not None
    x, y = coordinates(random, size * FIELD_OVERSAMPLE, family.view)
    tone, cover, light = family.field(random, x, y)
    return Sketch(
        _halve(tone),
        None if cover is None else _halve(cover),
        None if light is None else _halve(light),
    )


def _halve(plane: Plane) -> Plane:
    """(2H, 2W) averaged to (H, W)."""
    high, wide = plane.shape
    blocks = plane.reshape(high // 2, 2, wide // 2, 2)
    return floats(np.clip(blocks.mean((1, 3)), 0, 1))


def picture(family: Family, random: Random, size: int) -> Picture:
    """One picture (size, size, 3) of a family: float32 display sRGB in [0, 1].

    A pure function of the generator's state: the same seed gives the same picture.
    """
    made = sketch(family, random, size)
    if made.cover is None and whether(random, 0.2):
        made = made._replace(cover=_patch(random, size))
    ground = plain_background(random, size)
    if made.cover is not None and whether(random, 0.35):
        ground = _quiet(random, ground, size)
    result = paint(random, made, ground)
    if whether(random, 0.5):
        grain = random.normal(0, pick(random, 0, 0.05), (size, size, 1)).astype(np.float32)
        result = result + grain
    return floats(np.clip(result, 0, 1))


def _patch(random: Random, size: int) -> Plane:
    """A soft-edged blob (size, size) that shows a texture only in part of the picture."""
    field = fractal(random, size, 2, 2) + pick(random, 0.1, 0.5)
    return floats(np.clip(0.5 + field * 12, 0, 1))


def _quiet(random: Random, ground: Picture, size: int) -> Picture:
    """The ground with another family's texture on it, faint, so that the thing in front wins."""
    textures = [
        family for family in FAMILIES if family.view == "texture" and family.field is not None
    ]
    other = sketch(textures[int(random.integers(len(textures)))], random, size)
    shade = (other.tone[..., None] - 0.5) * np.float32(pick(random, 0.1, 0.3))
    return floats(np.clip(ground + shade, 0, 1))
