"""Likeness to a picture, as seen from afar; and total variation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from inkdream import colour
from inkdream.blur import gaussian
from inkdream.objectives.base import Seen, Term
from inkdream.objectives.context import Context
from inkdream.placement import importance, placed
from inkdream.recipe import terms as tables

# The eye's blur: a Gaussian of this share of the picture's longer side, 2 px of 512.
EYE = 1 / 256
# Less blur than this is none: a px is no finer than it is.
LEAST_BLUR = 0.5
SCALES = 4
# Pictures of fewer px a side have no further scale.
LEAST_SIDE = 8
# Distances in OKLab are rounded off below this: equal colours would have no gradient.
TIP = 0.01
# Pictures so flat that a blank page is nearer to them than this are measured against this: mean
# distances in OKLab, and of slopes of lightness a px.
FLAT, SMOOTH = 0.01, 0.001


class _Reference(NamedTuple):
    """A target as the eye sees it, and how far a blank page is from it, at every scale."""

    picture: list[Tensor]
    colours: list[Tensor]
    slopes: list[Tensor]


@dataclass(frozen=True, kw_only=True, eq=False)
class Like(Term):
    """Likeness to a picture, in colour and, if asked for, in edges.

    Score: 1 - (C / C0 + e E / E0) / (1 + e), at most 1.

    C is the mean, over scales and places, of the distance in OKLab (Ottosson 2020) between the
    picture and its target, both blurred in linear light; E that between the slopes of their
    lightness, across and down. C0 and E0 are the same for a blank page of the target's mean colour.
    So equality is 1, and a blank page is 0.

    The first scale has the eye's blur; each further one is a step of a Gaussian pyramid (Burt and
    Adelson, "The Laplacian Pyramid as a Compact Image Code", 1983). Halftones are judged so
    (Analoui and Allebach, "Model-based halftoning using direct binary search", 1992).

    Attributes:
        target: linear RGB in [0, 1], of the picture's size as the term view turns it; resized for
            pictures of another size.
        blank: a page of the target's mean colour, of the same size.
        edges: e, the weight of edges beside colour; 0 or more.
        importance: how much each place counts in all means, above 0; None for all alike.
    """

    target: Float[Tensor, "3 H W"]
    blank: Float[Tensor, "3 H W"]
    edges: float = 0.0
    importance: Float[Tensor, "1 H W"] | None = None

    @property
    def needs_views(self) -> bool:
        """False: it looks at the whole picture."""
        return False

    def score(self, seen: Seen) -> Float[Tensor, ""]:
        """Return the likeness."""
        drawn, reference = scales(seen.image), self._reference_for(seen.image)
        left = self._mean(seen, colours_apart(drawn, reference.picture))
        left = left / self._mean(seen, reference.colours).clamp(min=FLAT)
        if not self.edges:
            return 1 - left
        slopes = self._mean(seen, slopes_apart(drawn, reference.picture))
        slopes = slopes / self._mean(seen, reference.slopes).clamp(min=SMOOTH)
        return 1 - (left + self.edges * slopes) / (1 + self.edges)

    def _mean(self, seen: Seen, maps: Sequence[Tensor]) -> Float[Tensor, ""]:
        """Return the mean over scales of maps' means over the page, by places' importance."""
        if self.importance is not None:
            maps = [each * _weights(self.importance.to(each), each) for each in maps]
        return torch.stack([seen.mean_over_page(each) for each in maps]).mean()

    @cached_property
    def _own(self) -> _Reference:
        return _prepare(self.target, self.blank)

    def _reference_for(self, image: Float[Tensor, "3 H W"]) -> _Reference:
        """Return the target at an image's size."""
        if image.shape == self.target.shape:
            return self._own
        size = image.shape[1:]
        both = torch.stack([self.target, self.blank])
        return _prepare(*F.interpolate(both, size, mode="bilinear", antialias=True))


def scales(picture: Float[Tensor, "3 H W"]) -> list[Tensor]:
    """Return a picture in OKLab (3, h, w), blurred as by the eye, from nearby and further away.

    Args:
        picture: linear RGB.
    """
    light = gaussian(picture, max(LEAST_BLUR, EYE * max(picture.shape[1:])))
    seen = [colour.linear_to_oklab(light, axis=0)]
    while len(seen) < SCALES and min(light.shape[1:]) >= 2 * LEAST_SIDE:
        light = F.avg_pool2d(gaussian(light, 1.0), 2)
        seen.append(colour.linear_to_oklab(light, axis=0))
    return seen


def colours_apart(first: Sequence[Tensor], second: Sequence[Tensor]) -> list[Tensor]:
    """Return the distance of two pictures in OKLab: a map (1, h, w) a scale.

    sqrt(|a - b|^2 + TIP^2) - TIP, whose slope at equal colours is 0.

    Args:
        first: the one's `scales`.
        second: the other's.
    """
    return [_length(one - other) for one, other in zip(first, second, strict=True)]


def slopes_apart(first: Sequence[Tensor], second: Sequence[Tensor]) -> list[Tensor]:
    """Return the distance of two pictures' slopes of lightness: a map (1, h, w) a scale."""
    return [
        _length(_slopes(one[:1] - other[:1]), TIP / 10)
        for one, other in zip(first, second, strict=True)
    ]


def _slopes(light: Float[Tensor, "1 H W"]) -> Float[Tensor, "2 H W"]:
    return torch.cat([torch.gradient(light, dim=axis)[0] for axis in (1, 2)])


def _length(difference: Float[Tensor, "C H W"], tip: float = TIP) -> Float[Tensor, "1 H W"]:
    return (difference.square().sum(0, keepdim=True) + tip**2).sqrt() - tip


def _weights(importance: Float[Tensor, "1 H W"], like: Float[Tensor, "1 h w"]) -> Tensor:
    """Return weights of the size of a map, 1 on average."""
    small = F.adaptive_avg_pool2d(importance, (like.shape[1], like.shape[2]))
    return small / small.mean()


@torch.no_grad()
def _prepare(target: Float[Tensor, "3 H W"], blank: Float[Tensor, "3 H W"]) -> _Reference:
    picture, bare = scales(target), scales(blank)
    return _Reference(picture, colours_apart(bare, picture), slopes_apart(bare, picture))


def like(table: tables.Like, common: dict[str, Any], context: Context) -> Term:
    """Return a term of kind `like`; its picture is read now.

    Args:
        table: the term's table.
        common: its name, weight and term view.
        context: the recipe.

    Raises:
        InputError: if the file is no picture.
    """
    picture = placed(context.recipe, table.picture, turned=table.turn in (90, 270))
    counts = None
    if table.importance:
        counts = torch.rot90(importance(context.recipe, table.importance), table.turn // 90)[None]
    shown, blank = picture.shown, picture.blank
    return Like(**common, target=shown, blank=blank, edges=table.edges, importance=counts)


@dataclass(frozen=True, kw_only=True)
class Smooth(Term):
    """Less total variation of the picture: calm areas and short edges.

    Score: -mean over R, G, B and places of |s[y + 1, x] - s[y, x]| + |s[y, x + 1] - s[y, x]|, with
    s the whole picture in sRGB, in [0, 1]; from -2 (single px of opposite colours) to 0 (one tone).
    Rudin, Osher and Fatemi, "Nonlinear total variation based noise removal algorithms" (1992), in
    its anisotropic form; for pictures of neurons Mahendran and Vedaldi, "Understanding Deep Image
    Representations by Inverting Them" (2015).
    """

    @property
    def needs_views(self) -> bool:
        """False: it looks at the whole picture."""
        return False

    def score(self, seen: Seen) -> Float[Tensor, ""]:
        """Return the total variation, negative."""
        picture = colour.linear_to_srgb(seen.image)
        down = torch.diff(picture, dim=1, append=picture[:, -1:]).abs()
        right = torch.diff(picture, dim=2, append=picture[:, :, -1:]).abs()
        return -seen.mean_over_page(down + right)


def smooth(table: tables.Smooth, common: dict[str, Any], context: Context) -> Term:
    """Return a term of kind `smooth`."""
    return Smooth(**common)
