"""A network of one's own from a .pt2 file: what torch.export wrote, and what others may send."""

import contextlib
import io
import json
import pickle
import random
import zipfile
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

from inkdream import colour
from inkdream.errors import InputError
from inkdream.networks import leaking, lookup
from inkdream.networks.own import open_network
from inkdream.networks.own.archive import read_program
from inkdream.networks.own.graph import GraphBody, changes_in_place, is_by_place, operation
from inkdream.networks.weights import digest
from tests.networks import own_nets
from tests.toys import chance

ANY = torch.export.Dim.AUTO


class Varied(own_nets.Net):
    """It uses much of what graphs can hold: sizes, lists, constants, modes, types, devices."""

    def __init__(self) -> None:
        super().__init__()
        self.factor = torch.tensor([2.0])
        self.register_buffer("offset", torch.ones(1), persistent=False)

    def forward(self, x):
        maps = self.maps(x)
        one, other = maps.chunk(2, 1)
        maps = torch.cat([one * self.factor, other + self.offset], 1)
        maps = F.interpolate(maps, scale_factor=2.0, mode="bilinear")
        maps = F.pad(maps, (1, 1, 1, 1), mode="reflect")
        height, width = maps.shape[2:]
        ramp = torch.arange(width, dtype=torch.float32, device=maps.device) / width
        values = (maps * ramp).reshape(maps.shape[0], -1, height * width)
        largest, _ = values.max(2)
        return self.fc(F.gelu(largest, approximate="tanh").clamp(max=torch.inf))


class OneTensor(nn.Module):
    """What a class of the user's own looks like to the exporter."""

    def forward(self, x):
        x = x * 2
        x[:, 0].add_(1.0)
        return F.relu(x)


def write(path: Path, module: nn.Module, shape=(2, 3, 32, 40), free=(0, 2, 3)) -> Path:
    program = torch.export.export(
        module, (torch.rand(shape, generator=chance()),), dynamic_shapes=(dict.fromkeys(free, ANY),)
    )
    torch.export.save(program, path)
    return path


def made(kind: type[nn.Module]) -> nn.Module:
    torch.manual_seed(5)
    return kind().eval()


@pytest.fixture(scope="module")
def varied(tmp_path_factory):
    return write(tmp_path_factory.mktemp("pt2") / "varied.pt2", made(Varied))


@pytest.fixture(scope="module")
def net(varied):
    return open_network("n", str(varied))


def pictures(height=32, width=40, count=3):
    return torch.rand(count, 3, height, width, generator=chance())


def test_it_answers_as_the_module_does(net):
    for size in ((32, 40), (50, 34)):
        seen = pictures(*size)
        expected = made(Varied)(colour.linear_to_srgb(seen))
        found = net.look(seen, ["logits", "linear"])
        torch.testing.assert_close(found["logits"][:, :, 0, 0], expected)
        torch.testing.assert_close(found["linear"], found["logits"])


def test_layers_are_nodes(net, varied):
    found = {layer.name: (layer.channels, layer.stride, layer.field) for layer in net.layers}
    assert found["conv2d"] == (6, 1, 3)
    assert found["conv2d_1"] == (8, 2, 5)
    assert found["relu__1"] == (8, 2, 9)
    assert found["getitem"] == (5, 4, 21)
    assert found["logits"] == (7, 0, 0)
    # Its places stand in one row.
    assert found["reshape"][0] == 10
    # Sizes, ramps and weights are no layers.
    assert not {"arange", "sym_size_int", "x", "p_fc_weight"} & set(found)
    assert net.digest == digest(varied)


def test_what_runs_in_place_changes_no_layer_before_it(net):
    theirs = made(Varied)
    seen = pictures()
    found = net.look(seen, ["batch_norm", "relu_", "relu"])
    stem = theirs.stem(colour.linear_to_srgb(seen))
    torch.testing.assert_close(found["relu"], stem)
    torch.testing.assert_close(found["batch_norm"], theirs.layer1.bn1(theirs.layer1.conv1(stem)))
    torch.testing.assert_close(found["relu_"], found["batch_norm"].clamp(min=0))


def test_it_runs_no_deeper_than_asked(net, monkeypatch):
    ran = []
    run = type(net.body.nodes[0]).run
    monkeypatch.setattr(
        type(net.body.nodes[0]), "run", lambda self, *more: [ran.append(self), run(self, *more)][1]
    )
    net.look(pictures(), ["conv2d"])
    assert [node.outputs for node in ran] == [("conv2d",)]
    ran.clear()
    net.look(pictures(), ["getitem"])
    names = {name for node in ran for name in node.outputs}
    assert "getitem" in names
    assert not {"linear", "cat", "arange"} & names


def test_it_is_frozen_and_relus_leak(net):
    assert not any(tensor.requires_grad for tensor in net.body.state().values())
    seen = pictures().requires_grad_()
    (plain,) = torch.autograd.grad(net.look(seen, ["relu_"])["relu_"].sum(), seen)
    before = net.look(seen, ["logits"])["logits"]
    with leaking(0.5):
        (leaky,) = torch.autograd.grad(net.look(seen, ["relu_"])["relu_"].sum(), seen)
        torch.testing.assert_close(net.look(seen, ["logits"])["logits"], before)
    assert not torch.allclose(plain, leaky)


def test_what_is_changed_through_a_view_is_changed(tmp_path):
    net = open_network("n", str(write(tmp_path / "one.pt2", OneTensor())))
    seen = pictures()
    (last,) = (layer.name for layer in net.layers if layer.name.startswith("relu"))
    with torch.no_grad():
        expected = OneTensor()(colour.linear_to_srgb(seen))
        torch.testing.assert_close(net.look(seen, [last])[last], expected)


def test_one_picture_at_a_time_and_one_size(tmp_path):
    path = write(tmp_path / "tokens.pt2", made(own_nets.Tokens), (1, 3, 32, 32), ())
    net = open_network("n", str(path))
    seen = pictures(32, 32)
    expected = made(own_nets.Tokens)(colour.linear_to_srgb(seen))
    torch.testing.assert_close(net.look(seen, ["logits"])["logits"][:, :, 0, 0], expected)
    larger = pictures(48, 40).requires_grad_()
    (gradient,) = torch.autograd.grad(net.look(larger, ["logits"])["logits"].sum(), larger)
    assert (gradient.abs().sum((1, 2, 3)) > 0).all()
    layers = {layer.name: layer for layer in net.layers}
    assert (layers["conv2d"].stride, layers["conv2d"].field) == (8, 8)


def test_three_pictures_at_a_time(tmp_path):
    net = open_network(
        "n", str(write(tmp_path / "net.pt2", made(own_nets.Net), (3, 3, 24, 32), ()))
    )
    seen = pictures(24, 32, 4)
    expected = made(own_nets.Net)(colour.linear_to_srgb(seen))
    torch.testing.assert_close(net.look(seen, ["logits"])["logits"][:, :, 0, 0], expected)


def test_weights_of_another_training(tmp_path, varied):
    other = Varied().eval()
    path = tmp_path / "w.safetensors"
    state = {**other.state_dict(), "offset": other.offset, "factor": other.factor}
    save_file({name: tensor.clone() for name, tensor in state.items()}, path)
    net = open_network("n", str(varied), path)
    seen = pictures()
    expected = other(colour.linear_to_srgb(seen))
    torch.testing.assert_close(net.look(seen, ["logits"])["logits"][:, :, 0, 0], expected)
    assert net.digest == digest(path)
    save_file({"fc.bias": torch.zeros(7)}, path)
    with pytest.raises(InputError, match=r"lacks stem\.0\.weight"):
        open_network("n", str(varied), path)


def test_it_is_had_by_its_path(varied):
    assert lookup.network(str(varied)).name == "varied"


class Flat(nn.Module):
    def forward(self, x):
        return x.mean(1)


class Two(nn.Module):
    def forward(self, x, y):
        return x + y


class Quiet(own_nets.Net):
    def forward(self, x):
        with torch.no_grad():
            return super().forward(x)


def two_inputs():
    return torch.export.export(Two(), (torch.rand(1, 3, 8, 8), torch.rand(1, 3, 8, 8)))


BAD = [
    (own_nets.Net, (2, 3, 32, 32), (0,), "was exported in training, with batch_norm"),
    (nn.Dropout, (2, 3, 32, 32), (0,), "was exported in training, with dropout"),
    (lambda: nn.Conv2d(2, 2, 3), (2, 2, 8, 8), (), "takes 2 x 2 x 8 x 8, where pictures are"),
    (lambda: nn.Linear(3, 3), (2, 3), (), "takes 2 x 3, where pictures are"),
    (lambda: made(own_nets.Net), (2, 3, 32, 32), (0, 2), "one of height and width is fixed"),
    (lambda: made(Quiet), (2, 3, 32, 32), (0,), "only torch's own operations|has a graph in it"),
    (lambda: made(own_nets.Live), (2, 3, 32, 32), (0,), "exported in training, with dropout"),
]


@pytest.mark.parametrize(("module", "shape", "free", "said"), BAD)
def test_what_cannot_be_drawn_with_is_named(tmp_path, module, shape, free, said):
    path = write(tmp_path / "bad.pt2", module(), shape, free)
    with pytest.raises(InputError, match=said):
        open_network("bad", str(path))


def test_one_picture_is_needed(tmp_path):
    torch.export.save(two_inputs(), tmp_path / "two.pt2")
    with pytest.raises(InputError, match=r"two\.pt2: takes 2 inputs, where one"):
        open_network("two", str(tmp_path / "two.pt2"))


# What comes from elsewhere.


class Harm:
    """Unpickled, it leaves a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def changed(archive: Path, change) -> Path:
    """Write an archive beside another, with its parts changed: {name: bytes}."""
    with zipfile.ZipFile(archive) as file:
        parts = {info.filename: file.read(info) for info in file.infolist()}
    change(parts)
    path = archive.with_name("changed.pt2")
    with zipfile.ZipFile(path, "w") as file:
        for name, data in parts.items():
            file.writestr(name, data)
    return path


def part(parts, end):
    return next(name for name in parts if name.endswith(end))


def with_json(end, change):
    """Return a change of one JSON part."""

    def changing(parts):
        name = part(parts, end)
        said = json.loads(parts[name])
        change(said)
        parts[name] = json.dumps(said).encode()

    return changing


def graph(said):
    return said["graph_module"]["graph"]


def test_an_archive_that_is_written_again_is_the_same(varied, net):
    again = open_network("n", str(changed(varied, lambda parts: None)))
    assert torch.equal(
        again.look(pictures(), ["logits"])["logits"], net.look(pictures(), ["logits"])["logits"]
    )


def with_harm(kind, trace):
    """Return changes of an archive that would leave a file at `trace` if torch loaded it."""
    poison = pickle.dumps(Harm(trace))
    buffer = io.BytesIO()
    torch.save(Harm(trace), buffer)
    saved = buffer.getvalue()
    evil = f"__import__('pathlib').Path({str(trace)!r}).touch()"

    def samples(parts):
        parts[part(parts, "sample_inputs/model.pt")] = saved

    def pickled(where):
        def change(parts):
            name = part(parts, f"{where}_config.json")
            said = json.loads(parts[name])
            payload = next(iter(said["config"].values()))
            payload["use_pickle"] = True
            parts[name.rpartition("/")[0] + "/" + payload["path_name"]] = saved
            parts[name] = json.dumps(said).encode()

        return change

    def opaque(parts):
        name = part(parts, "constants_config.json")
        said = json.loads(parts[name])
        said["config"]["x"] = {
            **next(iter(said["config"].values())),
            "path_name": "opaque_obj_0",
            "use_pickle": True,
        }
        parts[name.rpartition("/")[0] + "/opaque_obj_0"] = poison
        parts[name] = json.dumps(said).encode()

    def sizes(said):
        for value in graph(said)["tensor_values"].values():
            for size in value["sizes"]:
                if "as_expr" in size:
                    size["as_expr"]["expr_str"] = evil
        for value in graph(said)["sym_int_values"].values():
            value["as_expr"]["expr_str"] = evil

    def guards(said):
        said["guards_code"] = [evil]

    def legacy(parts):
        root = part(parts, "weights_config.json").rpartition("/")[0]
        parts[f"{root}/model.pt"] = saved

    def node(target, **inputs):
        def change(said):
            graph(said)["nodes"].insert(
                0,
                {
                    "target": target,
                    "inputs": [
                        {"name": key, "arg": {"as_string": value}, "kind": 1}
                        for key, value in inputs.items()
                    ],
                    "outputs": [{"as_tensor": {"name": "harm"}}],
                    "metadata": {},
                    "name": "harm",
                },
            )

        return with_json("models/model.json", change)

    return {
        "samples": samples,
        "weights": pickled("weights"),
        "constants": pickled("constants"),
        "opaque": opaque,
        "sizes": with_json("models/model.json", sizes),
        "guards": with_json("models/model.json", guards),
        "legacy": legacy,
        "call": node("torch.os.system", command=f"touch {trace}"),
        "load": node("torch.load", f=str(trace)),
        "operator": node("_operator.attrgetter", a="x"),
        "file": node("torch.ops.aten.from_file.default", filename=str(trace)),
        "inner": node("torch.ops.aten._foobar.default"),
        "other": node("torch.ops.prims.add.default"),
        "unknown": node("torch.ops.aten.foobar.default"),
        "text": node("torch.ops.aten.relu.default", self="text"),
    }[kind]


@pytest.mark.parametrize("kind", ["samples", "sizes", "guards"])
def test_what_is_not_needed_is_not_looked_at(varied, tmp_path, kind):
    trace = tmp_path / "trace"
    net = open_network("n", str(changed(varied, with_harm(kind, trace))))
    net.look(pictures(), ["logits"])
    assert not trace.exists()


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("weights", "is pickled, and nothing is unpickled here"),
        ("constants", "is pickled, and nothing is unpickled here"),
        ("opaque", "x is pickled, and nothing is unpickled here"),
        ("legacy", "changed.pt2: cannot be read"),
        ("call", "needs torch.os.system; from a file only torch's own operations"),
        ("load", "needs torch.load; from a file"),
        ("operator", "needs _operator.attrgetter; from a file"),
        ("file", "gives text to torch.ops.aten.from_file.default; from a file that is not run"),
        ("inner", "needs torch.ops.aten._foobar.default; from a file"),
        ("other", "needs torch.ops.prims.add.default; from a file"),
        ("unknown", "needs torch.ops.aten.foobar.default, which torch .* has not"),
        ("text", "gives text to torch.ops.aten.relu.default"),
    ],
)
def test_what_could_do_harm_is_refused(varied, tmp_path, kind, said):
    trace = tmp_path / "trace"
    with pytest.raises(InputError, match=said):
        open_network("n", str(changed(varied, with_harm(kind, trace))))
    assert not trace.exists()


def test_what_the_archives_hold_does_harm_where_it_is_unpickled(tmp_path):
    pickle.loads(pickle.dumps(Harm(tmp_path / "trace")))
    assert (tmp_path / "trace").exists()


def deep(parts):
    parts[part(parts, "models/model.json")] = b"[" * 200_000


def no_models(parts):
    del parts[part(parts, "models/model.json")]


def two_models(parts):
    name = part(parts, "models/model.json")
    parts[name.replace("model.json", "other.json")] = parts[name]


def short(parts):
    parts[part(parts, "weights/weight_0")] = b"\0" * 8


def gone(parts):
    parts[part(parts, "weights/weight_0")] = b""


def no_shape(said):
    graph(said)["tensor_values"].clear()


def two_kinds(said):
    graph(said)["nodes"][0]["inputs"][0]["arg"] = {"as_int": 1, "as_float": 2.0}


def other_kind(said):
    graph(said)["nodes"][0]["inputs"][0]["arg"] = {"as_custom_obj": {"name": "x"}}


def no_value(said):
    graph(said)["nodes"][-1]["inputs"][0]["arg"] = {"as_tensor": {"name": "nobody"}}


def no_argument(said):
    graph(said)["nodes"][-1]["inputs"].clear()


def nothing(said):
    graph(said)["nodes"].clear()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (deep, "cannot be read as torch.export's"),
        (no_models, "holds 0 programs of torch.export"),
        (two_models, "holds 2 programs of torch.export"),
        (short, "cannot be read as torch.export's"),
        (gone, "lacks the values of its tensors"),
        (lambda parts: parts.clear(), "cannot be read as torch.export's"),
        (with_json("model.json", lambda said: said.clear()), "cannot be read"),
        (with_json("model.json", lambda said: said["schema_version"].update(major=9)), "a form"),
        (with_json("model.json", no_shape), "cannot be read"),
        (with_json("model.json", two_kinds), "its graph is damaged"),
        (with_json("model.json", other_kind), "has a custom obj in it"),
        (with_json("model.json", no_value), r"network n: fails on pictures of .*'nobody'"),
        (with_json("model.json", no_argument), r"network n: fails on pictures of"),
        (with_json("model.json", nothing), "has no layer that depends on the picture"),
    ],
)
def test_damaged_archives_are_refused_in_one_line(varied, change, said):
    with pytest.raises(InputError, match=said):
        open_network("n", str(changed(varied, change)))


def test_packed_parts_are_refused(varied, tmp_path):
    path = tmp_path / "packed.pt2"
    with zipfile.ZipFile(varied) as file, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for info in file.infolist():
            out.writestr(info.filename, file.read(info))
    with pytest.raises(InputError, match=r"packed\.pt2: .*is compressed"):
        read_program(path)


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"no archive", b"\0" * 1000])
def test_files_that_are_no_archives(tmp_path, content):
    path = tmp_path / "none.pt2"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"none\.pt2: cannot be read as torch\.export's"):
        read_program(path)


def test_no_file_at_all(tmp_path):
    with pytest.raises(InputError, match=r"gone\.pt2: cannot be read \(No such file"):
        read_program(tmp_path / "gone.pt2")
    with pytest.raises(InputError, match="cannot be read"):
        read_program(tmp_path)


def test_truncated_and_scribbled_archives_end_in_one_line_or_work(varied, tmp_path):
    data = varied.read_bytes()
    path = tmp_path / "odd.pt2"
    dice = random.Random(1)
    for turn in range(120):
        if turn < 20:
            odd = data[: len(data) * turn // 20]
        else:
            odd = bytearray(data)
            for _ in range(dice.choice([1, 4, 40])):
                odd[dice.randrange(len(odd))] = dice.randrange(256)
        path.write_bytes(odd)
        with contextlib.suppress(InputError):
            GraphBody(read_program(path), "n")


def test_files_of_older_torch(varied, tmp_path, net):
    """Until torch 2.7 the same JSON stood beside files of torch.save; in 2.8 in the new layout."""
    program = read_program(varied)
    tensors = {program.names[key]: tensor for key, tensor in program.tensors.items()}
    buffer = io.BytesIO()
    torch.save(tensors, buffer)

    def old(parts):
        said = parts[part(parts, "models/model.json")]
        parts.clear()
        parts["version"] = b"8.7"
        parts["serialized_exported_program.json"] = said
        parts["serialized_state_dict.pt"] = buffer.getvalue()
        parts["serialized_constants.pt"] = b""

    def newer(parts):
        root = part(parts, "weights_config.json").rpartition("/")[0]
        parts[f"{root}/model.pt"] = buffer.getvalue()

    seen = pictures()
    for change in (old, newer):
        found = open_network("n", str(changed(varied, change))).look(seen, ["logits"])
        assert torch.equal(found["logits"], net.look(seen, ["logits"])["logits"])


def test_operations_by_their_names():
    relu = operation("torch.ops.aten.relu_.default", {})
    assert changes_in_place(relu)
    assert not is_by_place(relu)
    plus = operation("_operator.add", {})
    assert plus(2, 3) == 5
    assert is_by_place(plus)
    assert not changes_in_place(plus)
    assert operation("torch.ops.aten._assert_scalar.default", {}) is None
    # Without statistics of its own, batch norm takes the batch's when it does not train too.
    batch_norm = "torch.ops.aten.batch_norm.default"
    assert operation(batch_norm, {"training": True, "running_mean": None})
    with pytest.raises(InputError, match="in training, with batch_norm left on"):
        operation(batch_norm, {"training": True, "running_mean": object()})
