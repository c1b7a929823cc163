"""Every command that the handbook says to type is run, on small pictures, or says why it is not.

A block of commands is left out by a comment before it: `<!-- not run: why -->`. Recipes are made
small where the command line makes them, after they were read as they stand: sizes, steps and
strokes; areas are hatched where a command says how, and where pages go on with the plot. Commands
that stand twice are run once; of atlases, which start processes, one of a kind.
"""

import importlib.util
import re
import shutil
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from inkdream.cli import app, main
from inkdream.cli.options import DrawFlags
from inkdream.recipe import Recipe
from inkdream.recipe.naming import folder_name
from inkdream.run import run as runs

ROOT = Path(__file__).parents[1]
SPEC = importlib.util.spec_from_file_location("handbook", ROOT / "docs/book.py")
book = sys.modules["handbook"] = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(book)

BLOCKS = [block for page in book.PAGES for block in book.blocks(page)]
PAGES = sorted({block.page for block in BLOCKS if any(c[0] == "inkdream" for c in block.commands)})
LEFT_OUT = "not run: "
# Names for a run of the reader's.
ANY_RUN = {"NAME", "x"}
# What stands for the runs that pages name: of areas, and of strokes.
SAMPLES = (
    ["draw", "--neuron", "loom/conv4_1/17", "--inks", "4"],
    ["draw", "--neuron", "loom/conv4_1/17", "--strokes", "9", "--pens", "black,red,blue"],
)
# Done, or a score that did not move in the few steps that are taken here.
FINE = {0, 1}
PX, STEPS, SHEET = 48, 3, 40.0
PLOT = Recipe().plot
OWN_PENS = """
[[pens]]
ref = "stabilo88:40"
[[pens]]
ref = "stabilo88:46"
[[pens]]
name = "gold"
colour = "#b8963f"
width = 0.6
""" + "".join(
    f'[[pens]]\nname = "{name}"\ncolour = "{name}"\nwidth = 0.4\n'
    for name in ("teal", "crimson", "orange", "navy")
)
# What makes commands quick that draw no single recipe, behind their own words.
QUICK = {
    "layer": ["--channels", "0-1", "--steps", "2", "--width", "24", "--workers", "1"],
    "recipes": ["--steps", "2", "--workers", "1"],
    "sheet": ["--channels", "0-1", "--tile-size", "16"],
}
MODULE = """from torch import nn

def function():
    module = nn.Module()
    module.layer3 = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3))
    module.forward = module.layer3.forward
    return module
"""


def small(made, is_plotted):
    """Return a recipe that takes a moment; what it asks for stays."""
    said = made.model_dump()
    is_usual = made.finish == type(made.finish)() and not made.keep.source
    outputs = ["drawing", "plot"] if is_plotted or not is_usual or made.plot != PLOT else []
    said |= {"steps": STEPS, "random_weights": True, "judges": [], "outputs": outputs}
    said["views"] |= {"size": 48, "count": 1}
    page = made.page
    # Words have a least size, and what stays has its own.
    if is_usual:
        shrink = SHEET / max(page.width, page.height)
        sizes = {"width": page.width * shrink, "height": page.height * shrink, "margin": 2.0}
        said["page"] |= sizes
    said["variations"] = min(made.variations, 2)
    if made.medium == "strokes":
        said["page"]["scale"] = PX / max(said["page"]["width"], said["page"]["height"])
        # Rings of a whole page take as long to be fitted as they have spans.
        spans = min(made.strokes.spans, 12)
        said["strokes"] |= {"count": 6, "length": 12.0, "spans": spans}
    else:
        said |= {"tile": min(made.tile, 16)}
        wide = made.width / max(made.width, made.height)
        said |= {"width": round(PX * wide), "height": round(PX * made.height * wide / made.width)}
    shrunk = Recipe.model_validate(said).located(Path.cwd())
    return shrunk.with_files({name: str(made.file(name)) for name in made.files})


def fill(desk):
    """Put into a folder all that the pages' commands name, small."""
    book.prepare(desk)
    for path in (*desk.glob("*.png"), *desk.glob("*.jpg")):
        with Image.open(path) as picture:
            picture.thumbnail((PX, PX))
            picture.save(path)
    (desk / "mine.toml").write_text(OWN_PENS)
    (desk / "config/inkdream").mkdir(parents=True)
    (desk / "config/inkdream/pens.toml").write_text(OWN_PENS)
    (desk / "package").mkdir()
    (desk / "package/module.py").write_text(MODULE)
    weights = {}
    for number, each in enumerate((torch.nn.Conv2d(3, 8, 3), torch.nn.Conv2d(8, 8, 3))):
        weights |= {f"layer3.{number}.{name}": w for name, w in each.state_dict().items()}
    save_file(weights, desk / "mine.safetensors")
    convolutions = [torch.nn.Conv2d(3 if k == 0 else 16, 16, 3, padding=1) for k in range(8)]
    module = torch.nn.Sequential(*(m for each in convolutions for m in (each, torch.nn.ReLU())))
    exported = torch.export.export(module.eval(), (torch.rand(1, 3, 48, 48),))
    torch.export.save(exported, desk / "mine.pt2")


class Reader:
    """Who types the pages' commands, in a folder in which lies what they name."""

    def __init__(self, desk):
        self.desk, self.done, self.whole = desk, set(), DrawFlags.recipe
        self.names, self.is_lent = {}, False

    def recipe_of(self, words):
        """Return the recipe that a command draws, as it stands on the page."""
        _, bound, _ = app.parse_args(words, exit_on_error=False, print_error=False)
        flags = bound.arguments.get("flags") or DrawFlags()
        compare = bound.arguments.get("compare", False)
        return self.whole(flags, bound.arguments.get("recipe"), compare=compare)

    def shrunk(self, flags, recipe, **more):
        asked = self.whole(flags, recipe, **more)
        made = small(asked, self.is_lent)
        self.names[made.to_toml()] = folder_name(asked)
        return made

    def name(self, made):
        return self.names.get(made.to_toml()) or folder_name(made)

    def type(self, words):
        """Run a command, unless another did the same."""
        words = self.quickened([word.replace("/shared/", f"{self.desk}/") for word in words])
        for found in (re.match(r"runs/([^/]+)", word) for word in words):
            if found:
                self.lend(found[1])
            if found and found[0] != found.string and found.string.endswith("/plot.svg"):
                run = self.desk / found[0]
                shutil.copy(run / "drawing.svg", run / "plot.svg")
        kinds = [tuple(words)]
        if words[0] == "atlas" and words[1] != "page":
            shards = [word for word in words if word.startswith("--shard")]
            kinds.append(("atlas", words[1].endswith(".toml"), *shards))
        if self.done & set(kinds):
            # What names no drawing of its own is looked at all the same.
            app.parse_args(words, exit_on_error=False, print_error=False)
            return
        self.done |= set(kinds)
        self.run(words)

    def run(self, words):
        with pytest.raises(SystemExit) as end:
            main(words)
        assert end.value.code in (FINE if words[0] == "draw" else {0}), words

    def quickened(self, words):
        """Return a command's words with what makes it quick, as its own flags allow."""
        words = [name for word in words for name in self.spread(word)]
        if words[0] == "plot" and "--report" not in words:
            words = [*words, "--force"]
            if "--title" in words or not words[1].startswith("runs/"):
                words = on_a_small_sheet(words)
        if words[0] == "atlas" and words[1] != "page":
            quick = QUICK["recipes" if words[1].endswith(".toml") else "layer"]
            words = [*words[:2], *quick, *asked_of_atlas(words[2:])]
        if words[0] == "networks" and "--sheet" in words:
            words = [*words, *QUICK["sheet"], "--force"]
        # What a small run draws in a moment.
        words = ["1s" if word == "12min" and "--plotted" in words else word for word in words]
        if words[0] == "show" and "--print" not in words:
            words = [*words, "--print"]
        return words

    def spread(self, word):
        """Return the files that a word with a star names, as a shell does; of many, one."""
        if "*" not in word:
            return [word]
        names = sorted(str(path.relative_to(self.desk)) for path in self.desk.glob(word))
        return [name for name in names if name.endswith("/first.toml")]

    def lend(self, name):
        """Have a run of that name, if the pages lead one to expect it."""
        folder = self.desk / "runs" / name
        if folder.exists():
            return
        assert name in ANY_RUN or name in {folder_name(self.recipe_of(w)) for w in typed("draw")}
        asked = SAMPLES[name in ANY_RUN or "strokes" in name]
        sample = self.desk / "runs" / folder_name(self.recipe_of(asked))
        if not sample.exists():
            self.is_lent = True
            self.run(asked)
            self.is_lent = False
        if folder != sample:
            shutil.copytree(sample, folder)


def on_a_small_sheet(words):
    """Return a plot's words with a small sheet that lies as theirs does."""
    sheet, turned = ("a6", "a6 landscape") if "--title" in words else ("45x60mm", "60x45mm")
    if "--page" not in words:
        return [*words, "--page", sheet]
    at = words.index("--page") + 1
    return [*words[:at], turned if "landscape" in words[at] else sheet, *words[at + 1 :]]


def asked_of_atlas(words):
    """Return an atlas's own words without those that say how large it is."""
    large = {"--channels", "--steps", "--width", "--workers", "--seeds", "--recipe"}
    kept, skip = [], False
    for word in words:
        if not skip and word not in large:
            kept.append(word)
        skip = word in large
    return kept


def typed(verb=""):
    """Return the words behind `inkdream` of the pages' commands, of one verb or of all."""
    return [
        list(words[1:])
        for block in BLOCKS
        if not block.note.startswith(LEFT_OUT)
        for words in block.commands
        if words[0] == "inkdream" and words[1].startswith(verb)
    ]


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("desk")
    fill(folder)
    return Reader(folder)


@pytest.fixture
def reader(desk, monkeypatch):
    monkeypatch.chdir(desk.desk)
    monkeypatch.syspath_prepend(str(desk.desk))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(desk.desk / "config"))
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", "0")
    monkeypatch.setenv("SLURM_ARRAY_TASK_COUNT", "2")

    def recipe(flags, *given, **more):
        return desk.shrunk(flags, *given, **more)

    monkeypatch.setattr(DrawFlags, "recipe", recipe)
    monkeypatch.setattr(runs, "folder_name", desk.name)
    return desk


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_of_a_page_run(reader, page, capsys):
    for block in BLOCKS:
        if block.page != page or block.note.startswith(LEFT_OUT):
            continue
        for words in block.commands:
            if words[0] == "inkdream":
                reader.type(list(words[1:]))


def test_what_is_not_run_says_why():
    left_out = [block.note for block in BLOCKS if block.note.startswith(LEFT_OUT)]
    assert 0 < len(left_out) < 10
    assert all(len(note.removeprefix(LEFT_OUT).split()) > 3 for note in left_out)


@pytest.mark.parametrize("page", book.PAGES, ids=lambda page: page.name)
def test_no_command_stands_outside_a_block_that_is_run(page):
    fenced = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.M | re.S)
    assert re.findall(r"^    (?:\$ )?inkdream .*", fenced, re.M) == []


def test_there_are_commands_of_every_kind():
    assert len(typed()) > 120
    assert {words[0] for words in typed()} >= {"draw", "plot", "atlas", "pens", "networks"}


def test_pictures_of_the_book_have_the_command_that_made_them():
    names = {block.note.split()[1] for block in BLOCKS if block.note.startswith("picture ")}
    there = {path.stem for path in (ROOT / "docs/images/book").glob("*.png")}
    ends = {"-sheet", "-stages"}
    assert {name for name in there if not any(name.endswith(end) for end in ends)} == names
