"""Fourier waves of a picture: how large each is, so that structure of every size is as likely."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def amplitudes(height: int, width: int, decay: float, finest: float = 0.0) -> Float[Tensor, "H W2"]:
    """Return each wave's scale before it fades.

    Standard normal waves, faded at `finest`, give maps of variance 1.
    """
    frequency = frequencies(height, width)
    scale = frequency**-decay
    # In irfft2 every column but the first (and the last of an even width) stands for two waves;
    # those two stand for half a wave each, since only what is symmetric in them can be seen.
    waves = torch.full((1, width // 2 + 1), 2.0)
    waves[0, 0] = 0.5
    if width % 2 == 0:
        waves[0, -1] = 0.5
    # E[map^2] = sum of |scale|^2 E|wave|^2 / (H W), with E|wave|^2 = 2 for standard normal parts.
    faded = scale * fade(frequency, finest)
    variance = (faded.square() * 2 * waves).sum() / (height * width)
    return scale / variance.sqrt()


def frequencies(height: int, width: int) -> Float[Tensor, "H W2"]:
    """Return each wave's cycles per px."""
    vertical = torch.fft.fftfreq(height)[:, None]
    horizontal = torch.fft.rfftfreq(width)[None]
    # The mean of a map is a wave of frequency 0: it counts as the slowest that fits.
    return torch.hypot(vertical, horizontal).clamp(min=1 / max(height, width))


def fade(frequency: Float[Tensor, "H W2"], cutoff: float) -> Float[Tensor, "H W2"]:
    """Return what a cut-off leaves of each wave: finer ones make specks, not shapes."""
    return torch.exp(-((frequency / cutoff) ** 4)) if cutoff else torch.ones_like(frequency)
