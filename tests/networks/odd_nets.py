"""Small networks, each odd in one way that people's own are; weights are of chance."""

import math

import torch
from torch import nn
from torch.nn import functional


def _seeded(build):
    with torch.random.fork_rng():
        torch.manual_seed(7)
        return build().eval()


class _Silent(nn.Module):
    """Every unit of `act` is at 0 on noise and grey; only a strong colour wakes it."""

    def __init__(self, act: nn.Module) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 5, padding=2)
        nn.init.constant_(self.conv.bias, -1.5)
        with torch.no_grad():
            self.conv.weight.mul_(0.02)
            for channel in range(3):
                self.conv.weight[channel, channel] += 3.0 / 25
                self.conv.weight[channel, (channel + 1) % 3] -= 1.5 / 25
        self.act = act

    def forward(self, x):
        return self.act(self.conv(x))


class _Functional(_Silent):
    def __init__(self) -> None:
        super().__init__(nn.Identity())

    def forward(self, x):
        return self.act(functional.relu(self.conv(x)))


def silent_relu6():
    return _seeded(lambda: _Silent(nn.ReLU6()))


def silent_hardtanh():
    return _seeded(lambda: _Silent(nn.Hardtanh(0, 6)))


def silent_functional():
    return _seeded(_Functional)


class _ChannelsLast(nn.Module):
    """(V, H, W, C) inside, as in Swin and ConvNeXt: 16 channels, stride 4."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, 16, 4, stride=4)
        self.norm = nn.LayerNorm(16)
        self.mix = nn.Linear(16, 16)

    def forward(self, x):
        x = self.norm(self.patch(x).permute(0, 2, 3, 1))
        return self.mix(functional.gelu(x)).permute(0, 3, 1, 2)


def channels_last():
    return _seeded(_ChannelsLast)


class _Tokens(nn.Module):
    """A transformer's shape: patches of 14 px and, before them, `extra` tokens of another kind."""

    def __init__(self, extra: int) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, 12, 14, stride=14)
        self.extra = nn.Parameter(torch.randn(1, extra, 12))
        self.block = nn.TransformerEncoderLayer(12, 2, 24, dropout=0.0, batch_first=True)

    def forward(self, x):
        x = (
            self.patch(x[..., : x.shape[-2] // 14 * 14, : x.shape[-1] // 14 * 14])
            .flatten(2)
            .transpose(1, 2)
        )
        return self.block(torch.cat([self.extra.expand(len(x), -1, -1), x], 1))


def tokens_with_class():
    return _seeded(lambda: _Tokens(1))


def tokens_with_two():
    return _seeded(lambda: _Tokens(2))


class _Outputs(nn.Module):
    """Gives (embedding, logits), or a dict with an entry that is called logits."""

    def __init__(self, named: bool) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 6, 5, stride=2), nn.ReLU())
        self.head = nn.Linear(6, 4)
        self.named = named

    def forward(self, x):
        features = self.body(x).mean((2, 3))
        logits = self.head(features)
        return {"embedding": features, "logits": logits} if self.named else (features, logits)


def two_outputs():
    return _seeded(lambda: _Outputs(False))


def named_outputs():
    return _seeded(lambda: _Outputs(True))


def reused():
    """One activation that runs three times, and a convolution of shared weights that runs twice."""

    def build():
        act, again = nn.GELU(), nn.Conv2d(4, 4, 3, padding=1)
        return nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), act, again, act, again, act)

    return _seeded(build)


def slash_names():
    """Names as onnx2torch writes them."""

    def build():
        net = nn.Sequential()
        net.add_module("layer1/0/conv", nn.Conv2d(3, 4, 3))
        net.add_module("act:0", nn.ReLU())
        net.add_module("class", nn.Conv2d(4, 5, 3))
        return net

    return _seeded(build)


def five_dimensional():
    """A patch embedding by Conv3d, as video models and Qwen-VL have."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.patch = nn.Conv3d(3, 8, (1, 4, 4), stride=(1, 4, 4))
            self.act = nn.ReLU()

        def forward(self, x):
            return self.act(self.patch(x[:, :, None])[:, :, 0])

    return _seeded(Net)


def scripted():
    return torch.jit.script(
        _seeded(lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3)))
    )


def fixed_256_by_128():
    """Takes pictures of 256 rows and 128 columns only, as person re-identification does."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 8, stride=8)
            self.fc = nn.Linear(4 * 32 * 16, 3)

        def forward(self, x):
            return self.fc(self.conv(x).flatten(1))

    return _seeded(Net)


def multiples_of_8():
    """A U-Net of two levels: it adds what it made smaller by 8 and larger again; others fail."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.down, self.up = nn.Conv2d(3, 6, 8, stride=8), nn.ConvTranspose2d(6, 3, 8, stride=8)

        def forward(self, x):
            return x + self.up(functional.relu(self.down(x)))

    return _seeded(Net)


def likes_a_round_disc():
    """Fixed 32 x 32 px; channel 0 is a round black disc on white."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            y, x = torch.meshgrid(*[torch.linspace(-1, 1, 32)] * 2, indexing="ij")
            self.fc = nn.Linear(3 * 32 * 32, 1, bias=False)
            disc = torch.where((x**2 + y**2).sqrt() < 0.55, -1.0, 1.0) / math.sqrt(3 * 32 * 32)
            self.fc.weight = nn.Parameter(disc.expand(3, 32, 32).reshape(1, -1).clone())

        def forward(self, x):
            return self.fc((x - 0.5).flatten(1))

    return _seeded(Net)


def normalised_outside():
    """Wants pictures in [-1, 1] (mean 0.5, deviation 0.5); channel 0 is happiest with mid grey."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 1, 3, padding=1, bias=False)

        def forward(self, x):
            return -(self.conv(x) ** 2) - (x**2).mean(1, keepdim=True)

    return _seeded(Net)
