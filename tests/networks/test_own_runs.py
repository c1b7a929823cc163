"""Drawings through a network of one's own: from the command line, in both media, taken up again."""

import json
import shutil
import sys

import pytest
import torch

from inkdream.errors import InputError
from inkdream.networks.lookup import BUILT_IN
from inkdream.recipe import assemble, networks
from inkdream.run import Run
from tests.networks import own_nets
from tests.running import climbed, gone_on, refused, same_result, says, stopped
from tests.toys import SHEET

PIXELS = ["--width", "32", "--height", "40", "--inks", "3", "--steps", "6"]
PIXELS += ["--page", "40x50mm", "--margin", "4"]
STROKES = ["--strokes", "8", "--page", "40x50mm", "--margin", "3", "--pens", "black,red"]
STROKES += ["--steps", "6", "--set", "page.scale=1"]
MEDIA = {"pixels": PIXELS, "strokes": STROKES}
SOURCES = {
    "function": ["--network", "nets_of_mine:Net", "--neuron", "Net/layer2/3"],
    "archive": ["--network", "small=kept/net.pt2", "--neuron", "small/class/2"],
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    torch.manual_seed(2)
    path = tmp_path_factory.mktemp("pt2") / "net.pt2"
    program = torch.export.export(own_nets.Net().eval(), (torch.rand(1, 3, 32, 32),))
    torch.export.save(program, path)
    return path


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch, archive):
    shutil.copy(own_nets.__file__, tmp_path / "nets_of_mine.py")
    (tmp_path / "kept").mkdir()
    shutil.copy(archive, tmp_path / "kept" / "net.pt2")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield tmp_path
    sys.modules.pop("nets_of_mine", None)


@pytest.fixture
def draw(capsys):
    """Return a function that draws and returns what was said of it."""

    def draw_(*words):
        code, out, err = says(capsys, "draw", *words)
        assert code == 0, err
        return out

    return draw_


@pytest.mark.parametrize("family", ["photographs", "robust"])
def test_the_family_of_settings_is_said(draw, here, family):
    overruled = [] if family == "photographs" else ["--set", "family=robust"]
    views = ["--set", "views.count=2"] if family == "photographs" else []
    out = draw(*SOURCES["function"], *PIXELS, *overruled, *views, "--out", "runs")
    words = {"photographs": "networks trained on photographs", "robust": "robust networks"}
    assert f"settings for {words[family]}" in " ".join(out.split())
    (path,) = here.glob("runs/*/certificate.json")
    assert json.loads(path.read_text())["family"] == family


def recipe(words, steps=6):
    source = words[words.index("--network") + 1]
    name, _, rest = source.partition("=")
    network = {"name": name, "source": rest} if rest else {"name": "Net", "source": source}
    return {"networks": [network], "terms": [{"target": words[-1]}], "steps": steps}


@pytest.mark.parametrize("medium", MEDIA)
@pytest.mark.parametrize("source", SOURCES)
def test_it_draws_from_the_command_line(here, medium, source, draw):
    assert "score" in draw(*SOURCES[source], *MEDIA[medium])
    (folder,) = (here / "runs").iterdir()
    assert (folder / "certificate.json").is_file()
    # It is the same recipe wherever one stands.
    (network,) = assemble(folder / "recipe.toml", {}, []).networks
    if source == "archive":
        assert network.source == str(here / "kept" / "net.pt2")
        assert not (folder / "inputs").exists()
    else:
        assert network.source == "nets_of_mine:Net"


@pytest.mark.parametrize("medium", MEDIA)
@pytest.mark.parametrize("source", SOURCES)
def test_a_run_that_was_stopped_ends_as_if_it_had_not_been(here, medium, source):
    table = recipe(SOURCES[source])
    if medium == "pixels":
        table |= {"width": 32, "height": 40, "inks": 3, "page": SHEET}
    else:
        page = {"size": "40x50mm", "margin": 3, "scale": 1}
        table |= {"medium": medium, "page": page, "strokes": {"count": 8}}
    said = assemble(None, table, ["views.count=2"])
    whole = climbed(Run.create(said, here / "whole"))
    assert same_result(whole, gone_on(stopped(said, here / "stopped", 3).folder, 3))


def test_a_run_does_not_go_on_through_other_weights(here):
    words = SOURCES["function"]
    table = {**recipe(words), "width": 24, "height": 24, "inks": 3, "page": SHEET}
    run = stopped(assemble(None, table, []), here / "runs", 1)
    assert Run.open(run.folder).session.done == 1
    code = (here / "nets_of_mine.py").read_text()
    changed = code.replace("self.fc = nn.Linear(10, 7)", "self.fc = nn.Linear(10, 7, bias=False)")
    assert changed != code
    (here / "nets_of_mine.py").write_text(changed + "# a file of another length\n")
    sys.modules.pop("nets_of_mine")
    with pytest.raises(InputError, match="climbed with other weights of Net"):
        Run.open(run.folder)


def test_a_certificate_holds_what_a_function_returned(here, draw):
    draw(*SOURCES["function"], *PIXELS)
    (folder,) = (here / "runs").iterdir()
    certificate = json.loads((folder / "certificate.json").read_text())
    assert len(certificate["networks"]["Net"]) == 64
    assert certificate["networks"]["Net"] in (folder / "certificate.md").read_text()


def test_a_recipe_names_files_as_seen_from_where_it_lies(here, draw):
    (here / "kept" / "own.toml").write_text(
        'width = 32\nheight = 32\nsteps = 2\npage = {size = "40x50mm", margin = 4}\n'
        '[[terms]]\ntarget = "n/conv2d_1/1"\n'
        '[[networks]]\nname = "n"\nsource = "net.pt2"\n'
        "mean = [0.5, 0.5, 0.5]\ndeviation = [0.2, 0.2, 0.2]\n"
    )
    draw("kept/own.toml")


def test_mistakes_end_in_one_line_and_leave_no_folder(here, capsys):
    for words, said in (
        (["--network", "gone.pt2", "--neuron", "gone/x/1"], "gone.pt2: cannot be read"),
        (["--network", "nets_of_mine:Live", "--neuron", "Live/layer1/1"], "dropout"),
        (["--network", "nets_of_mine:Blind", "--neuron", "Blind/b/1"], "does not depend on"),
        (["--network", "nets_of_mine:Net", "--neuron", "Net/layer1/8"], "it has 8, 0 to 7"),
        (["--network", "nets_of_mine:Net", "--neuron", "net/layer1/8"], "such as --neuron Net/"),
        (["--network", "loom=nets_of_mine:Net", "--neuron", "loom/layer1/8"], "loom is built in"),
        (["--network", "my net.pt2", "--neuron", "loom/conv1_1/1"], "is no name for a network"),
    ):
        assert said in refused(capsys, "draw", *words, *PIXELS)
    assert not (here / "runs").exists()


BAD = [
    ({"mean": [0.5]}, "networks.0: mean: give 3 numbers"),
    ({"deviation": [0.5, 0.5, 0]}, "networks.0.deviation.2 = 0"),
    ({"size": -1}, "networks.0.size = -1"),
    ({"name": "1st"}, "is no name for a network"),
    ({"name": "a/b"}, "is no name for a network"),
    ({"sauce": "x"}, "networks.0.sauce"),
]


@pytest.mark.parametrize(("change", "said"), BAD)
def test_tables_of_networks_that_cannot_be(change, said):
    with pytest.raises(InputError, match=said):
        assemble(None, {"networks": [{"name": "n", "source": "a:b", **change}]}, [])


def test_the_name_of_every_built_in_network_is_taken():
    assert set(networks.BUILT_IN) == set(BUILT_IN), "name it in recipe/networks.py, too"
    for name in BUILT_IN:
        with pytest.raises(InputError, match=f"networks: {name} is built in"):
            assemble(None, {"networks": [{"name": name, "source": "a:b"}]}, [])


def test_networks_have_names_of_their_own():
    two = [{"name": "n", "source": "a:b"}, {"name": "n", "source": "c:d"}]
    with pytest.raises(InputError, match="networks: n is given twice"):
        assemble(None, {"networks": two}, [])
