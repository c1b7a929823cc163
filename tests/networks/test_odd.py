"""Networks as people bring them: odd layouts, outputs, names, sizes and inputs."""

import sys
import threading
from collections import OrderedDict, namedtuple
from dataclasses import dataclass

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inkdream import colour
from inkdream.cli import main
from inkdream.errors import InputError
from inkdream.networks import base, lookup
from inkdream.networks.own import Preprocessing, network_of, open_network
from inkdream.networks.own.forms import form_of
from inkdream.optimize.session import Session
from inkdream.recipe import assemble, validate
from tests.networks import odd_nets
from tests.running import climbed, refused, says
from tests.toys import SHEET, chance

ODD = "tests.networks.odd_nets"
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
# linear RGB of sRGB 0.5
MID = 0.5


def odd(name, **more):
    return open_network("n", f"{ODD}:{name}", **more)


def of(module: nn.Module, **more):
    torch.manual_seed(3)
    return network_of(module.eval(), "n", **more)


def pictures(height=32, width=48, count=2):
    return torch.rand(count, 3, height, width, generator=chance())


def listed(net):
    return {layer.name: (layer.channels, layer.stride) for layer in net.layers}


def seeded(kind, *args):
    torch.manual_seed(3)
    return kind(*args).eval()


# Which axis is which.


def test_channels_that_stand_last_are_channels():
    net = odd("channels_last")
    assert listed(net) == dict.fromkeys(["patch", "norm", "mix", "output"], (16, 4))
    seen = pictures()
    inside = odd_nets.channels_last()
    heard = []
    inside.norm.register_forward_hook(lambda module, given, output: heard.append(output))
    inside(colour.linear_to_srgb(seen))
    found = net.look(seen, ["norm", "patch"])
    torch.testing.assert_close(found["norm"], heard[0].permute(0, 3, 1, 2))
    assert found["norm"].shape == found["patch"].shape == (2, 16, 8, 12)


@pytest.mark.parametrize(("name", "extra"), [("tokens_with_class", 1), ("tokens_with_two", 2)])
@pytest.mark.parametrize("size", [(181, 256), (224, 224), (100, 60)])
def test_tokens_are_places_and_those_before_them_are_left_out(name, extra, size):
    net = odd(name)
    assert listed(net)["output"] == (12, 14)
    seen = pictures(*size)
    plain = getattr(odd_nets, name)()
    tokens = plain(colour.linear_to_srgb(seen))[:, extra:]
    rows, columns = size[0] // 14, size[1] // 14
    expected = tokens.transpose(1, 2).unflatten(2, (rows, columns))
    torch.testing.assert_close(net.look(seen, ["output"])["output"], expected)


class Shapes(nn.Module):
    """It gives one map in every layout."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 5, 4, stride=4)
        for name in ("last", "rows", "five", "single", "first", "heads", "attention", "fixed"):
            self.add_module(name, nn.Identity())

    def forward(self, x):
        x = self.conv(x)
        tokens = x.flatten(2)
        self.last(x.permute(0, 2, 3, 1))
        self.rows(tokens)
        self.five(x[:, :, None])
        self.single(x[:, 0])
        self.first(x[:, None])
        self.heads(torch.cat([tokens[:, :, :3], tokens], 2).transpose(1, 2)[:, None])
        self.attention(torch.einsum("vct,vcs->vts", tokens, tokens)[:, None])
        self.fixed(F.adaptive_avg_pool2d(x, 2))
        return x.mean((2, 3))


@pytest.mark.parametrize("size", [None, (32, 32), (24, 48)])
def test_every_layout_is_read_alike(size):
    net = of(Shapes(), preprocessing=Preprocessing(size=size))
    seen = pictures(*(size or (32, 48)))
    names = ["conv", "last", "rows", "five", "first", "heads", "single"]
    found = net.look(seen, names)
    for name in names[1:-1]:
        torch.testing.assert_close(found[name], found["conv"], msg=name)
    torch.testing.assert_close(found["single"], found["conv"][:, :1])
    # Attention of tokens to tokens has no places of the picture's.
    assert "attention" not in listed(net)
    assert listed(net)["logits"] == (5, 0)


def test_layers_without_places_say_so():
    net = odd("tokens_with_class")
    assert net.layer("output").stride == 14
    shapes = of(Shapes())
    recipe = validate({"terms": [{"target": "n/logits/0/centre"}], "width": 32, "height": 32})
    with pytest.raises(InputError, match="n/logits has no places"):
        Session(recipe, {"n": shapes})


def test_tokens_that_no_grid_fits_have_no_places():
    assert form_of([(2, 77, 5)], [(224, 224)], []).stride == (0.0, 0.0)
    form = form_of([(2, 18, 7)], [(32, 32)], [])
    assert (form.first, form.stride) == (2, (8.0, 8.0))
    assert form.map(torch.rand(2, 18, 7), (32, 32)).shape == (2, 7, 4, 4)


def test_five_axes_are_taken():
    net = odd("five_dimensional")
    assert listed(net)["patch"] == (8, 4)
    found = net.look(pictures(), ["patch", "act"])
    torch.testing.assert_close(F.relu(found["patch"]), found["act"])


# Several outputs, several calls.


def test_what_is_called_logits_is_and_nothing_else():
    assert "logits" not in listed(odd("two_outputs"))
    net = odd("two_outputs")
    seen = pictures()
    features, logits = odd_nets.two_outputs()(colour.linear_to_srgb(seen))
    found = net.look(seen, ["output.0", "output.1"])
    torch.testing.assert_close(found["output.0"][:, :, 0, 0], features)
    torch.testing.assert_close(found["output.1"][:, :, 0, 0], logits)
    with pytest.raises(InputError, match="unknown layer of n 'logits'"):
        net.layer("logits")
    named = odd("named_outputs")
    found = named.look(seen, ["output.embedding", "logits"])
    torch.testing.assert_close(found["output.embedding"][:, :, 0, 0], features)
    torch.testing.assert_close(found["logits"][:, :, 0, 0], logits)


@pytest.mark.parametrize("function", ["two_outputs", "named_outputs"])
def test_outputs_of_an_exported_graph_have_the_same_names(tmp_path, function):
    program = torch.export.export(getattr(odd_nets, function)(), (torch.rand(2, 3, 32, 32),))
    torch.export.save(program, tmp_path / "n.pt2")
    net = open_network("n", str(tmp_path / "n.pt2"))
    names = {"two_outputs": ["output.0", "output.1"]}.get(function, ["output.embedding", "logits"])
    found = net.look(seen := pictures(32, 32), names)
    other = odd(function).look(seen, names)
    for name in names:
        torch.testing.assert_close(found[name], other[name])
    assert net.has("logits") == (function == "named_outputs")


@dataclass
class Answer:
    loss: Tensor | None
    logits: Tensor
    hidden: tuple[Tensor, ...] = ()


Pair = namedtuple("Pair", "features scores")


class Giving(nn.Module):
    def __init__(self, give) -> None:
        super().__init__()
        self.conv, self.give = nn.Conv2d(3, 4, 3, padding=1), give

    def forward(self, x):
        maps = self.conv(x)
        return self.give(maps, maps.mean((2, 3)))


@pytest.mark.parametrize(
    ("give", "names"),
    [
        (lambda maps, flat: Answer(None, flat, (maps,)), ["output.hidden.0", "logits"]),
        (Pair, ["output.features", "output.scores"]),
        (lambda maps, flat: OrderedDict(a=[flat, {"b": maps}]), ["output.a.0", "output.a.1.b"]),
        (lambda maps, flat: (flat,), ["logits"]),
        (lambda maps, flat: {"logits": maps}, ["output"]),
        (lambda maps, flat: (torch.complex(maps, maps), flat), ["output.1"]),
    ],
)
def test_outputs_of_any_kind_have_names(give, names):
    assert [name for name in listed(of(Giving(give))) if name != "conv"] == names


def test_each_path_of_a_module_is_a_layer():
    net, seen = odd("reused"), pictures()
    plain = odd_nets.reused()
    values, expected = colour.linear_to_srgb(seen), {}
    for number, module in enumerate(plain):
        values = expected[str(number)] = module(values)
    found = net.look(seen, list(expected))
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value)
    # Alone, too: the network then runs no deeper.
    for name, value in expected.items():
        torch.testing.assert_close(net.look(seen, [name])[name], value)


class Thrice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.act = nn.Conv2d(3, 3, 3, padding=1), nn.Tanh()

    def forward(self, x):
        for _ in range(3):
            x = self.act(self.conv(x))
        return x


def test_each_call_of_a_module_is_a_layer():
    net, seen = of(Thrice()), pictures()
    assert list(listed(net)) == ["conv#1", "act#1", "conv#2", "act#2", "conv", "act", "output"]
    found = net.look(seen, ["act#1", "conv#2", "act"])
    torch.testing.assert_close(net.look(seen, ["act#1"])["act#1"], found["act#1"])
    torch.testing.assert_close(
        net.body.module.conv(found["act#1"]), found["conv#2"], rtol=1e-4, atol=1e-5
    )
    assert net.layer("act#3").name == "act"
    torch.testing.assert_close(net.look(seen, ["output"])["output"], found["act"])


# Names.


@pytest.mark.parametrize(
    ("target", "layer", "channel"),
    [
        ("layer1/0/conv/3", "layer1/0/conv", 3),
        ("act:0/1", "act:0", 1),
        ("class/2", "class", 2),
    ],
)
def test_names_are_looked_up_before_they_are_taken_apart(target, layer, channel):
    recipe = validate({"terms": [{"target": f"n/{target}"}], "width": 32, "height": 32})
    (term,) = Session(recipe, {"n": odd("slash_names")}).objective.terms
    assert (term.layer, term.channel) == (f"n/{layer}", channel)


@pytest.mark.parametrize(
    ("word", "layer", "weight"),
    [
        ("n/act:0/1:0.5", "n/act:0", 0.5),
        ("n/act:0", "n/act:0", 1.0),
        ("n/layer1/0/conv:2", "n/layer1/0/conv", 2.0),
    ],
)
def test_colons_in_names_are_no_weights(word, layer, weight):
    from inkdream.recipe import split_weight

    table = split_weight(word, "target")
    recipe = validate({"terms": [table], "width": 32, "height": 32})
    (term,) = Session(recipe, {"n": odd("slash_names")}).objective.terms
    assert (term.layer, term.weight) == (layer, weight)


def test_classes_have_names_with_any_letters(tmp_path):
    names = ["a/c", "b", "crane", "d:1"]
    (tmp_path / "names.txt").write_text("\n".join(names) + "\n\n")
    table = {"name": "n", "source": f"{ODD}:named_outputs", "classes": "names.txt"}
    for target, channel in (("n/class/a/c", 0), ("n/logits/crane", 2), ("n/class/3", 3)):
        said = {"networks": [table], "terms": [{"target": target}], "width": 32, "height": 32}
        recipe = validate(said).located(tmp_path)
        (term,) = Session(recipe).objective.terms
        assert term.channel == channel
    (tmp_path / "names.txt").write_text("a\nb\n")
    with pytest.raises(InputError, match="has 4 classes, but there are 2 names"):
        Session(recipe)
    (tmp_path / "names.txt").unlink()
    with pytest.raises(InputError, match=r"names\.txt: cannot be read"):
        Session(recipe)
    with pytest.raises(InputError, match="gives no logits"):
        open_network("n", f"{ODD}:two_outputs", classes=names)


# Sizes and shapes.


def test_a_size_can_be_given_and_is_found_out_where_it_is_a_usual_one():
    given = odd("fixed_256_by_128", preprocessing=Preprocessing(size=(256, 128)))
    seen = pictures(256, 128)
    expected = odd_nets.fixed_256_by_128()(colour.linear_to_srgb(seen))
    for net in (given, odd("fixed_256_by_128")):
        torch.testing.assert_close(net.look(seen, ["logits"])["logits"][:, :, 0, 0], expected)

    class Unusual(nn.Module):
        def forward(self, x):
            return x.reshape(len(x), 3 * 40 * 56)[:, :8]

    with pytest.raises(InputError, match=r"give it: --size 256,128 \(rows, columns\), or size = "):
        of(Unusual())
    assert of(Unusual(), preprocessing=Preprocessing(size=(40, 56))).has("logits")


@pytest.mark.parametrize("size", [(181, 256), (61, 33), (64, 64)])
def test_views_are_made_to_fit_and_nothing_is_stretched(size):
    net, seen = odd("multiples_of_8"), pictures(*size)
    found = net.look(seen, ["output", "down"])
    assert found["output"].shape == (2, 3, *size)
    high, wide = size[0] // 8 * 8, size[1] // 8 * 8
    expected = odd_nets.multiples_of_8()(colour.linear_to_srgb(seen[:, :, :high, :wide]))
    torch.testing.assert_close(found["output"][:, :, :high, :wide], expected)


class Patches(nn.Module):
    """It takes multiples of 14 px alone, as DINOv2 does."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, 6, 14, stride=14)

    def forward(self, x):
        assert x.shape[2] % 14 == 0 and x.shape[3] % 14 == 0, "not a multiple of 14"
        return self.patch(x).flatten(2).transpose(1, 2)


def test_multiples_are_found_by_trying():
    net = of(Patches())
    assert listed(net) == {"patch": (6, 14), "output": (6, 14)}
    assert net.look(pictures(100, 150), ["output"])["output"].shape == (2, 6, 7, 11)
    assert net.look(pictures(30, 30), ["output"])["output"].shape == (2, 6, 2, 2)


def test_shapes_keep_their_form_in_a_size_of_another_shape():
    picture = torch.zeros(1, 3, 64, 32)
    fitted, window = base.fit_into(picture, (32, 32))
    assert fitted.shape == (1, 3, 32, 32)
    assert (window.top, window.left, window.rows, window.columns) == (0, 8, 32, 16)
    assert not fitted[..., 8:24].any()
    torch.testing.assert_close(fitted[..., :8], torch.full((1, 3, 32, 8), MID))
    assert window.cut(torch.rand(1, 4, 8, 8)).shape == (1, 4, 8, 4)
    assert window.cut(torch.rand(1, 4, 1, 1)).shape == (1, 4, 1, 1)


def test_a_round_disc_is_drawn_round():
    table = {
        "networks": [{"name": "n", "source": f"{ODD}:likes_a_round_disc"}],
        "terms": [{"target": "n/logits/0"}],
        "width": 40,
        "height": 80,
        "inks": ["black", "white"],
        "steps": 60,
        "page": SHEET,
        "pixels": {"tidiness": 0.0},
        "views": {"jitter": 0, "rotation": 0, "scale": 1},
    }
    session = climbed(Session(validate(table)))
    dark = session.result.image(0.0).mean(0) < 0.5
    rows = int(dark.float().mean(1).gt(0.4).sum())
    columns = int(dark.float().mean(0).gt(0.2).sum())
    # 0.55 of the long side, less what the narrow page cuts off.
    assert abs(rows - 41) < 8
    assert columns >= 36


# Inputs.


class Seeing(nn.Module):
    """It gives what it sees."""

    def forward(self, x):
        return x * 1


def test_ranges_and_orders_are_what_the_network_sees():
    seen = pictures(16, 16)
    srgb = colour.linear_to_srgb(seen)
    for range_, expected in (
        ("[0, 1]", srgb),
        ("-1..1", srgb * 2 - 1),
        ("0..255", srgb * 255),
        ("0 to 255", srgb * 255),
        ([-1, 1], srgb * 2 - 1),
    ):
        table = {"name": "n", "source": f"{__name__}:Seeing", "range": range_}
        net = lookup.network("n", validate({"networks": [table]}))
        torch.testing.assert_close(net.look(seen, ["output"])["output"], expected)
    mean = [103.939, 116.779, 123.68]
    table = {"name": "n", "source": f"{__name__}:Seeing", "range": "0..255", "order": "bgr"}
    net = lookup.network("n", validate({"networks": [{**table, "mean": mean}]}))
    expected = srgb.flip(1) * 255 - torch.tensor(mean)[:, None, None]
    torch.testing.assert_close(net.look(seen, ["output"])["output"], expected)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"mean": [127, 127, 127]}, r"0\.498, 0\.498, 0\.498\] \(divided by 255\)"),
        ({"mean": [-1.5, 0, 0]}, "divided by 255"),
        ({"deviation": [58.395, 57.12, 57.375]}, r"\[0\.229, 0\.224, 0\.225\] \(divided by 255\)"),
        ({"mean": [300, 0, 0], "range": "0..255"}, "divided by 255"),
        ({"range": "1..0"}, "1 is not below 0"),
        ({"range": "much"}, "'much' is no range; write"),
        ({"size": "large"}, "'large' is no size; write rows and columns"),
        ({"size": [1, 2, 3]}, "give rows and columns"),
        ({"size": 0.5}, "size"),
        ({"mean": "a,b,c"}, "write three numbers"),
        ({"order": "gbr"}, "order"),
    ],
)
def test_words_that_are_most_likely_wrong_are_questioned_in_one_line(keys, said):
    with pytest.raises(InputError, match=said):
        assemble(None, {"networks": [{"name": "n", "source": "a:b", **keys}]}, [])


def test_words_that_may_be_right_are_taken():
    for keys in ({"mean": [127, 127, 127], "range": "0..255", "deviation": [58, 57, 57]},):
        made = assemble(None, {"networks": [{"name": "n", "source": "a:b", **keys}]}, [])
        assert made.networks[0].mean == (127, 127, 127)
    for word in ("256,128", "256x128", "[256, 128]", [256, 128]):
        (net,) = assemble(
            None, {"networks": [{"name": "n", "source": "a:b", "size": word}]}, []
        ).networks
        assert net.size == (256, 128)


class Grey(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, padding=1)

    def forward(self, x):
        return self.conv(x)


def test_networks_of_grey_pictures_see_grey():
    net, seen = of(Grey()), pictures()
    values = colour.linear_to_srgb(seen)
    grey = (values * torch.tensor([0.299, 0.587, 0.114])[:, None, None]).sum(1, keepdim=True)
    torch.testing.assert_close(net.look(seen, ["conv"])["conv"], net.body.module.conv(grey))


class Squeezing(nn.Module):
    """It loses the axis of a single picture."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        return self.conv(x).mean((2, 3)).squeeze()


class Four(nn.Module):
    """It takes four pictures at once, and no other number."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        return self.conv(x.reshape(4, 3, *x.shape[2:])).mean((2, 3))


@pytest.mark.parametrize("kind", [Squeezing, Four])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_any_number_of_pictures_is_seen(kind, count):
    net, seen = of(kind()), pictures(40, 40, count)
    expected = net.body.module.conv(colour.linear_to_srgb(seen)).mean((2, 3))
    torch.testing.assert_close(net.look(seen, ["logits"])["logits"][:, :, 0, 0], expected)


# Modules of other kinds.


def small_net():
    return seeded(lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3)))


class Lazy(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.fc = nn.LazyConv2d(4, 3), nn.LazyLinear(3)

    def forward(self, x):
        return self.fc(self.conv(x).mean((2, 3)))


def hooked():
    net = small_net()
    net[0].register_forward_hook(lambda module, given, output: output * 2)
    return net


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (lambda: nn.DataParallel(small_net()), ["0", "1", "2", "output"]),
        (lambda: torch.compile(small_net(), backend="eager"), ["0", "1", "2", "output"]),
        (lambda: nn.Sequential(torch.compile(nn.ReLU(), backend="eager")), ["0", "output"]),
        (lambda: small_net().half(), ["0", "1", "2", "output"]),
        (lambda: small_net().to(torch.bfloat16), ["0", "1", "2", "output"]),
        (hooked, ["0", "1", "2", "output"]),
        (Lazy, ["conv", "fc", "logits"]),
        (lambda: nn.Sequential(torch.jit.script(small_net())), ["output"]),
    ],
)
def test_modules_that_are_wrapped_or_unfinished(make, names):
    net = network_of(make(), "n")
    assert list(listed(net)) == names
    value = net.look(pictures(), [names[0]])[names[0]]
    assert value.dtype == torch.float32
    assert torch.isfinite(value).all()


def test_hooks_of_the_owners_go_on_working():
    seen = pictures()
    plain = small_net()[0](colour.linear_to_srgb(seen))
    torch.testing.assert_close(network_of(hooked(), "n").look(seen, ["0"])["0"], 2 * plain)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (odd_nets.scripted, "is a TorchScript module.*trace it with torch.export"),
        (lambda: nn.Sequential(nn.Flatten(0)), "fails on|has no layer"),
    ],
)
def test_what_cannot_be_looked_into_says_so_in_one_line(make, said):
    with pytest.raises(InputError, match=said):
        network_of(make(), "n")


# Identity, the library, threads.


def test_a_network_without_a_file_is_known_by_its_weights():
    one, same = network_of(small_net(), "n"), network_of(small_net(), "m")
    assert one.digest == same.digest != ""
    other = small_net()
    with torch.no_grad():
        other[0].bias[0] += 1e-3
    assert network_of(other, "n").digest != one.digest
    kind = small_net()
    kind[1] = nn.GELU()
    assert network_of(kind, "n").digest != one.digest


def test_a_module_at_hand_is_drawn_with():
    module = small_net()
    mine = network_of(module, "mine", Preprocessing(mean=(0.5,) * 3, deviation=(0.5,) * 3))
    table = {"terms": [{"target": "mine/2/1"}], "width": 24, "height": 24, "steps": 6}
    session = Session(validate({**table, "page": SHEET}), {"mine": mine})
    steps = [step.total for _, step in session.steps()]
    assert steps[-1] > steps[0]
    assert all(parameter.requires_grad for parameter in module.parameters())
    with pytest.raises(InputError, match="unknown network 'other'"):
        Session(validate({**table, "terms": [{"target": "other/2/1"}]}), {"mine": mine})


def test_the_command_runs_in_a_thread(tmp_path, capsys):
    codes = []

    def run():
        words = ["draw", "--width", "16", "--height", "16", "--steps", "2", "--out", str(tmp_path)]
        try:
            main([*words, "--page", "40x50mm", "--margin", "4", "--neuron", "loom/conv1_1/1"])
        except SystemExit as end:
            codes.append(end.code)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert codes == [0]


# The command line.


def test_networks_and_sheets_take_what_draw_takes(tmp_path, capsys, monkeypatch, no_processes):
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr("inkdream.run.contact_sheet.STEPS", 40)
    monkeypatch.setattr("inkdream.run.contact_sheet.TILE", 24)
    out = tmp_path / "s.png"
    halves = ["--mean", "0.5,0.5,0.5", "--deviation", "0.5"]
    words = ["networks", f"{ODD}:normalised_outside", "--sheet", "output", "--out", str(out)]
    assert says(capsys, *words, *halves)[0] == 0
    from inkdream.pictures import read_rgb

    # It likes mid grey; without mean and deviation it would be black.
    assert 90 < read_rgb(out)[4:28, 4:28].mean() < 165
    for more, said in (
        (["--mean", "127,127,127"], "divided by 255"),
        (["--size", "wide"], "is no size"),
    ):
        assert said in refused(capsys, "networks", f"{ODD}:normalised_outside", *more)
    told = refused(capsys, "networks", "loom", "--mean", "0.5")
    assert "is for a network of your own" in told


def test_layers_are_not_cut_in_a_pipe(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    name = "a_name_that_is_rather_long_indeed"
    _, out, _ = says(capsys, "networks", f"{name}={ODD}:tokens_with_class")
    assert f"{name}/block.self_attn" in out
