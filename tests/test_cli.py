"""The command line: help for every verb, and one clear line for whatever cannot be."""

from functools import partial

import pytest
from PIL import Image

from inkdream.cli import app
from inkdream.errors import InputError
from inkdream.pictures import read_rgb
from inkdream.run import contact_sheet
from tests import running

VERBS = sorted(name for name in app if not name.startswith("-"))


@pytest.fixture
def says(capsys, monkeypatch, tmp_path):
    """Run words in an empty folder; return the exit code and what was said."""
    monkeypatch.chdir(tmp_path)

    return partial(running.says, capsys)


def there(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.fixture
def refused(capsys, says):
    """Run words in an empty folder; return the one line in which they are refused."""
    return partial(running.refused, capsys)


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
    (["--neuron", "conv4_1/17"], "Did you mean 'loom/conv4_1/17'?"),
    (["--neuron", "conv4-1/17"], "Did you mean 'loom/conv4_1/17'?"),
    (["--neuron", "spiral"], "Did you mean 'loom/class/spiral'?"),
    (["--avoid", "Sprial"], "Did you mean 'loom/class/spiral'?"),
    (["--neuron", "loom/spiral"], "Did you mean 'loom/class/spiral'"),
    (["--spike", "conv3_3/1"], "Did you mean 'loom/conv3_3/1'?"),
    (["--neuron", "somewhere/else/1"], "unknown network 'somewhere'"),
    (["--neuron", "loom/conv9_1/0"], "unknown layer of loom 'conv9_1'"),
    (["--neuron", "loom/conv4-1/0"], "Did you mean 'conv4_1'?"),
    (["--neuron", "loom/conv1_1/999"], "no channel 999"),
    (["--neuron", "loom/conv1_1/-1"], "'-1' is no channel"),
    (["--neuron", "loom/conv1_1/x"], "'x' is no channel"),
    (["--neuron", "loom/conv1_1/a\nb"], "is no channel"),
    (["--neuron", "loom/conv1_1/3/7,7"], "x and y are shares"),
    (["--neuron", "loom"], "network/layer/channel"),
    (["--neuron", ""], "target is missing"),
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
    (["--strokes", "0"], "strokes.count = 0"),
    (["--strokes", "-4"], "strokes.count = -4"),
    (["--strokes", "4.5"], "'4.5' is no whole number"),
    (["loom/conv4_1/17"], "--neuron loom/conv4_1/17"),
    (["--strokes", "100001"], "100000"),
    (["--strokes", "many"], "many"),
    (["--medium", "lines"], "lines"),
    (["--strokes", "9", "--inks", "0"], "inks"),
    (["--strokes", "9", "--inks", "65"], "inks"),
    (["--strokes", "9", "--set", "inks=true"], "inks = True"),
    (["--pens", "blak"], "unknown pen 'blak'. Did you mean 'black'?"),
    (["--pens", "black,red,black"], "'black' is given twice"),
    (["--pens", "black:"], "width in mm"),
    (["--pens", "black:wide"], "is no width"),
    (["--pens", "black:0"], "width = 0"),
    (["--pens", "black:nan"], "width = nan"),
    (["--pens", "black:51"], "width = 51"),
    (["--pens", "black:0.4:thick"], "no opacity"),
    (["--pens", ""], "black:0.4"),
    (["--pens", "black,,red"], "black:0.4"),
    (["--pens", ",".join(f"#{n:06x}" for n in range(65))], "64"),
    (["--pens", "missing.toml"], "missing.toml"),
    (["--strokes", "9", "--set", 'pens=[{colour = "black"}]'], "pens.0.width: is missing"),
    (["--page", "a55"], "unknown page size 'a55'. Did you mean 'a5'?"),
    (["--page", ""], "unknown page size"),
    (["--page", "5"], "unknown page size '5'"),
    (["--page", "a5\nb"], "unknown page size"),
    (["--page", "300x200ft"], "unknown unit 'ft'"),
    (["--page", "0x200mm"], "a side has more than 0"),
    (["--page", "1e9x1e9"], "unknown page size"),
    (["--page", "20x20mm"], "no room inside margins of 10 mm"),
    (["--page", "a6", "--margin", "53"], "no room inside margins of 53 mm"),
    (["--margin", "-1"], "page.margin = -1"),
    (["--margin", "nan"], "page.margin = nan"),
    (["--margin", "wide"], "wide"),
    (["--page", "60x60mm", "--pens", "black:45"], "only 40 mm"),
    (["--strokes", "9", "--page", "60x60mm", "--pens", "black:45"], "black draws 45 mm wide"),
    (["--paper", "?"], "cannot be learned"),
    (["--paper", "whte"], "Did you mean 'white'?"),
    (["--machine", "axidrw"], "unknown machine 'axidrw'"),
    (["--budget", "soon"], "no duration"),
    (["--strokes", "9", "--set", "strokes.lenght=3"], "Did you mean 'strokes.length'?"),
    (["--strokes", "9", "--set", "strokes.start=middle"], "'study', 'plan' or 'sketch'"),
    (["--strokes", "9", "--set", "page.scale=1000"], "at most"),
    (["missing.toml"], "missing.toml"),
    (["x" * 5000], "cannot be read"),
    (["a\nb.toml"], "cannot be read"),
    (["."], "is no file"),
    (["one.toml", "two.toml"], "two.toml"),
]


@pytest.mark.parametrize(("words", "expected"), BAD, ids=[" ".join(words)[:40] for words, _ in BAD])
def test_bad_input_gets_one_line_and_nothing_is_made(
    refused, tmp_path, monkeypatch, words, expected
):
    # So that the answer is the same on a machine with more memory.
    monkeypatch.setattr("os.sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 2**22}.__getitem__)
    assert expected in refused("draw", *words)
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
        (b"[[terms]]\nweight = 2", "terms.0: target is missing"),
        (b"inks = ['red', 3]", "inks.1 = 3"),
        (b"a" * 3000 + b" = 1", "unknown recipe key"),
        (b"medium = 'strokes'\n[[pens]]\ncolour = 'black'", "pens.0.width: is missing"),
        (b"medium = 'strokes'\npens = 'box.toml'", "--pens reads a file of pens"),
        (b"medium = 'strokes'\n[strokes]\ncount = 0", "strokes.count = 0"),
        (b"medium = 'strokes'\ninks = 2.5", "inks = 2.5"),
        (b"medium = 'strokes'\npage = 'a55'", "Did you mean 'a5'?"),
        (b"page = {size = 'a5', widht = 3}", "Did you mean 'page.width'?"),
    ],
)
def test_bad_recipes_get_one_line_that_names_them(refused, tmp_path, content, expected):
    (tmp_path / "r.toml").write_bytes(content)
    line = refused("draw", "r.toml")
    assert expected in line
    assert "r.toml" in line
    assert there(tmp_path) == ["r.toml"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("[[pens]]\ncolour = 'black'", "width"),
        ("[[pens]]\ncolour = 'blak'\nwidth = 1", "Did you mean 'black'?"),
        ("[[pens]]\nname = 'a'\ncolour = 'red'\nwidth = 1\n" * 2, "'a' is given twice"),
        ("[[pens]]\ncolour = 'red'\nwidth = -1", "width = -1"),
        ("pens = 3", "pens"),
        ("", "pens"),
        ("[[", "TOML"),
    ],
)
def test_bad_pen_files_get_one_line_that_names_them(refused, tmp_path, content, expected):
    (tmp_path / "box.toml").write_text(content)
    line = refused("draw", "--strokes", "9", "--pens", "box.toml")
    assert expected in line
    assert "box.toml" in line
    assert there(tmp_path) == ["box.toml"]


@pytest.fixture
def asked(refused, monkeypatch):
    """Return a function that says which recipe words ask for; nothing is drawn."""
    from inkdream.run import Run

    def recipe_of(*words):
        found = []

        def made(recipe, parent):
            found.append(recipe)
            raise InputError("that is all")

        with monkeypatch.context() as patch:
            patch.setattr(Run, "create", made)
            assert "that is all" in refused("draw", *words)
        return found[0]

    return recipe_of


def test_strokes_imply_strokes(asked):
    recipe = asked("--strokes", "50")
    assert (recipe.medium, recipe.strokes.count) == ("strokes", 50)
    assert [pen.name for pen in recipe.pens] == ["black", "red", "blue", "green"]
    assert asked().medium == "pixels"
    assert asked("--medium", "strokes").strokes.count == 400
    assert asked("--strokes", "50", "--set", "strokes.count=60").strokes.count == 60


def test_the_job_of_the_article(asked):
    words = ("--medium", "strokes", "--strokes", "400", "--pens", "black,red,blue,green")
    recipe = asked(*words, "--page", "a5", "--neuron", "loom/conv4_1/17")
    assert recipe.terms[0].target == "loom/conv4_1/17"
    assert [(pen.colour, pen.width) for pen in recipe.pens] == [
        ("#000000", 0.4),
        ("#ff0000", 0.4),
        ("#0000ff", 0.4),
        ("#008000", 0.4),
    ]
    assert (recipe.page.width, recipe.page.height, recipe.page.margin) == (148, 210, 10)
    assert max(recipe.size) == 256


def test_pages_turn_and_have_margins(asked):
    page = asked("--page", "a4 landscape", "--margin", "15", "--strokes", "9").page
    assert (page.width, page.height, page.margin) == (297, 210, 15)
    assert page.pixels == (181, 256)
    page = asked("--page", "8x10in", "--strokes", "9").page
    assert (page.width, page.height) == (pytest.approx(203.2), pytest.approx(254))
    assert asked("--margin", "0").page.margin == 0


def test_a_page_flag_wins_over_a_recipe_and_keeps_the_rest_of_it(asked, tmp_path):
    (tmp_path / "r.toml").write_text(
        "medium = 'strokes'\n[page]\nwidth = 300\nheight = 100\nscale = 2\nmargin = 7\n"
    )
    assert asked("r.toml").page.pixels == (200, 600)
    page = asked("r.toml", "--page", "a6").page
    assert (page.width, page.height, page.margin) == (105, 148, 7)
    # The longer side is as large as usual again.
    assert max(page.pixels) == 256
    assert asked("r.toml", "--margin", "3").page.pixels == (200, 600)


def test_pens_come_from_words_and_files(asked, tmp_path):
    (tmp_path / "box.toml").write_text(
        "[[pens]]\nname = 'gold'\ncolour = '#c9a227'\nwidth = 0.6\nopacity = 'opaque'\n"
    )
    first, second = asked("--strokes", "9", "--pens", "#C8102E:0.3,box.toml").pens
    assert (first.colour, first.width, first.opacity) == ("#c8102e", 0.3, 0)
    assert (second.name, second.width, second.opacity) == ("gold", 0.6, 1)
    pixels = asked("--pens", "black,box.toml", "--paper", "#fff8e0")
    assert pixels.medium == "pixels"
    assert pixels.inks == ("#fff8e0", "#000000", "#c9a227")


def test_plotters_and_budgets_have_flags(asked):
    plot = asked("--machine", "saxi", "--budget", "1h30m").plot
    assert (plot.machine, plot.budget) == ("saxi", 5400)


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        *(("20", 1200), ("1.5", 90), ("20min", 1200), ("20 minutes", 1200), ("90s", 90)),
        *(("1h30", 5400), ("2 hours", 7200), ("1h 5m 10s", 3910), ("0", 0), ("1:30", 5400)),
    ],
)
def test_a_time_without_a_unit_is_minutes(asked, words, seconds):
    assert asked("--budget", words).plot.budget == seconds


def test_a_time_without_a_unit_is_said_to_be_minutes(says, monkeypatch):
    monkeypatch.setattr("inkdream.run.begin", lambda *_: None)
    monkeypatch.setattr("inkdream.cli.draw.watch_all", lambda *_, **__: 0)
    assert says("draw", "--budget", "20")[1] == "note: --budget 20: taken as 20 minutes\n"
    assert says("draw", "--budget", "20min")[1] == ""


@pytest.mark.parametrize(
    ("words", "flag"),
    [
        (["--strokes", "9", "--width", "64"], "--width"),
        (["--medium", "strokes", "--height", "64"], "--height"),
        (["--strokes", "9", "--set", "width=64"], "--set width=64"),
        (["--strokes", "9", "--set", "pixels.tidiness=1"], "--set pixels.tidiness=1"),
        (["--strokes", "9", "--set", "plot.hatch=cross"], "--set plot.hatch=cross"),
        (["--strokes", "50", "--medium", "pixels"], "--strokes"),
        (["--set", "strokes.length=9"], "--set strokes.length=9"),
        (["--network", "nets.mine:net"], "--network nets.mine:net"),
        (["--random-weights"], "--random-weights"),
        (["strokes.toml", "--width", "64"], "--width"),
    ],
)
def test_a_flag_that_would_change_nothing_is_refused(refused, tmp_path, words, flag):
    (tmp_path / "strokes.toml").write_text("medium = 'strokes'")
    assert refused("draw", *words).startswith(f"inkdream: {flag}: ")


def test_the_keys_without_use_in_a_recipe_that_is_filled_in_are_no_mistake(asked, tmp_path):
    first = asked("--strokes", "9")
    (tmp_path / "r.toml").write_text(first.to_toml())
    assert asked("r.toml").model_dump() == first.model_dump()


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
        ["networks", "loom", "--out", "x.png"],
        ["networks", "loom", "--channels", "3"],
        ["networks", "loom/conv4_1"],
        ["resume", "a", "b"],
        ["plot", "file", "--report", "--page", "a4"],
        ["plot", "file", "--pen-file", "file"],
        ["pens", "check", "file", "--pen-file", "file"],
        ["pens", "--pen-file", "file"],
        ["networks", "loom", "--force"],
        ["draw", "--where", "mask.png"],
        ["draw", "--weights", "w.safetensors"],
        ["draw", "--pen-file", "file"],
        ["draw", "--strokes", "9", "--pens", "black", "--inks", "3"],
        ["draw", "--pens", "stabilo88", "--pick", "3", "--inks", "4"],
        ["drow"],
        ["--drow"],
        ["draw", "--out", "file", "--steps", "1", "--width", "16", "--height", "16"],
        ["draw", "--out", "file/deeper", "--steps", "1", "--width", "16", "--height", "16"],
        ["draw", "--out", "/proc/nothing", "--steps", "1", "--width", "16", "--height", "16"],
        ["draw", "--out", "x" * 5000, "--steps", "1", "--width", "16", "--height", "16"],
    ],
    ids=lambda words: " ".join(words)[:60],
)
def test_words_and_folders_that_are_none_get_one_line(refused, tmp_path, words):
    (tmp_path / "file").write_text("mine")
    refused(*words)
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
    from inkdream.networks.vision import ZOO

    code, out, _ = says("networks")
    assert code == 0
    firsts = [line.split(" ")[0] for line in out.splitlines()]
    assert all(name in firsts for name in ("loom", *ZOO))
    assert "…" not in out


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


@pytest.fixture
def quick_tiles(monkeypatch, tmp_path, no_processes):
    monkeypatch.setattr(contact_sheet, "TILE", 16)
    monkeypatch.setattr(contact_sheet, "STEPS", 2)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_a_sheet_of_some_channels_and_classes(says, quick_tiles, tmp_path):
    words = ("networks", "loom", "--sheet", "conv1_1", "--channels", "3-5,9,4", "--tile-size", "24")
    code, out, _ = says(*words, "-o", "some.png")
    assert code == 0
    assert "some.png: 4 of 24 channels of loom/conv1_1" in out
    kept = sorted((tmp_path / "cache").rglob("drawing.png"))
    assert len(kept) == 4
    assert {read_rgb(path).shape for path in kept} == {(24, 24, 3)}
    words = ("networks", "loom", "--sheet", "class", "--channels", "spiral,7")
    assert "loom-class.png: 2 of " in says(*words)[1]
    assert (tmp_path / "loom-class.png").is_file()


def test_what_was_drawn_before_is_not_drawn_again(says, quick_tiles, tmp_path):
    words = ("networks", "loom", "--sheet", "conv1_1", "--channels")
    assert says(*words, "0-2", "-o", "a.png")[0] == 0
    drawn = {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").rglob("drawing.png")}
    assert says(*words, "1-3", "-o", "b.png")[0] == 0
    assert {path: path.stat().st_mtime_ns for path in drawn} == drawn
    assert len(list((tmp_path / "cache").rglob("drawing.png"))) == len(drawn) + 1 == 4
    for broken in (tmp_path / "cache").rglob("drawing.png"):
        broken.write_bytes(b"no picture")
    assert says(*words, "1-3", "-o", "c.png")[0] == 0
    assert (tmp_path / "c.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--channels", "24"], "no channel 24"),
        (["--channels", "5-3"], "smaller number first"),
        (["--channels", "x"], "no channel"),
        (["--channels", ""], "no channel"),
        (["--tile-size", "4"], "16 to 1024 px"),
        (["--tile-size", "5000"], "16 to 1024 px"),
    ],
)
def test_a_sheet_of_what_is_not_there_is_refused(refused, words, expected):
    assert expected in refused("networks", "loom", "--sheet", "conv1_1", *words)


def test_a_sheet_shows_every_channel_and_is_not_written_over(
    refused, says, quick_tiles, monkeypatch, tmp_path
):
    monkeypatch.setattr(contact_sheet, "STEPS", 1)
    monkeypatch.setattr(contact_sheet, "kept_tiles", lambda: None)
    path = tmp_path / "x.png"
    words = ("networks", "loom", "--sheet", "conv1_1", "--out", "x.png")
    code, out, _ = says(*words)
    assert code == 0
    assert "x.png" in out
    with Image.open(path) as image:
        assert image.width * image.height > 24 * 16 * 16
        assert image.mode == "RGB"
    path.write_text("mine")
    assert "--force" in refused(*words)
    assert path.read_text() == "mine"
    code, _, _ = says(*words, "--force")
    assert code == 0
    assert path.read_bytes().startswith(b"\x89PNG")
    assert there(tmp_path) == ["x.png"]
