"""Where a picture lies on the drawing: all over it, or on a sheet inside its margin."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from inkdream import colour
from inkdream.build.pictures import read_arranged, room
from inkdream.recipe import Recipe


class Placed(NamedTuple):
    """A picture on the drawing; all are linear RGB, of the drawing's size.

    Attributes:
        shown: as the drawing would show it; the margin is paper.
        blank: its mean colour in its place.
        bled: with its edge drawn out over the margin, which then is no edge of it.
    """

    shown: Float[Tensor, "3 H W"]
    blank: Float[Tensor, "3 H W"]
    bled: Float[Tensor, "3 H W"]


def placed(recipe: Recipe, path: str, *, turned: bool = False) -> Placed:
    """Return a picture that the recipe names on the drawing, as its `crop` says.

    Strokes are drawn inside a margin: the picture is brought to the shape of what is inside.

    Args:
        recipe: the run's.
        path: as the recipe has it.
        turned: whether the drawing is looked at turned by a right angle.

    Raises:
        InputError: if the file is no picture, or has more px than can be read.
    """
    rows, columns = room(recipe, turned=turned)
    whole = recipe.size[::-1] if turned else recipe.size
    down, across = (whole[0] - rows) // 2, (whole[1] - columns) // 2
    picture, share, mean = read_arranged(recipe, path, (rows, columns))
    edge = (across, across, down, down)
    paper = torch.from_numpy(colour.linear_of([recipe.paper])[0]).float()[:, None, None]
    inside = F.pad(share, edge)
    bled = F.pad(picture[None], edge, mode="replicate")[0]
    return Placed(torch.lerp(paper, bled, inside), torch.lerp(paper, mean, inside), bled)
