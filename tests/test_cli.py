"""The command line: help for every verb, and one clear line for whatever cannot be."""

import pytest
from PIL import Image

from inkdream import sheet
from inkdream.cli import app, main

VERBS = sorted(name for name in app if not name.startswith("-"))


@pytest.fixture
def says(capsys, monkeypatch, tmp_path):
    """Run words in an empty folder; return the exit code and what was said."""
    monkeypatch.chdir(tmp_path)

    def run(*words):
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in words])
        said = capsys.readouterr()
        return end.value.code, said.out, said.err

    return run


def there(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def refused(says, *words):
    """Return the one line in which words are refused."""
    code, out, err = says(*words)
    assert code == 2, (out, err)
    assert err.startswith("inkdream: ")
    assert err.count("\n") == 1, err
    assert err.endswith("\n")
    assert "Traceback" not in out + err
    assert len(err) < 1000
    return err


def test_there_are_the_verbs_that_are_promised():
    assert {"draw", "resume", "networks"} <= set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(says, tmp_path, verb):
    code, out, _ = says(verb, "--help")
    assert code == 0
    assert f"inkdream {verb}" in out
    assert len(out.splitlines()) > 4
    assert there(tmp_path) == []


def test_help_says_what_to_try(says):
    code, out, _ = says("--help")
    assert code == 0
    assert "inkdream draw" in out
    assert all(verb in out for verb in VERBS)


BAD = [
    (["--neuron", "vgg/conv1_1/0"], "unknown network 'vgg'"),
    (["--neuron", "lom/conv1_1/0"], "Did you mean 'loom'?"),
    (["--neuron", "loom/conv9_1/0"], "unknown layer of loom 'conv9_1'"),
    (["--neuron", "loom/conv4-1/0"], "Did you mean 'conv4_1'?"),
    (["--neuron", "loom/conv1_1/999"], "no channel 999"),
    (["--neuron", "loom/conv1_1/-1"], "'-1' is no channel"),
    (["--neuron", "loom/conv1_1/x"], "'x' is no channel"),
    (["--neuron", "loom/conv1_1/a\nb"], "is no channel"),
    (["--neuron", "loom/conv1_1/3/7,7"], "x and y are shares"),
    (["--neuron", "loom"], "network/layer/channel"),
    (["--neuron", ""], "unknown network"),
    (["--neuron", "loom/class/no such thing"], "unknown class"),
    (["--neuron", "loom/conv1_1/0:heavy"], "weight"),
    (["--neuron", "loom/conv1_1/0:nan"], "weight"),
    (["--neuron", "loom/conv1_1/0", "--neuron", "loom/conv1_1/0"], "twice"),
    (["--neuron"], "--neuron"),
    (["--inks", "0"], "2 to 64"),
    (["--inks", "1"], "2 to 64"),
    (["--inks", "-3"], "2 to 64"),
    (["--inks", "65"], "2 to 64"),
    (["--inks", "black"], "2 to 64"),
    (["--inks", ",".join(f"#{n:06x}" for n in range(65))], "2 to 64"),
    (["--inks", "black,blak"], "Did you mean 'black'?"),
    (["--inks", "black,#12345"], "colour"),
    (["--inks", "black,#000"], "given twice"),
    (["--inks", ""], "ink"),
    (["--inks", ",,"], "colour"),
    (["--width", "0"], "width = 0"),
    (["--width", "-5"], "width"),
    (["--height", "0"], "height = 0"),
    (["--width", "wide"], "wide"),
    (["--width", "65536", "--height", "65536"], "at most"),
    (["--width", "1" + "0" * 30], "width"),
    (["--width", "8192", "--height", "8192", "--inks", "64"], "memory"),
    (["--width", "8", "--height", "8", "--neuron", "loom/conv5_1/0"], "at least 16 px"),
    (["--steps", "0"], "steps"),
    (["--seed", "-1"], "seed"),
    (["--set", "views.cont=3"], "Did you mean 'views.count'?"),
    (["--set", "step=3"], "Did you mean 'steps'?"),
    (["--set", "views.count"], "key=value"),
    (["--set", "=3"], "unknown recipe key"),
    (["--set", "views.count=0"], "views.count"),
    (["--set", "softness.start=nan"], "softness.start"),
    (["--set", "seed.x=3"], "seed"),
    (["--set", "views=3"], "views"),
    (["--colours", "3"], "--colours"),
    (["missing.toml"], "missing.toml"),
    (["x" * 5000], "cannot be read"),
    (["a\nb.toml"], "cannot be read"),
    (["."], "cannot be read"),
    (["one.toml", "two.toml"], "two.toml"),
]


@pytest.mark.parametrize(("words", "expected"), BAD, ids=[" ".join(words)[:40] for words, _ in BAD])
def test_bad_input_gets_one_line_and_nothing_is_made(says, tmp_path, monkeypatch, words, expected):
    # So that the answer is the same on a machine with more memory.
    monkeypatch.setattr("os.sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 2**22}.__getitem__)
    assert expected in refused(says, "draw", *words)
    assert there(tmp_path) == []


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"steps = = 3", "is no TOML"),
        (b"\xff\xfe\x00", "is no TOML"),
        (b"stepz = 3", "Did you mean 'steps'?"),
        (b"[views]\ncount = 'many'", "views.count = many"),
        (b"terms = []", "nothing to excite"),
        (b"terms = 3", "terms"),
        (b"[[terms]]\nweight = 2", "terms.0.target"),
        (b"inks = ['red', 3]", "inks.1 = 3"),
        (b"a" * 3000 + b" = 1", "unknown recipe key"),
    ],
)
def test_bad_recipes_get_one_line_that_names_them(says, tmp_path, content, expected):
    (tmp_path / "r.toml").write_bytes(content)
    line = refused(says, "draw", "r.toml")
    assert expected in line
    assert "r.toml" in line
    assert there(tmp_path) == ["r.toml"]


@pytest.mark.parametrize(
    "words",
    [
        ["resume"],
        ["resume", "nowhere"],
        ["resume", "."],
        ["resume", "file"],
        ["resume", "file/deeper"],
        ["resume", "x" * 5000],
        ["networks", "nope"],
        ["networks", "--sheet", "conv1_1"],
        ["networks", "loom", "--sheet", "conv9_9"],
        ["networks", "loom", "--sheet", "conv1_1", "--out", "file"],
        ["networks", "loom", "--sheet", "conv1_1", "--out", "no/folder/x.png"],
        ["networks", "loom", "--sheet", "conv1_1", "--out", "x" * 5000],
        ["networks", "loom", "conv1_1"],
        ["drow"],
        ["--drow"],
        ["draw", "--out", "file", "--steps", "1", "--width", "16", "--height", "16"],
        ["draw", "--out", "file/deeper", "--steps", "1", "--width", "16", "--height", "16"],
        ["draw", "--out", "/proc/nothing", "--steps", "1", "--width", "16", "--height", "16"],
        ["draw", "--out", "x" * 5000, "--steps", "1", "--width", "16", "--height", "16"],
    ],
    ids=lambda words: " ".join(words)[:60],
)
def test_words_and_folders_that_are_none_get_one_line(says, tmp_path, words):
    (tmp_path / "file").write_text("mine")
    refused(says, *words)
    assert there(tmp_path) == ["file"]
    assert (tmp_path / "file").read_text() == "mine"


def test_an_interruption_before_anything_began_ends_quietly(says, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("inkdream.recipe.assemble", interrupted)
    code, _, err = says("draw")
    assert code == 130
    assert "Traceback" not in err


def test_networks_are_listed(says):
    code, out, _ = says("networks")
    assert code == 0
    assert "loom" in out


def test_layers_and_classes_are_listed(says):
    from inkdream.networks.loom import Loom

    code, out, _ = says("networks", "loom")
    assert code == 0
    loom = Loom()
    lines = out.splitlines()
    for layer in loom.layers:
        (row,) = [line for line in lines if line.startswith(f"loom/{layer.name} ")]
        assert f"0 to {layer.channels - 1}" in row
    joined = " ".join(out.split())
    assert all(label in joined for label in loom.layers[-1].labels)


def test_a_sheet_shows_every_channel_and_is_not_written_over(says, monkeypatch, tmp_path):
    monkeypatch.setattr(sheet, "TILE", 16)
    monkeypatch.setattr(sheet, "STEPS", 2)
    path = tmp_path / "x.png"
    words = ("networks", "loom", "--sheet", "conv1_1", "--out", "x.png")
    code, out, _ = says(*words)
    assert code == 0
    assert "x.png" in out
    with Image.open(path) as image:
        assert image.width * image.height > 24 * 16 * 16
        assert image.mode == "RGB"
    path.write_text("mine")
    assert "--force" in refused(says, *words)
    assert path.read_text() == "mine"
    monkeypatch.setattr(sheet, "STEPS", 1)
    code, _, _ = says(*words, "--force")
    assert code == 0
    assert path.read_bytes().startswith(b"\x89PNG")
    assert there(tmp_path) == ["x.png"]
