"""What is drawn and plotted is what it was; and every comparison that says so can fail."""

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.golden.compare import EXACT, TOLERANT, differences, why_files_differ
from tests.golden.spoil import spoilt

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "data"
FILES = sorted(path for path in GOLDEN.rglob("*") if path.is_file())


def test_what_is_made_is_what_was_made(tmp_path):
    made = subprocess.run(
        [sys.executable, "-m", "tests.golden.make", "--portable", "--check", GOLDEN],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr


def picture(mode: str, suffix: str) -> bytes:
    px = np.random.default_rng(0).integers(0, 4, (40, 50, 3 if mode == "RGB" else 1))
    made, out = Image.fromarray((px * 60).astype("uint8").squeeze()), io.BytesIO()
    if mode == "P":
        made = Image.fromarray(px.astype("uint8").squeeze(), "L").convert("P")
        made.putpalette(bytes(range(12)))
    made.save(out, suffix[1:].upper())
    return out.getvalue()


def kinds():
    """Yield each kind of file that is compared."""
    for path in FILES:
        yield pytest.param(path.suffix, path.read_bytes(), id="-".join(path.parts[-2:]))
    yield pytest.param(".png", picture("P", ".png"), id="inks.png")
    yield pytest.param(".png", picture("RGB", ".png"), id="colours.png")
    yield pytest.param(".gif", picture("P", ".gif"), id="frames.gif")
    certificate = {"score": 0.3, "lifts": 4, "pens": [{"name": "red", "seconds": 2e-3}]}
    yield pytest.param(".json", json.dumps(certificate).encode(), id="certificate.json")


@pytest.mark.parametrize(("suffix", "before"), list(kinds()))
def test_a_change_is_seen(suffix, before):
    for limits, by, px in ((EXACT, 1e-3, 1), (TOLERANT, 1.1, 20)):
        assert not list(why_files_differ(suffix, before, before, limits))
        changes = list(spoilt(suffix, before, by, px))
        assert changes
        for change, after in changes:
            assert list(why_files_differ(suffix, before, after, limits)), change


def test_a_certificates_numbers_are_compared_to_a_millionth():
    before = json.dumps({"score": 0.3}).encode()
    for score, is_seen in ((0.3000005, False), (0.300002, True), (float("nan"), True)):
        after = json.dumps({"score": score}).encode()
        assert bool(list(why_files_differ(".json", before, after, EXACT))) == is_seen


def test_other_inks_of_the_same_px_are_seen():
    before = picture("P", ".png")
    with Image.open(io.BytesIO(before)) as made:
        made.putpalette(bytes(range(100, 112)))
        made.save(out := io.BytesIO(), "PNG")
    for limits in (EXACT, TOLERANT):
        assert list(why_files_differ(".png", before, out.getvalue(), limits))


def test_what_is_near_passes_where_it_may():
    for path in FILES:
        before = path.read_bytes()
        if path.suffix in {".svg", ".gcode"}:
            for change, after in spoilt(path.suffix, before, 0.01):
                is_number = change.startswith("number")
                seen = list(why_files_differ(path.suffix, before, after, TOLERANT))
                assert bool(seen) != is_number, change


def test_a_file_that_comes_or_goes_is_seen(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new):
        folder.mkdir()
        (folder / "both.svg").write_text("<svg/>")
    assert differences(old, new) == []
    (old / "gone.svg").touch()
    (new / "more.svg").touch()
    assert differences(old, new) == ["gone.svg: is no longer made", "more.svg: is new"]
