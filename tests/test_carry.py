"""Files that carry their recipe: the same picture, the same recipe back, and no trust in others."""

import contextlib
import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from inkdream import pictures
from inkdream.errors import InputError
from inkdream.formats.svg import to_svg
from inkdream.page import Page
from inkdream.pens import Pen
from inkdream.pictures import Inked
from inkdream.plot import Layer, Plot, Stroke
from inkdream.recipe import assemble, validate
from inkdream.recipe.carry import carried_text, carrying, read_recipe
from inkdream.recipe.essentials import essential
from inkdream.svg.read import read_svg
from tests.running import says

ROOT = Path(__file__).parent.parent
PICTURE = Inked(
    np.arange(60, dtype=np.uint8).reshape(6, 10) % 3,
    np.array([[255, 255, 255], [0, 90, 200], [20, 20, 20]], np.uint8),
)
ASKED = validate(
    {
        "medium": "strokes",
        "pens": "black,teal:0.3",
        "terms": [{"kind": "text", "words": "a 'heron' <in> the & \u00fcber \u2014 \u9dfa"}],
        "steps": 77,
    }
)
KINDS = {
    "png": pictures.indexed_png(PICTURE),
    "rgb": pictures.rgb_png(PICTURE.rgb()),
    "gif": pictures.animated_gif([PICTURE, PICTURE]),
}


def same(one, other) -> bool:
    return one.model_dump(mode="json") == other.model_dump(mode="json")


@pytest.mark.parametrize("path", sorted((ROOT / "recipes").glob("*.toml")), ids=lambda p: p.stem)
def test_the_essentials_of_a_recipe_make_the_same_recipe(path: Path) -> None:
    recipe = assemble(path, {}, [])
    table = essential(recipe)
    page = table.get("page")
    assert same(
        validate({**table, "page": {"size": page}} if isinstance(page, str) else table), recipe
    )
    assert len(str(table)) < len(recipe.to_toml()) / 3


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_carries_its_recipe_and_looks_the_same(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"picture.{kind[:3] if kind != 'rgb' else 'png'}"
    path.write_bytes(carrying(KINDS[kind], ASKED))
    before, after = (
        Image.open(io.BytesIO(content)) for content in (KINDS[kind], path.read_bytes())
    )
    assert getattr(after, "n_frames", 1) == getattr(before, "n_frames", 1)
    for frame in range(getattr(after, "n_frames", 1)):
        before.seek(frame)
        after.seek(frame)
        assert (np.array(before.convert("RGB")) == np.array(after.convert("RGB"))).all()
    assert same(assemble(path, {}, []), ASKED)


def test_a_plot_carries_it_too(tmp_path: Path) -> None:
    line = Stroke(np.array([[20.0, 20.0], [40.0, 60.0]]))
    plot = Plot(
        Page(), "#ffffff", (Layer(Pen(name="black", colour="#000000", width=0.4), (line,)),)
    )
    path = tmp_path / "plot.svg"
    path.write_text(to_svg(plot, {"recipe": carried_text(ASKED), "title": "a"}), "utf-8")
    assert same(assemble(path, {}, []), ASKED)
    assert read_svg(path).as_plot().strokes == 1


def test_what_a_run_leaves_draws_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["--width", "24", "--height", "16", "--steps", "3", "--inks", "3", "--out", "runs"]
    assert says(capsys, "draw", *words, "--page", "40x40mm", "--margin", "4")[0] == 0
    (run,) = (tmp_path / "runs").iterdir()
    whole = assemble(run / "recipe.toml", {}, [])
    for name in ("drawing.png", "drawing.svg", "preview.png", "preview.gif", "progress.gif"):
        assert same(assemble(run / name, {}, []), whole), name
    # What it was drawn by may be known to all; where it lay is nobody's business.
    assert str(tmp_path).encode() not in (run / "drawing.png").read_bytes()


def test_other_files_carry_none(tmp_path: Path) -> None:
    for name, content in (
        ("plain.png", KINDS["png"]),
        ("plain.gif", KINDS["gif"]),
        ("plain.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match="carries no recipe"):
            assemble(tmp_path / name, {}, [])
    damaged = carrying(KINDS["png"], ASKED).replace(b"steps = 77", b"steps = = ")
    (tmp_path / "damaged.png").write_bytes(damaged)
    with pytest.raises(InputError, match="is damaged"):
        read_recipe(tmp_path / "damaged.png")


def test_hostile_lengths_are_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "hostile.png"
    head = KINDS["png"][:33]
    chunks = (
        struct.pack(">I4s", 2**31 - 1, b"iTXt") + b"inkdream-recipe",
        struct.pack(">I4s", 2**20 + 1, b"iTXt") + b"inkdream-recipe" + bytes(5 + 2**20),
        (struct.pack(">I4s", 0, b"tEXt") + bytes(4)) * 100_000,
    )
    for chunk in chunks:
        path.write_bytes(head + chunk)
        with pytest.raises(InputError, match="carries no recipe"):
            read_recipe(path)


@given(st.sampled_from(sorted(KINDS)), st.data())
def test_damaged_files_are_refused_in_a_line(tmp_path_factory, kind: str, data) -> None:
    whole = bytearray(carrying(KINDS[kind], ASKED))
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(8, len(whole) - 1))
        whole[place] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / f"damaged-{kind}"
    path.write_bytes(bytes(whole[: data.draw(st.integers(8, len(whole)))]))
    with contextlib.suppress(InputError):
        read_recipe(path)


def holding(folder: Path, kind: str, text: str) -> Path:
    """Return a file that carries a text, as somebody else may have put it there."""
    path = folder / f"x.{kind}"
    if kind == "svg":
        line = Stroke(np.array([[10.0, 10.0], [90.0, 120.0]]))
        plot = Plot(Page.of("a6"), "#ffffff", (Layer(ASKED.pens[0], (line,)),))
        path.write_text(to_svg(plot, {"recipe": text}), encoding="utf-8")
        return path
    whole = carrying(KINDS[kind], ASKED)
    begin = {"png": b"iTXt", "gif": b"!\xfe"}[kind]
    place = whole.index(begin) - (4 if kind == "png" else 0)
    end = len(whole) - len(KINDS[kind]) + place
    told = f"inkdream-recipe\n{text}".encode()
    if kind == "png":
        body = b"iTXt" + b"inkdream-recipe" + bytes(5) + text.encode()
        part = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    else:
        pieces = [told[i : i + 255] for i in range(0, len(told), 255)]
        part = begin + b"".join(bytes([len(each)]) + each for each in pieces) + b"\0"
    path.write_bytes(whole[:place] + part + whole[end:])
    return path


@pytest.mark.parametrize("kind", ["png", "gif", "svg"])
@pytest.mark.parametrize(
    ("recipe", "what"),
    [
        ('origin = "/etc/passwd"', "'/etc/passwd', which does not lie beside it"),
        ('bare = "../../m.png"', "does not lie beside it"),
        ('origin = "~/m.png"', "does not lie beside it"),
        ('origin = "C:\\\\m.png"', "does not lie beside it"),
        ('origin = "a\\\\..\\\\..\\\\m.png"', "does not lie beside it"),
        ('[keep]\nfrom = "/runs/x"', "does not lie beside it"),
        ('[[terms]]\nkind = "like"\npicture = "/m.png"', "does not lie beside it"),
        ('[[terms]]\nkind = "text"\nwords = "a"\nmodel = "/models/x"', "does not lie beside it"),
        ('[[pens]]\ncolour = "red"\nwidth = 1\nwhere = "//host/m.png"', "does not lie beside it"),
        ('[[networks]]\nname = "x"\nsource = "/x.pt2"', "does not lie beside it"),
        ('[[networks]]\nname = "x"\nsource = "os:system"', "which is code"),
        ("seed = ", "is damaged"),
    ],
)
def test_a_picture_runs_no_code_and_names_nothing_but_what_lies_beside_it(
    tmp_path: Path, kind: str, recipe: str, what: str
) -> None:
    path = holding(tmp_path, kind, recipe)
    with pytest.raises(InputError) as error:
        assemble(path, {}, [])
    assert what in str(error.value)
    # And it is this that is refused, not the file.
    assert assemble(holding(tmp_path, kind, "seed = 3"), {}, []).seed == 3


def test_folders_of_files_elsewhere_are_not_told() -> None:
    told = carried_text(validate({"origin": "/home/ada/secret/p.png", "bare": "masks/m.png"}))
    assert "secret" not in told
    assert 'origin = "p.png"' in told
    assert 'bare = "masks/m.png"' in told


def test_no_entity_of_an_svg_is_taken_and_no_other_file_read(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("seed = 7654321")
    entity = f'<!DOCTYPE svg [<!ENTITY s SYSTEM "{(tmp_path / "secret.txt").as_uri()}">]>'
    body = '<svg><inkdream:recipe xmlns:inkdream="urn:inkdream">&s;</inkdream:recipe></svg>'
    (tmp_path / "x.svg").write_text(entity + body)
    with pytest.raises(InputError) as error:
        read_recipe(tmp_path / "x.svg")
    assert "7654321" not in str(error.value)
