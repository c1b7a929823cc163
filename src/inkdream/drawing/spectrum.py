"""Maps built from waves: a prior under which structure of every size is equally easy to grow.

The parametrisation that makes feature visualisation work (Olah et al., "Feature Visualization",
2017): the parameters are the Fourier coefficients of a map, each scaled by one over its frequency,
so that an optimiser which moves all coefficients equally moves large structure more than specks.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from inkdream.drawing.symmetry import gathered, sources
from inkdream.waves import amplitudes, fade, frequencies

# Maps of more px than this are made on a grid half as fine, if no wave of it would be lost that is
# wanted; what lies between is drawn out in straight lines.
LARGE = 2**20
# The finest wave of a grid half as fine, in cycles per px.
_HALF = 0.25

# A wave that has faded to less than this begins at 0, whatever maps have of it.
_FADED = 0.02
# Waves that have faded to less than this are off, and get no gradient.
_ASLEEP = 0.001


class Spectrum(nn.Module):
    """N maps of H x W px whose parameters are scaled Fourier coefficients.

    Attributes:
        waves: (N, H, W // 2 + 1, 2) real and imaginary parts, of the grid's H and W; standard
            normal ones give maps of standard deviation 1.
        grid: rows and columns on which the maps are made: their own, or for large ones half.
        cutoff: where waves fade away now, in cycles per px of the grid; 0 for nowhere.
        index: what each px takes the value of, for maps that are alike under a symmetry.
    """

    amplitude: Tensor
    index: Tensor | None

    def __init__(
        self,
        count: int,
        height: int,
        width: int,
        decay: float,
        finest: float = 0.0,
        symmetry: str = "none",
    ) -> None:
        """Begin with flat maps.

        Args:
            count: N.
            height: in px.
            width: in px.
            decay: amplitudes fall with frequency to this power; 0 is white noise, 1 natural.
            finest: waves of more cycles per px fade away; 0 for none.
            symmetry: what the maps are alike under; see `symmetry.sources`.
        """
        super().__init__()
        self.size = (height, width)
        times = 2 if height * width > LARGE and 0 < finest <= _HALF else 1
        self.grid = (-(-height // times), -(-width // times))
        # The slowest wave that fits is always left: without it there is no picture.
        self._finest = max(finest * times, 1 / max(self.grid)) if finest else 0.0
        amplitude = amplitudes(*self.grid, decay, self._finest)
        self.register_buffer("amplitude", amplitude, persistent=False)
        self.cutoff = self._finest
        self._faded: tuple[float, Tensor] | None = None
        index = None if symmetry == "none" else sources(symmetry, height, width)
        self.register_buffer("index", index, persistent=False)
        self.waves = nn.Parameter(torch.zeros(count, self.grid[0], self.grid[1] // 2 + 1, 2))

    @property
    def scale(self) -> Float[Tensor, "h w2"]:
        """What each wave is multiplied by, as far as it is let in now."""
        return self.amplitude * self._fade()

    def maps(self) -> Float[Tensor, "N H W"]:
        """Return the maps."""
        maps = self.small_maps()
        if self.grid != self.size:
            maps = F.interpolate(maps[None], scale_factor=2, mode="bilinear")[0]
            maps = maps[:, : self.size[0], : self.size[1]]
        return maps if self.index is None else gathered(maps, self.index)

    def small_maps(self) -> Float[Tensor, "N h w"]:
        """Return the maps on their grid, before anything is drawn out or made alike."""
        waves = torch.view_as_complex(self.waves) * self.scale
        maps: Tensor = torch.fft.irfft2(waves, s=self.grid, norm="ortho")
        return maps

    @torch.no_grad()
    def restart(self, maps: Float[Tensor, "N H W"]) -> None:
        """Put the waves where they give these maps, but for rounding and for faded waves."""
        if self.grid != self.size:
            maps = F.interpolate(maps[None], self.grid, mode="area")[0]
        fade = self._fade()
        # What has faded cannot give what maps have of it; once let in, it would be too much.
        share = torch.where(fade > _FADED, 1 / (self.amplitude * fade.clamp(min=_FADED)), 0.0)
        self.waves.copy_(torch.view_as_real(torch.fft.rfft2(maps, norm="ortho") * share))

    def coarsen(self, share: float) -> None:
        """Let waves fade from a share of the finest that were asked for, in (0, 1]: coarse to fine.

        Large shapes settle while nothing fine can explain them away (as in the frequency schedules
        of implicit inversions, 2026; DeepInversion, 2020, goes from half size to full).
        """
        if self._finest:
            self.cutoff = max(self._finest * share, 1 / max(self.grid))

    def _fade(self) -> Float[Tensor, "h w2"]:
        """Return what is left of each wave, in [0, 1]."""
        cutoff, device = self.cutoff, self.amplitude.device
        if self._faded is None or self._faded[0] != cutoff or self._faded[1].device != device:
            left = fade(frequencies(*self.grid), cutoff)
            # With Adam, however small a gradient is, a wave that is off would move all the time and
            # wake with a jump.
            self._faded = (cutoff, torch.where(left > _ASLEEP, left, 0.0).to(self.amplitude))
        return self._faded[1]

    def _load_from_state_dict(self, state: dict[str, Tensor], prefix: str, *rest: Any) -> None:
        # Checkpoints of 0.1.0 know of no cut-off that moves.
        cutoff = state.pop(f"{prefix}cutoff", None)
        self.cutoff = self._finest if cutoff is None else float(cutoff)
        super()._load_from_state_dict(state, prefix, *rest)

    def _save_to_state_dict(self, state: dict[str, Tensor], prefix: str, keep_vars: bool) -> None:
        # A drawing that is loaded must be the picture that was saved. No buffer: some devices have
        # no numbers of 64 bits.
        super()._save_to_state_dict(state, prefix, keep_vars)
        state[f"{prefix}cutoff"] = torch.tensor(self.cutoff, dtype=torch.float64)

    @torch.no_grad()
    def scatter(self, deviation: float, generator: torch.Generator) -> None:
        """Add chance waves that give maps of this standard deviation."""
        self.waves.add_(torch.randn(self.waves.shape, generator=generator), alpha=deviation)
