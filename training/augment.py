"""What happens to a batch of pictures before the network sees it.

All randomness comes from the generator given, so that a step can be repeated exactly. Images are
float32 (N, 3, H, W) display sRGB in [0, 1] throughout.
"""

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional


def uniform(count: int, low: float, high: float, generator: Generator) -> Tensor:
    """(count,) numbers, uniform in [low, high)."""
    return torch.rand(count, generator=generator) * (high - low) + low


def chance(count: int, share: float, generator: Generator) -> Tensor:
    """(count,) booleans, true with probability `share`."""
    return torch.rand(count, generator=generator) < share


def views(images: Tensor, size: int, generator: Generator) -> Tensor:
    """Random crops (N, 3, size, size): moved, scaled, turned and mirrored copies of the images.

    The crop's side is between 0.58 and 1.05 of the picture. A quarter is turned by any angle,
    the rest by up to 20 degrees, so that the network knows upright things but not only those.
    """
    count = len(images)
    angle = uniform(count, -0.35, 0.35, generator)
    free = chance(count, 0.25, generator)
    angle = torch.where(free, uniform(count, -math.pi, math.pi, generator), angle)
    zoom = uniform(count, 0.58, 1.05, generator)
    mirror = torch.where(chance(count, 0.5, generator), -1.0, 1.0)
    room = (1 - zoom).clamp(min=0)
    shift = (torch.rand(2, count, generator=generator) * 2 - 1) * room
    c, s = torch.cos(angle) * zoom, torch.sin(angle) * zoom
    rows = [c * mirror, -s, shift[0], s * mirror, c, shift[1]]
    grid = functional.affine_grid(
        torch.stack(rows, 1).reshape(count, 2, 3), [count, 3, size, size], align_corners=False
    )
    return functional.grid_sample(images, grid, padding_mode="reflection", align_corners=False)


def recolour(images: Tensor, generator: Generator) -> Tensor:
    """Hue turned, channels swapped, saturation, contrast and brightness changed, in 80 %."""
    count = len(images)
    turn = uniform(count, -math.pi, math.pi, generator)
    saturation = uniform(count, 0.3, 1.6, generator)
    contrast = uniform(count, 0.6, 1.5, generator)
    matrix = contrast[:, None, None] * hue_matrix(turn, saturation)
    swap = torch.rand(count, 3, generator=generator).argsort(1)
    swapped = torch.where(chance(count, 0.5, generator)[:, None], swap, torch.arange(3))
    matrix = torch.gather(matrix, 1, swapped[:, :, None].expand(-1, -1, 3))
    changed = torch.einsum("nij,njhw->nihw", matrix, images - 0.5)
    changed = changed + 0.5 + uniform(count, -0.15, 0.15, generator)[:, None, None, None]
    keep = chance(count, 0.2, generator)[:, None, None, None]
    return torch.where(keep, images, changed.clamp(0, 1))


def hue_matrix(turn: Tensor, saturation: Tensor) -> Tensor:
    """(N, 3, 3) matrices that turn colours about the grey axis and scale their distance to it."""
    grey = torch.full((3, 3), 1 / 3)
    cross = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / math.sqrt(3)
    c, s = torch.cos(turn)[:, None, None], torch.sin(turn)[:, None, None]
    return grey + saturation[:, None, None] * (c * (torch.eye(3) - grey) + s * cross)


def posterise(images: Tensor, colours: int, generator: Generator) -> Tensor:
    """Flat pictures: every pixel becomes the nearest of `colours` pixels drawn from its picture.

    Half of the pictures then get random colours instead, as if drawn with other pens.
    """
    count, _, high, wide = images.shape
    pixels = images.flatten(2).transpose(1, 2)
    drawn = torch.randint(high * wide, (count, colours, 1), generator=generator)
    palette = torch.gather(pixels, 1, drawn.expand(-1, -1, 3))
    nearest = torch.cdist(pixels, palette).argmin(2, keepdim=True)
    pens = torch.rand(count, colours, 3, generator=generator)
    palette = torch.where(chance(count, 0.5, generator)[:, None, None], pens, palette)
    flat = torch.gather(palette, 1, nearest.expand(-1, -1, 3))
    return flat.transpose(1, 2).reshape(images.shape)


def soften(images: Tensor, sigma: float) -> Tensor:
    """Gaussian blur of `sigma` px."""
    reach = max(1, math.ceil(2.5 * sigma))
    line = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / sigma) ** 2)
    line = (line / line.sum()).expand(3, 1, 1, -1)
    padded = functional.pad(images, (reach,) * 4, mode="reflect")
    return functional.conv2d(functional.conv2d(padded, line, groups=3), line.mT, groups=3)


def augment(images: Tensor, size: int, generator: Generator) -> Tensor:
    """A training batch: views, colours, then 40 % posterised, 25 % blurred, 40 % noisy.

    The batch is already in random order, so its parts can be treated by position.
    """
    batch = recolour(views(images, size, generator), generator)
    count = len(batch)
    first, second = int(count * 0.2), int(count * 0.4)
    for start, stop in ((0, first), (first, second)):
        colours = int(torch.randint(2, 9, (), generator=generator))
        batch[start:stop] = posterise(batch[start:stop], colours, generator)
    third = int(count * 0.15)
    sigma = float(uniform(1, 0.5, 1.8, generator))
    batch[-third:] = soften(batch[-third:], sigma)
    batch[: count // 10] = soften(batch[: count // 10], sigma)  # some flat ones too
    strength = uniform(count, 0, 0.1, generator) * chance(count, 0.4, generator)
    noise = torch.randn(batch.shape, generator=generator)
    return (batch + noise * strength[:, None, None, None]).clamp(0, 1)
