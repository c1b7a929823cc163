"""The library: what its pages show runs, and what belongs to the process stays as it was."""

import asyncio
import doctest
import os
import pickle
import signal
import subprocess
import sys
import warnings
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
import torch

import inkdream as ink
from inkdream import pictures
from inkdream.run import Done, Stage, Step

TINY = {"width": 32, "height": 40, "steps": 6, "inks": 3, "page": {"size": "40x50mm", "margin": 4}}
TARGET = "loom/conv2_1/3"
LINE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="100mm" height="80mm" viewBox="0 0 100 80">'
    '<path d="M 10 10 H 90" stroke="red" fill="none"/>{}</svg>'
)


@pytest.fixture(scope="module")
def drawn():
    return ink.draw(TARGET, **TINY)


def process_state():
    """Return what belongs to the whole process."""
    return {
        "dtype": torch.get_default_dtype(),
        "threads": torch.get_num_threads(),
        "gradients": torch.is_grad_enabled(),
        "chance": torch.get_rng_state().tolist(),
        "numpy": np.random.get_state()[1].tolist(),
        "signals": [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)],
        "environment": {key: os.environ[key] for key in os.environ if "PYTEST" not in key},
        "folder": os.getcwd(),  # noqa: PTH109
        "warnings": list(warnings.filters),
    }


@pytest.mark.parametrize("name", ink.__all__)
def test_every_public_name_has_an_example_that_holds(name):
    text = getattr(ink, name).__doc__
    example = doctest.DocTestParser().get_doctest(text, {}, name, None, 0)
    assert example.examples
    assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example).failed == 0


def test_public_names_have_homes():
    assert sorted(ink._HOMES) == ink.__all__
    assert set(ink.__all__) <= set(dir(ink))
    with pytest.raises(AttributeError, match="no attribute 'drwa'"):
        ink.drwa  # noqa: B018


def test_importing_takes_no_time():
    code = (
        "import sys, time; begun = time.process_time(); import inkdream;"
        "print(time.process_time() - begun, {'torch', 'numpy', 'pydantic'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, loaded = done.stdout.strip().split(" ", 1)
    assert float(seconds) < 0.05
    assert loaded == "set()"


def test_drawing_changes_nothing_of_the_process(monkeypatch, capfd):
    def draw_both():
        ink.draw(TARGET, **{**TINY, "steps": 2})
        ink.draw(TARGET, medium="strokes", strokes={"count": 3}, steps=2, page=TINY["page"])

    # What others do when they are first imported is theirs.
    draw_both()
    before = process_state()
    monkeypatch.setattr("ctypes.CDLL", lambda *_: pytest.fail("the allocator was told something"))
    draw_both()
    after = process_state()
    assert [name for name in before if before[name] != after[name]] == []
    assert capfd.readouterr() == ("", "")


def test_events_tell_all_stages_and_steps():
    events = []
    result = ink.draw(TARGET, progress=events.append, **TINY)
    stages = [event.name for event in events if isinstance(event, Stage)]
    steps = [event for event in events if isinstance(event, Step)]
    assert stages == ["study", "inks"]
    assert [step.done for step in steps] == [1, 2, 3, 4, 5, 6]
    assert {step.stage for step in steps} == set(stages)
    assert isinstance(events[-1], Done)
    assert events[-1].certificate == result.certificate


def test_what_a_callback_raises_ends_the_drawing():
    def stop(event):
        if isinstance(event, Step) and event.done == 2:
            raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        ink.draw(TARGET, progress=stop, **TINY)


def test_a_session_may_be_left_and_taken_up(drawn):
    session = ink.Session(TARGET, **TINY)
    for step in session:
        if step.done == 3:
            break
    assert session.snapshot().shape == (40, 32, 3)
    with pytest.raises(ink.InputError, match="step 3 of 6"):
        session.result  # noqa: B018
    assert [step.done for step in session] == [4, 5, 6]
    assert session.result.files["drawing.png"] == drawn.files["drawing.png"]


def test_threads_asyncio_and_processes_draw_the_same(drawn):
    jobs = [TARGET] * 2
    with ThreadPoolExecutor(2) as threads:
        results = list(threads.map(lambda target: ink.draw(target, **TINY), jobs))
    results.append(asyncio.run(asyncio.to_thread(ink.draw, TARGET, **TINY)))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as processes:
        results.append(processes.submit(ink.draw, TARGET, **TINY).result())
    for result in results:
        assert result.files["drawing.png"] == drawn.files["drawing.png"]
        assert result.certificate.score_strict == drawn.certificate.score_strict


def test_a_result_is_saved_whole_in_a_new_folder(drawn, tmp_path):
    result = pickle.loads(pickle.dumps(drawn))
    folder = result.save(tmp_path / "new" / "run")
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")} == set(drawn.files)
    assert (pictures.read_rgb(folder / "drawing.png") == result.picture).all()
    again = ink.draw(folder / "recipe.toml")
    assert again.files["drawing.png"] == drawn.files["drawing.png"]
    with pytest.raises(ink.InputError, match="is not empty"):
        result.save(folder)
    with pytest.raises(ink.InputError, match="is a file"):
        result.save(folder / "drawing.png")


def test_notebooks_show_areas_as_a_picture_and_strokes_as_lines(drawn):
    assert drawn._repr_png_() == drawn.files["drawing.png"]
    assert drawn._repr_svg_() is None
    lines = ink.draw(TARGET, medium="strokes", strokes={"count": 3}, steps=2, page=TINY["page"])
    assert lines._repr_png_() is None
    assert lines._repr_svg_().startswith("<?xml")
    assert lines.plot.strokes == lines.certificate.plot.strokes


@pytest.mark.parametrize(
    ("what", "settings", "words"),
    [
        (TARGET, {"ink": 3}, "unknown recipe key 'ink'. Did you mean 'inks'"),
        (TARGET, {"views": {"cuont": 2}}, "unknown recipe key 'views.cuont'. Did you mean"),
        (TARGET, {"steps": 0}, "steps = 0: "),
        ("loom/conv4_1/999", {}, "has no channel 999"),
        ("looom/conv4_1/1", {}, "Did you mean 'loom'"),
        ("nowhere.toml", {}, "nowhere.toml"),
        (TARGET, {"terms": [{"target": TARGET}]}, "terms: "),
        (TARGET, {"variations": 2}, "variations = 2: "),
        (ink.Recipe(), {"steps": 3}, "steps: "),
    ],
)
def test_mistakes_end_in_one_line(what, settings, words):
    with pytest.raises(ink.InputError) as error:
        ink.draw(what, **settings)
    assert words in str(error.value)


def test_plots_are_read_ordered_timed_and_written(tmp_path):
    with pytest.warns(UserWarning, match="text"):
        plot = ink.read_svg(LINE.format('<text x="5" y="5">no line</text>'))
    plot = ink.optimise(plot)
    for name in ("line.svg", "line.hpgl", "line.gcode"):
        text = ink.write(plot, tmp_path / name)
        assert (tmp_path / name).read_text() == text
        with pytest.raises(ink.InputError, match="is there already"):
            ink.write(plot, tmp_path / name)
    assert ink.write(plot, tmp_path / "line.svg", force=True) == ink.write(plot)
    again = ink.read_svg(tmp_path / "line.svg")
    assert ink.estimate(again).seconds == pytest.approx(ink.estimate(plot).seconds)
    with pytest.raises(ink.InputError, match="Did you mean 'axidraw-v3'"):
        ink.estimate(plot, "axidraw-v33")
    with pytest.raises(ink.InputError, match="leaves the page"):
        ink.write(plot.moved((50.0, 0.0)))
