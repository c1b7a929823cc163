"""torchvision's networks for tests: with random weights, and files of weights of their own."""

import hashlib
from functools import cache

import torch

from inkdream.networks.vision import Pretrained, Zoo, import_models
from tests.toys import chance

INCEPTIONS = ("googlenet", "inception_v3")


@cache
def made(name):
    """Return a network with random weights; there must be none in the cache."""
    network = Zoo(name, random_weights=True, seed=1)
    assert network.has_random_weights
    return network


def pictures(height=64, width=64, count=1, seed=0):
    return torch.rand(count, 3, height, width, generator=chance(seed)) * 0.9 + 0.05


def torchvisions(name):
    """Return torchvision's own network, set up as it comes with weights, with statistics."""
    settings = {"init_weights": False, "transform_input": True} if name in INCEPTIONS else {}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = import_models().get_model(name, weights=None, **settings).eval()
        for part in network.modules():
            if isinstance(part, torch.nn.BatchNorm2d):
                torch.nn.init.uniform_(part.weight, 0.5, 1.5)
                torch.nn.init.uniform_(part.bias, -0.5, 0.5)
                torch.nn.init.uniform_(part.running_mean, -0.5, 0.5)
                torch.nn.init.uniform_(part.running_var, 0.5, 1.5)
    return network


def put(folder, data, legacy=False):
    """Write weights, or bytes, into a cache under a name that holds their sha256."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "new"
    if isinstance(data, bytes):
        path.write_bytes(data)
    else:
        torch.save(data, path, _use_new_zipfile_serialization=not legacy)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path = path.rename(folder / f"made-{digest[:8]}.pth")
    return Pretrained(path.name, 1), path, digest
