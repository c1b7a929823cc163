"""What a run leaves is asked for; of what it does not leave, nothing is claimed."""

from dataclasses import asdict

import pytest

from inkdream import api
from inkdream.errors import InputError
from inkdream.recipe import validate
from inkdream.storage import FINISHED, standing
from tests.running import certificate, drawn, says
from tests.toys import small

ALWAYS = {"recipe.toml", "events.jsonl", "certificate.json", "certificate.md", "drawing.png"}
PLOTTED = {"drawing.svg"}
PREVIEWED = {"preview.png", "preview.gif", "sheet.html"}
BESIDE = {"soft.png", "compare.png", "progress.gif", "palette.gpl", "palette.hex"}
STROKES = {"medium": "strokes", "strokes": {"count": 3}}


def left(parent, **keys):
    return drawn(small(**keys), parent).folder


def names(folder):
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("outputs", "files"),
    [
        ([], ALWAYS),
        (["plot"], ALWAYS | PLOTTED),
        (["previews"], ALWAYS | PLOTTED | PREVIEWED),
        (["pictures", "drawing"], ALWAYS | BESIDE),
    ],
)
def test_a_run_leaves_what_is_asked_for(tmp_path, outputs, files):
    folder = left(tmp_path, outputs=outputs)
    assert names(folder) == files
    assert standing(folder).state == FINISHED
    page = (folder / "certificate.md").read_text()
    assert [
        name for name in PLOTTED | PREVIEWED | BESIDE if name in page and name not in files
    ] == []


def test_the_drawing_and_its_score_are_the_same_whatever_else_is_left(tmp_path):
    whole, bare = left(tmp_path / "all"), left(tmp_path / "bare", outputs=["drawing"])
    assert (whole / "drawing.png").read_bytes() == (bare / "drawing.png").read_bytes()
    one, other = (certificate(each) for each in (whole, bare))
    for key in ("score_strict", "score_soft", "gap", "ink_shares"):
        assert one[key] == other[key]
    assert one["robust"] is not None and other["robust"] is None
    assert "plot_seconds" in one and "plot_seconds" not in other


def test_strokes_always_leave_the_file_that_they_are_measured_on(tmp_path):
    folder = left(tmp_path, **STROKES, outputs=["drawing"])
    assert names(folder) == ALWAYS | PLOTTED
    assert "preview.png" not in (folder / "certificate.md").read_text()


def test_a_run_without_a_plot_can_be_listed_shown_and_plotted_later(tmp_path, capsys):
    folder = left(tmp_path, outputs=["drawing"])
    for words, code in (
        (["list", str(tmp_path)], 0),
        (["show", str(folder), "--print"], 0),
        (["plot", str(folder), "--report"], 2),
        (["plot", str(folder)], 0),
    ):
        found, out, err = says(capsys, *words)
        assert found == code, err
        if words[0] == "show":
            assert out.strip() == str(folder / "drawing.png")
        if "--report" in words:
            assert f"inkdream plot {folder}" in err
    assert "<polyline" in (folder / "plot.svg").read_text()


def test_words_for_outputs_are_put_in_order_and_others_refused():
    assert validate({"outputs": "previews,drawing"}).outputs == ("drawing", "plot", "previews")
    with pytest.raises(InputError, match="must be 'drawing', 'plot', 'previews'"):
        validate({"outputs": ["plot", "gif"]})


def test_a_result_without_a_plot_says_what_to_add():
    result = api.draw("loom/conv3_3/8", width=32, height=32, steps=2, outputs=["drawing"])
    with pytest.raises(InputError, match="add 'plot'"):
        _ = result.plot
    assert result.certificate.plot is None
    assert asdict(result.certificate)["outputs"] == ("drawing",)
