"""Rule 18: one's pens as vpype takes them, read by vpype itself."""

import pytest
import vpype
import vpype_cli

from inkdream.cli.pens import show_for_vpype
from inkdream.errors import InputError
from inkdream.pens import Pen
from inkdream.pens.pen import to_vpype
from tests.pens.test_swatches import printed

PENS = [
    Pen(name='Bob\'s "best" \\ grün', colour="#111111", width=0.38),
    Pen(name="gold", colour="goldenrod", width=0.6, opacity="opaque"),
]
LINES = "line 0 0 1cm 1cm line -l2 0 0 2cm 1cm pens inkdream"


@pytest.fixture
def settings(monkeypatch):
    """vpype's settings, as they were before afterwards."""
    monkeypatch.setattr(vpype.config_manager, "_config", {**vpype.config_manager.config})
    return vpype.config_manager


def test_rule_18_vpype_gives_its_layers_these_pens(tmp_path, settings):
    (tmp_path / "pens.toml").write_text(to_vpype(PENS), encoding="utf-8")
    settings.load_config_file(str(tmp_path / "pens.toml"))
    document = vpype_cli.execute(LINES)
    for number, pen in enumerate(PENS, 1):
        layer = document.layers[number]
        assert layer.property(vpype.METADATA_FIELD_NAME) == pen.name
        assert layer.property(vpype.METADATA_FIELD_PEN_WIDTH) == pytest.approx(
            pen.width * 96 / 25.4
        )
    assert document.layers[1].property(vpype.METADATA_FIELD_COLOR).as_hex() == "#111111"
    assert document.layers[2].property(vpype.METADATA_FIELD_COLOR).as_hex() == "#daa520"


def test_pens_are_named_as_everywhere(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text('[[pens]]\nname = "[b]sun[/b]"\ncolour = "gold"\nwidth = 0.5\n')
    text, code = printed(show_for_vpype, "stabilo88:46,mine", own=own, width=40)
    assert code == 0
    assert text == to_vpype(
        [
            Pen(name="Stabilo point 88 46 black", colour=ink_of(text), width=0.4),
            Pen(name="[b]sun[/b]", colour="gold", width=0.5),
        ]
    )


def ink_of(text):
    return text.split('color = "')[1][:7]


def test_appending_it_again_leaves_a_file_in_which_the_last_counts(tmp_path, settings):
    before = "[pen_config.other]\nlayers = [{layer_id = 1, name = 'x'}]\n"
    old = [Pen(name="old", colour="red", width=1), PENS[1]]
    (tmp_path / "pens.toml").write_text(before + "\n".join(map(to_vpype, (old, PENS, PENS))))
    settings.load_config_file(str(tmp_path / "pens.toml"))
    layers = vpype_cli.execute(LINES).layers
    names = [layers[number].property(vpype.METADATA_FIELD_NAME) for number in (1, 2)]
    assert names == [pen.name for pen in PENS]


def test_a_pen_without_a_colour_is_refused():
    with pytest.raises(InputError, match="has no colour yet"):
        to_vpype([Pen(name="?", colour="?", width=0.4)])
