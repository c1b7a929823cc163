"""Files of weights: taken from the cache or downloaded, and never believed unchecked."""

import importlib.util
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.error import URLError

import pytest
import torch

from inkdream.errors import InputError
from inkdream.networks import vision, weights
from inkdream.networks.vision import Pretrained, Zoo
from inkdream.objectives import scoring
from inkdream.run import Run
from tests.networks.zoo_made import pictures, put, torchvisions
from tests.toys import small

NAME = "squeezenet1_1"


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """An empty cache of weights, and no network to fill it from."""

    def unreachable(request):
        raise URLError("no way out")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "urlopen", unreachable)
    return tmp_path / "hub" / "checkpoints"


@pytest.fixture(scope="module")
def state():
    return torchvisions(NAME).state_dict()


class Answers(BaseHTTPRequestHandler):
    """Serves the bytes in `files`; of those in `halves` the first half, and then no more."""

    files: ClassVar[dict] = {}
    halves: ClassVar[dict] = {}

    def do_GET(self):
        name = self.path.rpartition("/")[2]
        data = self.files.get(name, self.halves.get(name))
        if data is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if name in self.halves:
            self.wfile.write(data[: len(data) // 2])
            self.wfile.flush()
            time.sleep(0.5)
        else:
            self.wfile.write(data)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch, folder):
    """A server of weights; what it answers stands in `Answers`."""
    monkeypatch.setattr(torch.hub, "urlopen", urllib.request.urlopen)
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(Answers, "files", {})
    monkeypatch.setattr(Answers, "halves", {})
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.01,))
        thread.start()
        address = f"http://127.0.0.1:{made.server_port}/models/"
        monkeypatch.setattr(weights, "WEIGHTS_FOLDER", address)
        yield
        made.shutdown()
        thread.join()


@pytest.fixture
def served(monkeypatch, tmp_path, state, server):
    """Weights that can be downloaded; returns what their file is called."""
    said, path, _ = put(tmp_path / "there", state)
    Answers.files[said.file] = path.read_bytes()
    monkeypatch.setitem(vision.ZOO, NAME, said)
    return said.file


def refused(said, path):
    """Return the one line that a file is refused with."""
    with pytest.raises(InputError) as error:
        weights.read_pretrained(said, path)
    line = str(error.value)
    assert "\n" not in line and str(path) in line
    return line


@pytest.mark.parametrize("legacy", [False, True])
def test_a_file_in_the_cache_is_taken(monkeypatch, folder, state, legacy):
    said, _, digest = put(folder, state, legacy)
    monkeypatch.setitem(vision.ZOO, NAME, said)
    network = Zoo(NAME, random_weights=True)
    assert not network.has_random_weights
    assert network.digest == digest and len(digest) == 64
    assert network.look(pictures(), ["fire2"])["fire2"].shape[1] == 128


def test_a_damaged_file_in_the_cache_is_refused(monkeypatch, folder, state):
    said, path, _ = put(folder, state)
    monkeypatch.setitem(vision.ZOO, NAME, said)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    line = refused(said, path)
    assert "damaged" in line and "remove it" in line
    # Not even random weights stand in for it silently.
    with pytest.raises(InputError, match="damaged"):
        Zoo(NAME, random_weights=True)
    path.write_bytes(data[:1000])
    assert "damaged" in refused(said, path)


@pytest.mark.parametrize("place", range(8))
def test_every_digit_of_a_digest_counts(folder, state, place):
    said, path, digest = put(folder, state)
    digits = digest[:8]
    other = "1" if digits[place] == "0" else "0"
    wrong = digits[:place] + other + digits[place + 1 :]
    assert "damaged" in refused(Pretrained(said.file.replace(digits, wrong), 1), path)


class Wicked:
    def __reduce__(self):
        return (print, ("ran",))


@pytest.mark.parametrize(
    "data",
    [b"", b"no weights\nat all", [torch.zeros(3)], {"x": 3}, {"x": Wicked()}, torch.zeros(3)],
    ids=["empty", "text", "list", "number", "code", "tensor"],
)
def test_a_file_without_weights_is_refused(folder, data, capsys):
    said, path, _ = put(folder, data)
    assert "holds no weights" in refused(said, path)
    assert "ran" not in capsys.readouterr().out


@pytest.mark.parametrize("damage", ["missing", "misshapen"])
def test_a_file_of_another_network_is_refused(monkeypatch, folder, state, damage):
    changed = dict(state)
    key = "features.3.squeeze.weight"
    del changed[key]
    if damage == "misshapen":
        changed[key] = torch.zeros(2, 3)
    said, path, _ = put(folder, changed)
    monkeypatch.setitem(vision.ZOO, NAME, said)
    with pytest.raises(InputError, match=f"{path.name}.*another network.*{key}"):
        Zoo(NAME)


def test_a_missing_file_is_downloaded_checked_and_kept(folder, served, capsys):
    network = Zoo(NAME)
    assert [path.name for path in folder.iterdir()] == [served]
    assert (folder / served).read_bytes() == Answers.files[served]
    assert not network.has_random_weights
    assert served == f"made-{network.digest[:8]}.pth"
    assert served in capsys.readouterr().err  # the bar
    Answers.files.clear()
    Zoo(NAME)


def test_a_downloaded_file_may_be_read_by_all(served):
    assert weights.download(vision.ZOO[NAME]).stat().st_mode & 0o777 == 0o644


def test_a_damaged_download_is_not_kept(folder, served):
    Answers.files[served] = Answers.files[served][:-100]
    with pytest.raises(InputError, match="came damaged") as error:
        Zoo(NAME)
    assert str(folder / served) in str(error.value)
    assert list(folder.iterdir()) == []


def test_a_file_that_the_server_has_not_is_said(folder, served):
    Answers.files.clear()
    with pytest.raises(InputError, match="cannot be downloaded"):
        Zoo(NAME)
    assert list(folder.iterdir()) == []


# The server in this process is left in the middle of an answer; its socket closes when it may.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_server_that_stops_amid_a_file_is_given_up(monkeypatch, folder, served):
    monkeypatch.setattr(weights, "PATIENCE", 0.2)
    Answers.halves[served] = Answers.files.pop(served)
    with pytest.raises(InputError, match="no answer"):
        Zoo(NAME)
    assert list(folder.iterdir()) == []


def test_without_a_connection_it_is_said_which_file_goes_where(folder):
    with pytest.raises(InputError, match="no way out") as error:
        Zoo("vgg16")
    line = str(error.value)
    assert "https://download.pytorch.org/models/vgg16-397923af.pth" in line
    assert str(folder / "vgg16-397923af.pth") in line and "\n" not in line
    assert list(folder.iterdir()) == []


def test_a_silent_server_is_given_up(monkeypatch, folder):
    monkeypatch.setattr(weights, "PATIENCE", 0.05)
    monkeypatch.setattr(torch.hub, "urlopen", lambda request: time.sleep(1))
    with pytest.raises(InputError, match=r"no answer for 0\.05 s"):
        Zoo("vgg16")


def test_a_cache_that_cannot_be_written_is_said(monkeypatch, folder, tmp_path):
    (tmp_path / "file").write_text("mine")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "file"))
    with pytest.raises(InputError, match="cannot be written"):
        weights.download(vision.ZOO[NAME])
    assert (tmp_path / "file").read_text() == "mine"


def test_the_cache_is_torchvisions(folder):
    assert weights.cached(vision.ZOO["vgg16"]) == folder / "vgg16-397923af.pth"


def test_recipes_ask_for_random_weights(folder):
    target = {"terms": [{"target": f"{NAME}/fire2/3"}], "seed": 5}
    asked = scoring.networks(small(**target, random_weights=True))[NAME]
    assert asked.has_random_weights and asked.digest == ""
    again = Zoo(NAME, random_weights=True, seed=5)
    assert torch.equal(*(one.look(pictures(), ["fire2"])["fire2"] for one in (asked, again)))
    with pytest.raises(InputError, match="cannot be downloaded"):
        scoring.networks(small(**target))


@pytest.mark.parametrize(
    ("kind", "target", "says"),
    [
        ("neuron", "fire22/3", "Did you mean 'fire2'"),
        ("neuron", "fire2/999", "0 to 127"),
        ("neuron", "class/x", "unknown class"),
        ("neuron", "fire2/3/7,7", "is no place"),
        ("spike", "fire2/128", "0 to 127"),
        ("spike", "fire2", "write network/layer/channel"),
        ("direction", "fire22/3+4", "Did you mean 'fire2'"),
        ("direction", "fire2/3+", "is no direction"),
        ("checkerboard", "fire2/3,128", "0 to 127"),
        ("checkerboard", "class/3,4", "needs places"),
    ],
)
def test_wrong_targets_are_refused_before_anything_is_downloaded(folder, kind, target, says):
    with pytest.raises(InputError, match=f"terms.1: .*{says}"):
        scoring.networks(
            small(
                terms=[{"target": "loom/conv2_1/3"}, {"kind": kind, "target": f"{NAME}/{target}"}]
            )
        )


def test_wrong_layers_of_pictures_are_refused_before_anything_is_downloaded(folder):
    style = {"kind": "style", "picture": "any.png", "layers": [f"{NAME}/fire2", f"{NAME}/fire22"]}
    with pytest.raises(InputError, match=r"terms.0: .*Did you mean 'fire2'"):
        scoring.networks(small(terms=[style]))


def test_a_picture_that_is_not_there_is_missed_before_anything_is_downloaded(folder, tmp_path):
    style = {"kind": "style", "picture": str(tmp_path / "gone.png"), "layers": [f"{NAME}/fire2"]}
    with pytest.raises(InputError, match=r"gone.png: cannot be read \(No such file"):
        Run.create(small(terms=[style]), tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def raising(*errors):
    """Return an import that fails as often as there are errors."""
    left = list(errors)

    def load(name):
        assert name == "torchvision.models"
        if left:
            raise left.pop(0)
        return "models"

    return load


def test_a_torchvision_for_another_torch_is_mended(monkeypatch):
    mended = []
    monkeypatch.setattr(vision, "_declare_operators", lambda: mended.append(1))
    error = RuntimeError("operator torchvision::nms does not exist")
    monkeypatch.setattr(vision.importlib, "import_module", raising(error))
    assert vision.import_models() == "models" and mended == [1]


def test_a_torchvision_without_its_compiled_part_is_mended_in_a_real_process(tmp_path):
    found = Path(importlib.util.find_spec("torchvision").origin).parent
    shutil.copytree(
        found,
        tmp_path / "torchvision",
        ignore=shutil.ignore_patterns("*.so", "*.pyd", "*.dylib", "__pycache__", "datasets.libs"),
    )
    code = """
import pytest, sys
sys.path.insert(0, sys.argv[1])
with pytest.raises(RuntimeError, match="operator torchvision::nms does not exist"):
    import torchvision.models
from inkdream.networks.vision import layers_of
assert sys.modules.get("torchvision") is None
assert layers_of("squeezenet1_1")[-1].channels == 1000
import torchvision
assert torchvision.__file__.startswith(sys.argv[1])
"""
    words = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_operators_that_are_missing_are_declared():
    vision.import_models()
    vision._declare_operators()  # those that are there stay
    for name in ("nms", "qnms"):
        assert hasattr(torch.ops.torchvision, name)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (
            ModuleNotFoundError("No torchvision", name="torchvision"),
            r"torchvision is not installed.* to add it: the command",
        ),
        (ModuleNotFoundError("No PIL", name="PIL"), "No PIL"),
        (RuntimeError("operator torchvision::roi does not exist"), "fits torch"),
        (ImportError("undefined symbol"), "undefined symbol"),
    ],
)
def test_a_torchvision_that_cannot_be_had_is_said(monkeypatch, error, says):
    monkeypatch.setattr(vision.importlib, "import_module", raising(error))
    monkeypatch.setattr(vision, "how_to_install", {"zoo": "the command"}.get)
    with pytest.raises(InputError, match=says):
        vision.import_models()


def test_loom_needs_no_torchvision():
    code = """
import sys
from inkdream.cli import networks as listing
from inkdream.objectives import scoring
from inkdream.recipe import validate
scoring.networks(validate({}))
assert listing.list_networks() == 0
assert "torchvision" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
