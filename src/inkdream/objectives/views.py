"""Views: the picture as seen from slightly elsewhere, so that no single pixel can cheat.

Jitter, scale and rotation make structure robust (Olah et al., "Feature Visualization", 2017).

Noise, blur and changes of colour in the views make pictures that other networks read too
(Cazenavette, Torralba and Sitzmann, 2025; Ghiasi et al., "What do vision transformers learn?",
2022; Kaur, Cohen and Lipton, 2019, on gradients averaged over noise).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal, NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from inkdream.blur import gaussian

# What makes views (V, C, h, w) of a picture, or of a map of it, (C, H, W).
ViewSample = Callable[[Float[Tensor, "C H W"]], Float[Tensor, "V C h w"]]

# A picture of more px is measured in parts of at most so many px a side, so many at once.
MOST_WHOLE = 2**20
PART = 512
PARTS_AT_ONCE = 4

_MODES = {"mirror": "reflection", "edge": "border"}


def whole(image: Float[Tensor, "C H W"]) -> Float[Tensor, "1 C H W"]:
    """Return the picture seen whole and unmoved, as one view: the sample of certificates."""
    return image[None]


def aimed(sample: ViewSample, place: tuple[float, float]) -> ViewSample:
    """Return a sample at one place, if it sees parts of the picture; else the sample itself.

    What lies at some shares of the picture's width and height then lies at the same shares of each
    view, but for jitter and turns: a unit at that place of a view is one at that place of the
    picture.

    Args:
        sample: from `Views.sample` or `samples`.
        place: (x, y) as shares of the picture.
    """
    if isinstance(sample, RandomSample):
        return replace(sample, place=place)
    return partial(sample, place=place) if isinstance(sample, partial) else sample


def unparted(sample: ViewSample) -> ViewSample:
    """Return a sample for a shrunk picture, which needs no parts to be measured in."""
    return sample if isinstance(sample, RandomSample) else whole


def shrunk(image: Float[Tensor, "C H W"], side: int) -> Float[Tensor, "C h w"]:
    """Return a picture with at most so many px a side; px melt together.

    Args:
        image: the picture.
        side: px, at least 1 and less than the picture's longer one.
    """
    scale = side / max(image.shape[1:])
    size = [max(1, round(length * scale)) for length in image.shape[1:]]
    return F.interpolate(image[None], size, mode="bilinear", antialias=True)[0]


def samples(size: tuple[int, int]) -> list[ViewSample]:
    """Return how a picture is looked at to be measured: whole, or in parts if it is large.

    Parts lie on a fixed grid, px for px; they cover the picture, and each has at most `PART` px a
    side. Each sample gives a few of them, of which a network's look fits into memory; a score of
    the picture is the mean over all samples.

    Args:
        size: rows and columns of the picture, or of it turned.
    """
    if size[0] * size[1] <= MOST_WHOLE:
        return [whole]
    starts = range(0, parts_of(size), PARTS_AT_ONCE)
    return [partial(_see_parts, first=first) for first in starts]


def parts_of(size: tuple[int, int]) -> int:
    """Return in how many parts a picture is measured; 1 for whole. See `samples`.

    Args:
        size: rows and columns of the picture.
    """
    if size[0] * size[1] <= MOST_WHOLE:
        return 1
    return len(_starts(size[0])) * len(_starts(size[1]))


def _see_parts(
    image: Float[Tensor, "C H W"], first: int, place: tuple[float, float] | None = None
) -> Float[Tensor, "V C h w"]:
    height, width = image.shape[1:]
    rows, columns = min(height, PART), min(width, PART)
    if place is not None:
        left, top = round(place[0] * (width - columns)), round(place[1] * (height - rows))
        return image[None, :, top : top + rows, left : left + columns]
    corners = [(top, left) for top in _starts(height) for left in _starts(width)]
    return torch.stack(
        [
            image[:, top : top + rows, left : left + columns]
            for top, left in corners[first : first + PARTS_AT_ONCE]
        ]
    )


def _starts(side: int) -> list[int]:
    """Return where parts begin along a side: evenly spread, the last at the side's end."""
    count = -(-side // PART)
    room = max(0, side - PART)
    return [round(number * room / max(1, count - 1)) for number in range(count)]


class _Look(NamedTuple):
    """Where one view looks on a large picture.

    Attributes:
        rows, columns: the part of the picture that it sees.
        every: px of the picture that melt together to one, both ways, before it looks.
        grid: places in that part, after melting, as `grid_sample` takes them.
    """

    rows: slice
    columns: slice
    every: int
    grid: Float[Tensor, "1 h w 2"]

    @classmethod
    def at(
        cls,
        transform: Float[Tensor, "2 3"],
        size: tuple[int, int],
        whole: tuple[int, int],
        every: int,
        padding: str,
    ) -> _Look:
        """Return the look of a view with that map to the whole picture's coordinates."""
        grid = F.affine_grid(transform[None], [1, 1, *size], align_corners=False)[0]
        parts, places = [], []
        for axis, side in ((1, whole[0]), (0, whole[1])):
            count, room = -(-side // every), side / every
            # From the picture's left or upper edge, in melted px.
            place = (grid[..., axis] + 1) * (room / 2)
            if padding == "mirror":
                place = place.abs() % (2 * room)
                place = torch.minimum(place, 2 * room - place)
            place = (place - 0.5).clamp(0, count - 1)
            first, last = int(place.min()), min(int(place.max()) + 1, count - 1)
            parts.append(slice(first * every, min((last + 1) * every, side)))
            places.append((place - first + 0.5) * (2 / (last + 1 - first)) - 1)
        rows, columns = parts
        return cls(rows, columns, every, torch.stack(places[::-1], -1)[None])

    def __call__(self, part: Float[Tensor, "C y x"]) -> Float[Tensor, "C h w"]:
        """Return the view of that part of the picture."""
        # From afar, px melt together; sampling single ones would see noise where there is a tone.
        melted = part[None]
        if self.every > 1:
            melted = F.avg_pool2d(melted, self.every, ceil_mode=True)
        return F.grid_sample(melted, self.grid, padding_mode="border", align_corners=False)[0]


class _Crops(torch.autograd.Function):
    """Views of parts of a large picture, whose gradients are added up in one map of its size."""

    @staticmethod
    def forward(ctx: Any, image: Tensor, looks: list[_Look]) -> Tensor:
        """Return the views, stacked."""
        ctx.shape, ctx.kept = image.shape, []
        if not ctx.needs_input_grad[0]:
            return torch.stack([look(image[:, look.rows, look.columns]) for look in looks])
        with torch.enable_grad():
            for look in looks:
                part = image[:, look.rows, look.columns].detach().requires_grad_()
                ctx.kept.append((look, part, look(part)))
        return torch.stack([view.detach() for _, _, view in ctx.kept])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, asked: Tensor) -> tuple[Tensor, None]:
        """Return the gradient to the picture."""
        pull = asked.new_zeros(ctx.shape)
        for (look, part, view), slope in zip(ctx.kept, asked, strict=True):
            (part_slope,) = torch.autograd.grad(view, part, slope, retain_graph=True)
            pull[:, look.rows, look.columns] += part_slope
        return pull, None


# A blur of less than this many px changes nothing that can be seen.
_LEAST_BLUR = 0.3


@dataclass(frozen=True)
class Exposure:
    """How much a step's views may differ in more than place; 0 everywhere changes nothing.

    Attributes:
        noise: largest standard deviation of normal noise, in sRGB; each view has its own,
            uniform in [0, noise].
        blur: largest standard deviation of a Gaussian blur in px of the view; each step has its
            own, uniform in [0, blur].
        gain: each view's channels are stretched by exp(u), u uniform in [-gain, gain].
        offset: each view's channels are shifted by u, uniform in [-offset, offset], in sRGB.
    """

    noise: float = 0.0
    blur: float = 0.0
    gain: float = 0.0
    offset: float = 0.0

    @property
    def is_plain(self) -> bool:
        """Whether views stay as they are."""
        return not (self.noise or self.blur or self.gain or self.offset)

    def __call__(self, views: Float[Tensor, "V 3 h w"], seed: int) -> Float[Tensor, "V 3 h w"]:
        """Return the views, exposed.

        Args:
            views: sRGB in [0, 1].
            seed: of all chance here.

        Returns:
            sRGB, which may leave [0, 1] a little.
        """
        if self.is_plain:
            return views
        generator = torch.Generator().manual_seed(seed)
        count = len(views)
        chance = torch.rand(2 * count * 3 + count + 1, generator=generator)
        blur = self.blur * float(chance[-1])
        if blur > _LEAST_BLUR:
            views = gaussian(views.flatten(0, 1), blur).unflatten(0, (count, 3))
        spread = chance[: 6 * count].view(2, count, 3, 1, 1).to(views) * 2 - 1
        if self.gain or self.offset:
            views = (views - 0.5) * torch.exp(self.gain * spread[0]) + (
                0.5 + self.offset * spread[1]
            )
        if self.noise:
            strength = self.noise * chance[6 * count : 7 * count].view(-1, 1, 1, 1).to(views)
            views = views + strength * _noise(views.shape, generator).to(views)
        return views


def _noise(shape: torch.Size, generator: torch.Generator) -> Float[Tensor, "V 3 h w"]:
    """Return normal noise: one picture of it, shifted at random for each view.

    Shifted noise is as good as new, since views are compared with nothing but themselves, and
    numbers from the normal distribution are what would take the time.
    """
    count, *rest = shape
    noise = torch.randn(rest, generator=generator)
    shifts = torch.randint(0, 2**31 - 1, (count, 2), generator=generator)
    return torch.stack(
        [
            torch.roll(noise, (int(down) % rest[1], int(right) % rest[2]), (1, 2))
            for down, right in shifts.tolist()
        ]
    )


@dataclass(frozen=True)
class Views:
    """How a picture is looked at in each step.

    Attributes:
        count: views a step, at least 1.
        size: a view is at most this many px high and wide; larger pictures are cropped at random.
        survey: how far crops of a larger picture may zoom out, as a share of the way (on a
            logarithmic scale) to where one view would hold all of it; 0 for never.
        jitter: shift in px, uniform in [-jitter, jitter], both ways.
        scale: zoom, log-uniform in [1 / scale, scale]; at least 1.
        rotation: turn in degrees, uniform in [-rotation, rotation].
        padding: what a view sees beyond the picture's edge: the picture mirrored, or its edge
            drawn out.
        flip: whether every other view, at random, is mirrored left to right.
        exposure: how views differ in colour, blur and noise.
    """

    count: int = 2
    size: int = 256
    jitter: float = 8.0
    scale: float = 1.1
    rotation: float = 5.0
    padding: Literal["mirror", "edge"] = "mirror"
    survey: float = 1.0
    flip: bool = False
    exposure: Exposure = field(default_factory=Exposure)

    def sample(self, generator: torch.Generator) -> RandomSample:
        """Return one step's views, which see every map of the picture alike.

        Args:
            generator: the run's one source of chance, on the CPU: same views on every device.
        """
        chance = torch.rand(self.count, 7, generator=generator, dtype=torch.float64) * 2 - 1
        is_flipped, seed = torch.zeros(self.count, dtype=torch.bool), 0
        # Chance that is not needed is not drawn: settings that are off change no drawing.
        if self.flip:
            is_flipped = torch.rand(self.count, generator=generator) < 0.5
        if not self.exposure.is_plain:
            seed = int(torch.randint(0, 2**62, (), generator=generator))
        return RandomSample(self, chance, is_flipped, seed)

    def see(
        self,
        image: Float[Tensor, "C H W"],
        chance: Float[Tensor, "V 7"],
        is_flipped: Bool[Tensor, " V"],
        place: tuple[float, float] | None = None,
    ) -> Float[Tensor, "V C h w"]:
        """Return the views of a map for one step's chance; see `cast`."""
        height, width = image.shape[1:]
        size = (min(height, self.size), min(width, self.size))
        farthest = max(height / size[0], width / size[1])
        # A unit sees what is around its place, at the picture's own scale.
        survey = self.survey if place is None else 0.0
        away = farthest ** (survey * (chance[:, 6] + 1) / 2)
        if place is not None:
            chance = chance.clone()
            chance[:, 2:4] = 2 * torch.tensor(place, dtype=chance.dtype) - 1
            # Mirrored, a place beside the middle would be another.
            is_flipped = is_flipped & (place[0] == 0.5)
        is_aimed = place is not None
        transforms = self._transforms((height, width), size, chance, away, is_aimed=is_aimed)
        mirrored = 1 - 2 * is_flipped.double()
        transforms[:, :, 0] *= mirrored[:, None]  # the view's x, the other way round
        transforms = transforms.to(image)
        if farthest == 1:
            grid = F.affine_grid(transforms, [len(chance), len(image), *size], align_corners=False)
            every, mode = image.expand(len(chance), *image.shape), _MODES[self.padding]
            return F.grid_sample(every, grid, "bilinear", mode, align_corners=False)
        looks = [
            _Look.at(transform, size, (height, width), max(1, round(distance)), self.padding)
            for transform, distance in zip(transforms, away.tolist(), strict=True)
        ]
        seen: Tensor = _Crops.apply(image, looks)
        return seen

    def _transforms(
        self,
        whole: tuple[int, int],
        size: tuple[int, int],
        chance: Float[Tensor, "V 7"],
        away: Float[Tensor, " V"],
        *,
        is_aimed: bool,
    ) -> Float[Tensor, "V 2 3"]:
        """Return the maps from a view's to the picture's coordinates, both in [-1, 1]."""
        zoom = torch.exp(chance[:, 0] * math.log(self.scale)) / away
        angle = torch.deg2rad(chance[:, 1] * self.rotation)
        height, width = whole
        # Half sizes in px turn normalised coordinates into px and back, so that a turn is no shear.
        half_view = torch.tensor([size[1] / 2, size[0] / 2], dtype=torch.float64)
        half_whole = torch.tensor([width / 2, height / 2], dtype=torch.float64)
        if is_aimed:
            room = half_whole - half_view / zoom[:, None]  # zooms about the place
        else:
            room = (half_whole - half_view * away[:, None]).clamp(min=0)
        shift = chance[:, 2:4] * room + chance[:, 4:6] * self.jitter
        cos, sin = torch.cos(angle) / zoom, torch.sin(angle) / zoom
        turn = torch.stack([torch.stack([cos, -sin], 1), torch.stack([sin, cos], 1)], 1)
        turn = turn * half_view / half_whole[:, None]
        return torch.cat([turn, (shift / half_whole)[:, :, None]], 2)


@dataclass(frozen=True)
class RandomSample:
    """One step's views: a sample, and how it is exposed.

    Attributes:
        views: how pictures are looked at.
        chance: (V, 7) in [-1, 1].
        is_flipped: (V,) which views are mirrored.
        seed: of the exposure.
        place: where all views look, (x, y) as shares of the picture; None for anywhere.
    """

    views: Views
    chance: Float[Tensor, "V 7"]
    is_flipped: Bool[Tensor, " V"]
    seed: int
    place: tuple[float, float] | None = None

    def __call__(self, image: Float[Tensor, "C H W"]) -> Float[Tensor, "V C h w"]:
        """Return the views of a map: only where they are, not how they are exposed."""
        return self.views.see(image, self.chance, self.is_flipped, self.place)


def expose(sample: ViewSample, views: Float[Tensor, "V 3 h w"]) -> Float[Tensor, "V 3 h w"]:
    """Return a picture's views as a sample exposes them; only those of a step do."""
    return sample.views.exposure(views, sample.seed) if isinstance(sample, RandomSample) else views
