"""Help teaches: groups in order, examples that can be copied, ranges and defaults that hold."""

import shlex

import pytest

from inkdream.cli import app, main
from inkdream.recipe import Recipe
from inkdream.recipe.tables import PlotRecipe, StrokesRecipe

VERBS = sorted(name for name in app if not name.startswith("-"))
GROUPS = ["What to draw", "Inks and pens", "Page", "Time and quality", "Start", "Output", "Expert"]


@pytest.fixture
def page_of(capsys, monkeypatch):
    """Return a function that gives the help of a verb, on a terminal of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")

    def page(*words):
        with pytest.raises(SystemExit) as end:
            main([*words])
        assert end.value.code == 0
        return capsys.readouterr().out

    return page


def titles(page):
    return [line[2:].strip(" ─╮╭") for line in page.splitlines() if line.startswith("╭")]


def explained(page, flag):
    """Return what help says of a flag, in one line."""
    lines = [line.strip("│ ") for line in page.splitlines()]
    start = next(n for n, line in enumerate(lines) if line.split(" ")[0] == flag)
    ends = (n for n in range(start + 1, len(lines)) if lines[n].startswith(("--", "╰")))
    return " ".join(" ".join(lines[start : next(ends)]).split())


def test_the_flags_of_draw_stand_in_groups_from_what_to_expert(page_of):
    page = page_of("draw", "-h")
    assert titles(page) == ["Arguments", *GROUPS]
    assert page == page_of("draw", "--help")


@pytest.mark.parametrize("verb", VERBS)
def test_every_flag_has_a_group_and_says_what_it_is(page_of, verb):
    page = page_of(verb, "--help")
    assert "Parameters" not in titles(page)
    for argument in app[verb].assemble_argument_collection():
        for name in argument.names:
            if name.startswith("--"):
                assert len(explained(page, name)) > len(name) + 20


@pytest.mark.parametrize("verb", VERBS)
def test_examples_stand_on_lines_of_their_own_and_are_commands(page_of, verb):
    page = page_of(verb, "--help")
    lines = [line.strip() for line in page.partition("\nExamples")[2].splitlines()]
    commands = [line for line in lines if line.startswith("inkdream ")]
    assert commands
    # A line that was broken would leave a rest that is neither a command nor ends in a mark.
    rest = [line for line in lines if line and line not in commands]
    assert all(line.endswith((":", "?")) for line in rest)
    for command in commands:
        words = shlex.split(command)[1:]
        assert words[0] == verb
        app.parse_args(words, exit_on_error=False, print_error=False)


def test_drawing_has_three_examples(page_of):
    assert page_of("draw", "--help").partition("\nExamples")[2].count("\ninkdream draw ") == 3


@pytest.mark.parametrize(
    ("flag", "model", "key"),
    [
        ("--strokes", StrokesRecipe, "count"),
        ("--width", Recipe, "width"),
        ("--height", Recipe, "height"),
        ("--steps", Recipe, "steps"),
        ("--seed", Recipe, "seed"),
        ("--variations", Recipe, "variations"),
        ("--pick", Recipe, "pick"),
        ("--machine", PlotRecipe, "machine"),
        ("--symmetry", Recipe, "symmetry"),
    ],
)
def test_ranges_and_defaults_in_help_are_those_of_the_recipe(page_of, flag, model, key):
    words = explained(page_of("draw", "--help"), flag).replace(",", "")
    field = model.model_fields[key]
    least = next((each.ge for each in field.metadata if hasattr(each, "ge")), None)
    most = next((each.le for each in field.metadata if hasattr(each, "le")), None)
    if most is not None:
        assert f"{least or 1} to {most}" in words
    if field.default:
        assert str(field.default) in words.lower().partition("default")[2]


def test_a_letter_is_enough_for_what_is_typed_most():
    from inkdream.cli.options import DrawFlags

    words = ["draw", "-n", "loom/conv4_1/3", "-n", "loom/conv4_1/5", "-o", "here"]
    _, bound, _ = app.parse_args(words, exit_on_error=False, print_error=False)
    flags = bound.arguments["flags"]
    assert isinstance(flags, DrawFlags)
    assert flags.wanted.neuron == ["loom/conv4_1/3", "loom/conv4_1/5"]
    assert str(bound.arguments["out"]) == "here"


def installing(capsys, *words):
    """Return the exit code and what was said."""
    with pytest.raises(SystemExit) as end:
        main(["--install-completion", *words])
    said = capsys.readouterr()
    return end.value.code, said.out, said.err


@pytest.mark.parametrize(
    ("shell", "file", "startup"),
    [
        ("fish", ".config/fish/completions/inkdream.fish", None),
        ("bash", ".local/share/bash-completion/completions/inkdream", ".bashrc"),
        ("zsh", ".zsh/completions/_cyclopts_inkdream", ".zshrc"),
    ],
)
def test_completion_names_the_files_that_it_writes(
    monkeypatch, tmp_path, capsys, shell, file, startup
):
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("ZSH", "ZSH_CUSTOM"):
        monkeypatch.delenv(name, raising=False)
    script = tmp_path / file
    code, out, _ = installing(capsys, "--shell", shell)
    assert code == 0
    assert f"wrote {script}\n" in out
    assert "symmetry" in script.read_text()
    # Startup files are their owners'; they are changed when that is asked for, once.
    assert startup is None or not (tmp_path / startup).exists()
    if startup:
        (tmp_path / startup).write_text("mine\n")
        _, out, _ = installing(capsys, "--shell", shell, "--startup")
        assert f"changed {tmp_path / startup}\n" in out
        after = (tmp_path / startup).read_text()
        assert "mine\n" in after
        _, out, _ = installing(capsys, "--shell", shell, "--startup")
        assert f"{tmp_path / startup} loads it already\n" in out
        assert (tmp_path / startup).read_text() == after
    script.write_text("another's")
    code, _, err = installing(capsys, "--shell", shell)
    assert code == 2
    assert f"{script}: is there already" in err.replace("\n", "")
    assert script.read_text() == "another's"
    assert installing(capsys, "--shell", shell, "--force")[0] == 0
    assert "symmetry" in script.read_text()


def test_completion_is_not_guessed_for_an_unknown_shell(monkeypatch, tmp_path, capsys):
    from cyclopts.completion.detect import ShellDetectionError

    def unknown():
        raise ShellDetectionError

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("inkdream.cli.completion.detect_shell", unknown)
    code, out, err = installing(capsys)
    assert (code, out) == (2, "")
    assert "--shell bash, zsh, fish or powershell" in err
    assert list(tmp_path.iterdir()) == []
