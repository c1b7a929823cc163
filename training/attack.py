"""One gradient step against the network: training on its results gives perceptual gradients.

Sources: Engstrom et al. 2019, "Adversarial robustness as a prior for learned representations"
(robust networks have pictures for features); Wong et al. 2020, "Fast is better than free" (one
step from a random start is enough).
"""

import torch
from torch import Generator, Tensor
from torch.nn import functional

from training.network import Loom


def lengths(change: Tensor) -> Tensor:
    """L2 norm of each image's change (N, 3, H, W), shaped (N, 1, 1, 1), never 0."""
    norm: Tensor = change.flatten(1).norm(dim=1).clamp(min=1e-12)
    return norm[:, None, None, None]


def attacked(
    network: Loom, images: Tensor, classes: Tensor, radius: Tensor, generator: Generator
) -> Tensor:
    """The images moved by at most `radius` (N,) in L2 so that the network errs more.

    Images (N, 3, H, W) stay in [0, 1]. Rows with radius 0 come back unchanged.
    """
    reach = radius[:, None, None, None]
    start = torch.randn(images.shape, generator=generator)
    start = start / lengths(start) * reach * torch.rand(reach.shape, generator=generator)
    moved = (images + start).clamp(0, 1).requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        loss = functional.cross_entropy(network(moved), classes)
    (slope,) = torch.autograd.grad(loss, moved)
    change = start + slope / lengths(slope) * reach
    change = change * (reach / lengths(change)).clamp(max=1)
    return (images + change).clamp(0, 1).detach()
