"""Networks at the terminal: which there are, their layers and classes, contact sheets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from inkdream import pictures
from inkdream.atlas.folder import TILE, is_done, open_atlas, tile_folder, write_asked
from inkdream.atlas.local import LocalEngine, processors
from inkdream.atlas.page import write_page
from inkdream.atlas.reading import read_tile
from inkdream.atlas.sweep import Sweep
from inkdream.atlas.units import Base, Unit, key_of
from inkdream.class_names import matching_classes
from inkdream.cli.atlas import FAILURES, show_bar
from inkdream.cli.process import stop_on_ctrl_c
from inkdream.cli.terminal import Terminal, new_table, print_names, print_table
from inkdream.errors import INTERRUPTED, InputError
from inkdream.networks import lookup
from inkdream.recipe import NetworkRecipe, validate
from inkdream.recipe.files import ARCHIVE, beside, change_networks
from inkdream.run import contact_sheet
from inkdream.storage import DRAWING, try_writing, write_whole
from inkdream.wording import how_to_install


def list_networks() -> int:
    """Print every network with its weights, where they are, and the extra that it needs."""
    # A file's name that is broken is of no use to who has to find it.
    table = new_table("network", "weights", "where", "extra", whole=(0, 1))
    for name in lookup.network_names():
        table.add_row(name, *lookup.weights_of(name))
    console = Terminal()
    print_table(console, table)
    extra = f"to add the extra zoo: {how_to_install('zoo')}; layers of one: inkdream networks NAME"
    console.print(f"\n{extra}", soft_wrap=True)
    return 0


def list_layers(name: str, keys: Mapping[str, str] | None = None) -> int:
    """Print a network's layers with channels, sizes, strides and receptive fields.

    Args:
        name: of a network, or the source of one of one's own.
        keys: what is given for one's own, by the keys of its table.
    """
    name, layers = lookup.name_and_layers(name, keys)
    headings = ("layer", "channels", "stride px", "sees px", "of 224 px")
    table = new_table(*headings)
    for layer in layers:
        table.add_row(
            f"{name}/{layer.name}",
            f"0 to {layer.channels - 1}",
            str(layer.stride or "-"),
            str(layer.field) if layer.field else "all",
            f"{layer.size} x {layer.size}" if layer.size else "-",
        )
    console = Terminal()
    if labels := layers[-1].labels:
        # First, since a thousand of them would push the table out of sight.
        print_names(console, f"classes, as {name}/class/NAME:", labels)
        console.print()
    print_table(console, table)
    return 0


def list_classes(word: str) -> int:
    """Print the classes whose names contain a word, of the networks that are always there.

    Raises:
        InputError: if there is none.
    """
    tables = matching_classes(word)
    if not tables:
        raise InputError(f"--classes {word}: no class has that in its name; try a part of it")
    console = Terminal()
    for network, names in tables.items():
        print_names(console, f"{network}/class/NAME, or --class NAME:", names)
    return 0


def draw_sheet(
    name: str,
    layer: str,
    out: Path | None,
    keys: Mapping[str, str] | None = None,
    *,
    channels: str | None = None,
    size: int | None = None,
    force: bool,
) -> int:
    """Draw an atlas of a layer's channels, and from it a contact sheet in one file.

    Ctrl-C keeps the tiles drawn so far.

    Args:
        name: of a network, or the source of one of one's own.
        layer: one of its layers; 'class' for the classes.
        out: the file; a name made of the network's and the layer's if None.
        keys: what is given for one's own, by the keys of its table.
        channels: which of them, as in '0-15,40' or 'spiral,star'; all if None.
        size: px of a tile; 96 if None.
        force: write over a file that is there.

    Raises:
        InputError: if there is no such layer or channel, tiles cannot be so large or so small, or
            the file is there and `force` is not given.
    """
    if size is not None and not contact_sheet.SMALLEST <= size <= contact_sheet.LARGEST:
        raise InputError(
            f"--tile-size {size}: write {contact_sheet.SMALLEST} to {contact_sheet.LARGEST} px"
        )
    network = lookup.sole_network(name, keys)
    chosen = network.layer("logits" if layer == "class" and not network.has(layer) else layer)
    numbers = contact_sheet.channels_of(channels, chosen)
    # A file's name has the network's name in it, of whatever file it is.
    path = out or Path(f"{network.name}-{layer.replace('/', '-')}.png")
    _check_place(path, force)
    labels = chosen.labels
    with ExitStack() as stack:
        own = lookup.own_table(name, keys)
        base = _base(f"{network.name}/{chosen.name}", size, own)
        # What a function makes may be another thing the next time.
        is_function = own is not None and not own.source.endswith(ARCHIVE)
        kept = None if is_function else contact_sheet.kept_tiles()
        home = kept or Path(stack.enter_context(TemporaryDirectory()))
        folder = home / _folder_name(base)
        units = list(base.units([str(number) for number in numbers]))
        sweep = _sweep(folder, units, stack)
        drawn = [
            (labels[number] if labels else number, pictures.read_rgb(_drawing(folder, unit)))
            for number, unit in zip(numbers, units, strict=True)
            if is_done(folder, unit.key)
        ]
        if not drawn:
            raise InputError(next(iter(sweep.failed.values()))[1] if sweep.failed else "stopped")
        write_whole(path, pictures.rgb_png(contact_sheet.join_tiles(drawn)))
        what = "classes" if labels else "channels"
        console = Terminal(soft_wrap=True)
        console.print(f"{path}: {len(drawn)} of {chosen.channels} {what} of {network.name}/{layer}")
        if kept:
            console.print(f"{write_page(folder)}: a page to look at them")
    if sweep.failed:
        return FAILURES
    return INTERRUPTED if sweep.left else 0


def _base(layer: str, size: int | None, own: NetworkRecipe | None) -> Base:
    """Return what a layer's channels are drawn by."""
    table = contact_sheet.recipe_of(f"{layer}/0", size or contact_sheet.TILE)
    if own:
        table["networks"] = [own.model_dump(mode="json", exclude_defaults=True)]
    return Base(layer, change_networks(table, beside(Path())), layer, (0,))


def _folder_name(base: Base) -> str:
    """Return the name of a layer's atlas: another for each size, and each network of that name."""
    digest = key_of(validate(base.example()))
    return f"{base.layer.replace('/', '-')}-{digest[:8]}"


def _drawing(folder: Path, unit: Unit) -> Path:
    return tile_folder(folder, unit.key) / DRAWING


def _sweep(folder: Path, units: Sequence[Unit], stack: ExitStack) -> Sweep:
    """Draw the tiles that are not there, or damaged; Ctrl-C finishes those in hand."""
    open_atlas(folder)
    write_asked(folder, {"what": [unit.title for unit in units]})
    for unit in units:
        with suppress(InputError):
            read_tile(tile_folder(folder, unit.key))
            continue
        (tile_folder(folder, unit.key) / TILE).unlink(missing_ok=True)
    sweep = Sweep(folder, units)
    engine = stack.enter_context(closing(LocalEngine(min(processors(), len(units)))))
    with stop_on_ctrl_c() as stop:
        show_bar(sweep.standing, sweep.draw(engine, stop))
    return sweep


def _check_place(path: Path, force: bool) -> None:
    """Raise InputError if a file cannot be written there, or is there already."""
    if path.exists() and not force:
        raise InputError(f"{path}: is there already; --force writes over it")
    if not path.parent.is_dir():
        raise InputError(f"{path}: there is no folder {path.parent}")
    try:
        try_writing(path.parent)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from error
