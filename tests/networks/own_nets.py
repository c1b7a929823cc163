"""Networks as users write them, good ones and bad ones; copied into a package of a user's own."""

import torch
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    """A residual block whose one ReLU runs twice, in place."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, 2, 1)
        self.bn1 = nn.BatchNorm2d(after)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(after, after, 3, 1, 1)
        self.down = nn.Conv2d(before, after, 1, 2)

    def forward(self, x):
        inner = self.conv2(self.relu(self.bn1(self.conv1(x))))
        return self.relu(inner + self.down(x))


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.ReLU())
        self.layer1 = Block(6, 8)
        self.layer2 = Block(8, 10)
        self.dropout = nn.Dropout()
        self.fc = nn.Linear(10, 7)

    def maps(self, x):
        return self.layer2(self.layer1(self.stem(x)))

    def forward(self, x):
        return self.fc(self.dropout(self.maps(x).mean((2, 3))))


class Tokens(nn.Module):
    """A little transformer for pictures of 32 x 32 px."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, 8, 8, 8)
        self.first = nn.Parameter(torch.zeros(1, 1, 8))
        self.places = nn.Parameter(torch.rand(1, 17, 8))
        self.encoder = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        self.head = nn.Linear(8, 5)

    def forward(self, x):
        tokens = self.patch(x).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.first.expand(len(tokens), -1, -1), tokens], 1) + self.places
        return self.head(self.encoder(tokens)[:, 0])


class Views(Net):
    """It takes maps apart as they stand in memory, rows after rows."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(10 * 2 * 3, 4)

    def forward(self, x):
        maps = F.adaptive_avg_pool2d(self.maps(x), (2, 3))
        return self.fc(maps.view(len(maps), -1))


class Tuple(nn.Module):
    """It gives a table and a list, and its parts a tuple."""

    class Inner(nn.Module):
        def forward(self, x):
            return None, (x.sigmoid(), 3)

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.inner = self.Inner()

    def forward(self, x):
        return {"all": [self.inner(self.conv(x))[1][0]]}


class Live(Net):
    def forward(self, x):
        return F.dropout(super().forward(x), 0.5, training=True)


class Wakeful(Net):
    def train(self, mode: bool = True):
        return super().train(True)


class Together(Net):
    def __init__(self) -> None:
        super().__init__()
        self.layer1.bn1 = nn.BatchNorm2d(8, track_running_stats=False)


class Blind(nn.Module):
    """Only `a` can be drawn with."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 4, 3), nn.Linear(4, 2)
        self.c, self.round = nn.Conv2d(4, 4, 1), self.Round()

    class Round(nn.Module):
        def forward(self, x):
            return x.round()

    def forward(self, x):
        maps = self.a(x)
        self.c(maps.detach())
        self.round(maps)
        return self.b(torch.ones(len(x), 4))


class Made(Net):
    def forward(self, x):
        return super().forward(x) * nn.Parameter(torch.ones(1))


class Unregistered(Net):
    def __init__(self) -> None:
        super().__init__()
        self.hidden = [nn.Conv2d(3, 3, 1)]

    def forward(self, x):
        return super().forward(self.hidden[0](x))


class Counting(Net):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("count", torch.zeros(1))

    def forward(self, x):
        self.count += 1
        return super().forward(x)


class NoNumber(Net):
    def forward(self, x):
        return super().forward(x) / 0.0 * 0.0


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 3, 3, padding=1), nn.Conv2d(3, 3, 3, padding=1)
        self.two.weight = self.one.weight

    def forward(self, x):
        return self.two(self.one(x))


class Uncopied(Net):
    def __deepcopy__(self, memo):
        raise TypeError("there is but one")


class Half(Net):
    def __init__(self) -> None:
        super().__init__()
        self.half()


class OneWay(nn.Module):
    """No size suits it."""

    def forward(self, x):
        return x.reshape(3, 77)


KEPT = Net()


def kept() -> nn.Module:
    """Return the same module each time."""
    return KEPT


def number() -> int:
    return 3


def breaks() -> nn.Module:
    raise KeyError("no such\nthing")


def leaves() -> nn.Module:
    raise SystemExit(1)


def asks(path) -> nn.Module:
    return Net()


not_callable = 3
