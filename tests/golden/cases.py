"""What is drawn and plotted to be compared: command lines, and nothing of the package's inside.

Each case is some lines of `inkdream`, run one after the other in an empty folder; whatever is left
in it, and what was printed, is the golden. Beside it lies the folder `inputs`.
"""

from pathlib import Path

ROOT = Path(__file__).parents[2]
# Copied flat into `inputs`; not from other tests, whose files may be moved.
INPUTS = [
    *(ROOT / "recipes" / "pictures").glob("*.png"),
    *Path(__file__).parent.joinpath("inputs").iterdir(),
]

IN = "../inputs"
SMALL = "--page 40x50mm --margin 4 --out ."
AREAS = f"draw --width 64 --height 80 --steps 14 {SMALL}"
LINES = f"draw --medium strokes --strokes 24 --steps 14 --set page.scale=1.6 {SMALL}"
PENS = "--pens black:0.5,#c8102e:0.4,#0057b8:0.4,#e6a817:0.4"
INKS = "--inks '#ffffff,#1b1b1b,#c8102e,#0057b8'"

# Those whose goldens are kept beside the tests: they end nearly the same on every machine.
PORTABLE = ("plot_formats", "plot_inked", "plot_report")

CASES: dict[str, list[str]] = {
    # Areas of ink.
    "areas_learned": [
        f"{AREAS} --neuron loom/conv4_1/17 --inks 4 --compare --judge loom/class/spiral",
        "plot loom-* --to hpgl --machine hp7475a --out learned.hpgl",
        "plot loom-* --to gcode --out learned.gcode --sheet",
        "plot loom-* --hatch spiral --pens black:0.5,red:0.8 --paper '#f4efe6' --out inked.svg",
    ],
    "areas_partly_fixed": [
        f"{AREAS} --class spiral --avoid loom/conv4_1/3 --inks '#ffffff,#1b1b1b,?' --seed 3 "
        "--set views.size=48 --set views.count=2 --set views.flip=true --set views.noise=0.05 "
        "--set views.blur=0.5 --set views.gain=0.1 --set views.offset=0.02",
    ],
    "areas_symmetry": [
        f"{AREAS} --neuron loom/conv4_1/5 {INKS} --symmetry turn-5 --set plot.hatch=cross",
    ],
    "areas_tile": [f"{AREAS} --neuron loom/conv4_1/81 --inks 3 --tile 32"],
    "areas_limits": [
        f"{AREAS} --neuron loom/conv4_1/143 {INKS} --ink-budget '#c8102e:0.05' "
        f"--bare {IN}/disc.png --budget 90s --machine saxi",
    ],
    "areas_style": [
        f"{AREAS} --neuron loom/conv4_1/10 --style {IN}/waves.png --smooth 0.5 --inks 3 "
        f"--where {IN}/moon.png",
    ],
    "areas_like": [
        f"{AREAS} --like {IN}/still_life.png --crop 20,10,180,200 {PENS} --pick 3 "
        "--set plot.hatch=concentric",
        "plot like-* --to hpgl --machine dxy --per-pen --page a5 --out like.hpgl",
    ],
    "areas_merged": [
        f"{AREAS} --neuron loom/conv4_1/17 {PENS} --detail 2mm --set pixels.merge=6 "
        "--set pixels.tidy_from=0.7",
    ],
    "areas_photographs": [
        f"{AREAS} --neuron loom/conv4_1/17 --set family=photographs --set climb.natural=0.5 "
        "--set climb.margin=0.5 --class star --inks 3",
    ],
    "areas_terms": [
        f"{AREAS} --spike loom/conv4_1/9 --direction loom/conv4_1/3+7-0.5*12 "
        "--checkerboard loom/conv3_3/3,7 --upside-down loom/conv4_1/21 "
        f"--content {IN}/evening.png --texture {IN}/waves.png --neuron loom/conv3_3 "
        f"--neuron loom/conv4_1/4/0.25,0.5 {INKS}",
    ],
    "areas_variations": [
        f"{AREAS} --neuron loom/conv4_1/33 --inks 3 --variations 2 --from {IN}/evening.png",
    ],
    "areas_short": [
        f"draw --width 40 --height 50 {SMALL} --steps 4 --neuron loom/conv2_1/3 {INKS} "
        "--symmetry mirror --set plot.spacing=3",
        "plot loom-* --to hpgl --machine hp7475a --out short.hpgl",
    ],
    # Lines.
    "lines_pens": [
        f"{LINES} --neuron loom/conv4_1/17 {PENS} --compare",
        "plot loom-* --to hpgl --machine hp7475a --out pens.hpgl --registration",
        "plot loom-* --to gcode --machine grbl-z --out pens.gcode",
        "plot loom-* --machine nextdraw --speed 40 --pause --out pens.svg --json",
        f"{LINES} --neuron loom/conv4_1/40 {PENS} --from loom-* --set strokes.rate=1",
    ],
    "lines_pick": [
        f"{LINES} --neuron loom/conv4_1/25 --pens mine --pen-file {IN}/pens.toml --pick 2",
    ],
    "lines_limits": [
        f"{LINES} --neuron loom/conv4_1/143 {PENS} --ink-budget '#c8102e:0.03' "
        f"--bare {IN}/moon.png --symmetry mirror",
    ],
    "lines_budget": [
        f"{LINES} --class spiral --pens black:0.4,?:0.5 --budget 15s --machine grbl-servo",
        "plot loom-* --to gcode --machine marlin-servo --per-pen --out budget.gcode",
    ],
    "lines_like": [
        f"{LINES} --like {IN}/still_life.png --crop fit --set strokes.grow=0.5 "
        "--paper '#222222' --pens white:0.8:opaque,#e6a817:0.5:semi,#0057b8:0.4",
    ],
    "lines_study": [
        f"{LINES} --neuron loom/conv4_1/12 --inks 2 --style {IN}/waves.png "
        "--set strokes.start=study --set strokes.reseed=2",
    ],
    # Others' files.
    "plot_formats": [
        f"plot {IN}/mixed.svg --out mixed.svg --sheet",
        f"plot {IN}/mixed.svg --to hpgl --page a5 --fit --per-pen --out mixed.hpgl",
        f"plot {IN}/mixed.svg --to gcode --page a5 --out mixed.gcode",
        f"plot {IN}/layer_names.svg --speed 30 --height 40 --delay 100 --out layers.svg",
    ],
    "plot_inked": [
        f"plot {IN}/mixed.svg --pens black:0.4,red:0.5 --hatch parallel --page a6 --out a.svg",
        f"plot {IN}/gradient_gloss.svg --learn 2 --hatch concentric --to gcode --out gloss.gcode",
        f"plot {IN}/mixed.svg --pens black:0.4 --bridge 4 --to hpgl --page a5 --out bridged.hpgl",
    ],
    "plot_pictures": [
        f"plot {IN}/moon.png --pens black:1,#c8102e:1 --dither --page 60x60mm --out moon.svg",
        f"plot {IN}/disc.png --pens black:0.8 --hatch cross --page 60x60mm --to gcode "
        "--out disc.gcode",
    ],
    "plot_report": [
        f"plot {IN}/layer_names.svg --report --machine saxi --json",
        f"plot {IN}/mixed.svg --report --machine axidraw-v3",
        f"plot {IN}/one_bad_number.svg --out bad.svg",
        "plot nowhere.svg",
        "networks loom",
        "pens '#c8102e'",
    ],
}
