"""Random SVGs, each in two wordings: one for the reader, and one for resvg to show what is meant.

Each drawing is written twice. The first wording is what the reader is given: style sheets, units,
origins of transforms, switches, colours by many ways, areas. The second says the same in plain
attributes and numbers, with areas as outlines on white, so that resvg, which knows nothing of this
project, shows what a plotter should draw.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field, replace

# mm of the page, and CSS px per mm.
WIDTH, HEIGHT = 100, 80
MM = 96 / 25.4
# Width of lines in mm.
LINE = 0.4
INKS = {"black": "#000000", "red": "#ff0000", "blue": "#0000ff"}

Both = tuple[str, str]


@dataclass(frozen=True)
class Around:
    """What a part of a drawing stands in.

    Attributes:
        scale: mm per user unit.
        width: of the viewport, in user units.
        height: likewise.
        font: px.
        is_cut: whether something is cut at an edge here.
        depth: how deep it lies.
    """

    scale: float = 1.0
    width: float = WIDTH
    height: float = HEIGHT
    font: float = 4.0
    is_cut: bool = False
    depth: int = 0


@dataclass
class Maker:
    """Makes one drawing."""

    rnd: random.Random
    wide: float = LINE
    rules: list[str] = field(default_factory=list)
    defs: list[Both] = field(default_factory=list)
    count: int = 0

    def name(self) -> str:
        self.count += 1
        return f"n{self.count}"

    def at(self, low: float, high: float) -> float:
        return round(self.rnd.uniform(low, high), 2)

    def drawing(self) -> Both:
        """Return a drawing in both wordings."""
        frame, around = self.frame()
        some = [self.part(around) for _ in range(self.rnd.randint(2, 4))]
        first, second = ("".join(each[k] for each in some) for k in (0, 1))
        defs = ["<defs>" + "".join(each[k] for each in self.defs) + "</defs>" for k in (0, 1)]
        sheet = f"<style><![CDATA[{self.sheet()}]]></style>"
        noise = '<!-- <path/> --><metadata><r xmlns="http://example.org/"/></metadata><title/>'
        inside = [sheet, noise, defs[0], first]
        self.rnd.shuffle(inside)
        names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        kind = '<!DOCTYPE svg [<!ENTITY ink "#ff0000"><!ENTITY n "http://www.w3.org/2000/svg">]>'
        own = names.replace("http://www.w3.org/2000/svg", "&n;", 1)
        return (
            f'{kind}<svg {own} {frame} font-size="4">{"".join(inside)}</svg>',
            f"<svg {names} {frame}>{defs[1]}{second}</svg>",
        )

    def frame(self) -> tuple[str, Around]:
        size = f'width="{WIDTH}mm" height="{HEIGHT}mm"'
        if self.rnd.random() < 0.5:
            return f'{size} viewBox="0 0 {WIDTH} {HEIGHT}"', Around()
        aspect = self.rnd.choice(["xMinYMid", "xMaxYMax meet", "xMidYMid slice", "none"])
        x, y = WIDTH / 140, HEIGHT / 80
        scale = {"slice": max(x, y), "none": math.sqrt(x * y)}.get(aspect.split()[-1], min(x, y))
        words = f'{size} viewBox="-10 0 140 80" preserveAspectRatio="{aspect}"'
        return words, Around(scale, 140, 80)

    def sheet(self) -> str:
        if self.rules and self.rnd.random() < 0.3:
            rules = "".join(self.rules)
            return f"/* {{ */ @media screen {{ {rules} }} @media print {{ path {{ fill: red }} }}"
        return "\n".join(["path:hover{stroke:lime}", *self.rules])

    # --- structure ---

    def part(self, around: Around) -> Both:
        """Return shapes, or something around them."""
        deep = around.depth >= 3
        kinds = [self.shape] if deep else [
            self.shape, self.shape, self.group, self.group, self.used, self.clipped, self.nested,
            self.symbol, self.switch, self.shown,
        ]  # fmt: skip
        return self.rnd.choice(kinds)(around)

    def several(self, around: Around) -> Both:
        inner = replace(around, depth=around.depth + 1)
        parts = [self.part(inner) for _ in range(self.rnd.randint(1, 3))]
        return "".join(a for a, _ in parts), "".join(b for _, b in parts)

    def group(self, around: Around) -> Both:
        first, second, scale = self.transform(around)
        a, b = self.several(replace(around, scale=around.scale * scale))
        tag = self.rnd.choice(["g", "g", "a"])
        return f"<{tag} {first}>{a}</{tag}>", f'<g transform="{second}">{b}</g>'

    def transform(self, around: Around) -> tuple[str, str, float]:
        """Return a transform as the attributes of the first wording, and as words of the second.

        Also by how much it enlarges.
        """
        x, y, turn, size = self.at(20, 80), self.at(20, 60), self.at(-90, 90), self.at(0.6, 1.3)
        about = f"translate({x} {y}) {{}} translate({-x} {-y})"
        a, b = math.cos(math.radians(turn)), math.sin(math.radians(turn))
        flip = about.format(f"scale({size}, {-size})")
        skew = about.format(f"skewX({turn / 4:.2f})")
        matrix = about.format(f"matrix({a:.5f},{b:.5f} {-b:.5f} {a:.5f},0 0)")
        css = f"transform: rotate({turn / 360:.6f}turn) scale({size}); transform-origin: center"
        half = f"{around.width / 2} {around.height / 2}"
        back = f"translate({-around.width / 2} {-around.height / 2})"
        moved = f"{x - 50:.2f}", f"{y - 40:.2f}"
        ways = [
            (
                f'style="transform:translate({moved[0]}px,{moved[1]}px)"',
                f"translate({moved[0]} {moved[1]})",
                1.0,
            ),
            (f'transform="rotate({turn},{x} {y})"', f"rotate({turn} {x} {y})", 1.0),
            (
                f'transform="rotate({turn})" transform-origin="{x} {y}"',
                about.format(f"rotate({turn})"),
                1.0,
            ),
            (f'style="{css}"', f"translate({half}) rotate({turn}) scale({size}) {back}", size),
            (f'transform="{flip}"', flip, size),
            (f'transform="{skew}"', skew, 1.0),
            (f'transform=" {matrix} "', matrix, 1.0),
        ]
        return self.rnd.choice(ways)

    def used(self, around: Around) -> Both:
        name = self.name()
        x, y = self.at(-15, 15), self.at(-15, 15)
        a, b = self.several(around) if self.rnd.random() < 0.5 else self.shape(around)
        first, second, scale = self.transform(around)
        del scale
        self.defs.append((f'<g id="{name}">{a}</g>', f'<g id="{name}">{b}</g>'))
        link = self.rnd.choice(["href", "xlink:href"])
        return (
            f'<use {link}="#{name}" x="{x}" y="{y / MM:.5f}mm" {first}/>',
            f'<use xlink:href="#{name}" x="{x}" y="{y}" transform="{second}"/>',
        )

    def clipped(self, around: Around) -> Both:
        name = self.name()
        x, y, r = self.at(20, 70), self.at(20, 50), self.at(12, 30)
        rule = ""
        inside = self.rnd.choice([
            f'<circle cx="{x}" cy="{y}" r="{r}"/>',
            f'<rect x="{x - r:.2f}" y="{y - r:.2f}" width="{2 * r}" height="{r}" rx="3"/>',
            f'<rect width="{r}" height="{r}" transform="translate({x} {y}) rotate(30)"/>'
            f'<circle cx="{x}" cy="{y}" r="{r / 2}"/>',
        ])  # fmt: skip
        if self.rnd.random() < 0.3:
            ring = f"M{x - r} {y}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 {-2 * r} 0z"
            half = f"M{x - r / 2} {y}a{r / 2} {r / 2} 0 1 0 {r} 0a{r / 2} {r / 2} 0 1 0 {-r} 0z"
            inside, rule = f'<path d="{ring}{half}" clip-rule="evenodd"/>', ""
        clip = f'<clipPath id="{name}"{rule}>{inside}</clipPath>'
        self.defs.append((clip, clip))
        a, b = self.several(replace(around, is_cut=True))
        how = self.rnd.choice(['clip-path="url(#{})"', "style=\"clip-path: url('#{}')\""])
        return (
            f"<g {how.format(name)}>{a}</g>",
            f'<g clip-path="url(#{name})">{b}</g>',
        )

    def nested(self, around: Around) -> Both:
        x, y, w, h = self.at(0, 40), self.at(0, 30), self.at(30, 70), self.at(30, 60)
        aspect = self.rnd.choice(["xMidYMid", "xMinYMax slice", "none"])
        scale = {"slice": max(w / 100, h / 80), "none": math.sqrt(w * h / 8000)}
        inner = replace(
            around,
            scale=around.scale * scale.get(aspect.split()[-1], min(w / 100, h / 80)),
            width=100,
            height=80,
            is_cut=True,
        )
        over = self.rnd.choice(["", ' overflow="visible"'])
        a, b = self.several(inner)
        box = f'viewBox="0 0 100 80" preserveAspectRatio="{aspect}"{over}'
        wide = self.rnd.choice([f'{w}"', f'{100 * w / around.width:.5f}%"'])
        return (
            f'<svg x="{x}" y="{y / around.font:.5f}em" width="{wide} height="{h}" {box}>{a}</svg>',
            f'<svg x="{x}" y="{y}" width="{w}" height="{h}" {box}>{b}</svg>',
        )

    def symbol(self, around: Around) -> Both:
        name = self.name()
        x, y, w, h = self.at(0, 40), self.at(0, 30), self.at(30, 60), self.at(30, 60)
        inner = replace(
            around,
            scale=around.scale * min(w / 100, h / 80),
            width=100,
            height=80,
            is_cut=True,
        )
        a, b = self.several(inner)
        box = f'id="{name}" viewBox="0 0 100 80"'
        self.defs.append((f"<symbol {box}>{a}</symbol>", f"<symbol {box}>{b}</symbol>"))
        place = f'xlink:href="#{name}" x="{x}" y="{y}" width="{w}" height="{h}"'
        return f"<use {place}/>", f"<use {place}/>"

    def switch(self, around: Around) -> Both:
        a, b = self.several(around)
        other = '<g {}><path d="M0 0H99" stroke="red"/></g>'
        before = other.format(
            self.rnd.choice(['requiredExtensions="http://example.org/x"', 'systemLanguage="tlh"'])
        )
        behind = other.format("")
        return f"<switch>{before}<g>{a}</g>{behind}</switch>", f"<g>{b}</g>"

    def shown(self, around: Around) -> Both:
        """Return something among what is not shown."""
        a, b = self.shape(around)
        none = self.rnd.choice(
            [
                '<g display="none"><path d="M0 0H99" stroke="red"/></g>',
                '<path style="visibility:hidden" d="M0 0H99" stroke="red"/>',
                '<path opacity="0%" d="M0 0H99" stroke="red"/>',
                '<path d="M0 0H99" stroke="red" systemLanguage="tlh"/>',
                '<g stroke="red" stroke-width="0"><path d="M0 0H99"/></g>',
            ]
        )
        return f'<g visibility="hidden">{none}<g visibility="visible">{a}</g></g>', f"<g>{b}</g>"

    # --- shapes ---

    def shape(self, around: Around) -> Both:
        make = self.rnd.choice(
            [self.path, self.path, self.box, self.round, self.line, self.points, self.bad]
        )
        tag, first, second, is_area = make(around)
        ink = self.rnd.choice([*INKS])
        kinds = ["line"] + ["card"] * is_area + ["area"] * (is_area and not around.is_cut)
        kind = self.rnd.choice(kinds)
        width = f"{self.wide / around.scale:.4f}"
        plain = {"fill": "none" if kind == "line" else "#fff", "stroke": ink, "stroke-width": width}
        own = {"fill": ink, "stroke": "none"} if kind == "area" else dict(plain)
        if kind == "line" and self.rnd.random() < 0.3:
            # resvg turns markers of closed and smooth lines otherwise than SVG 2 says.
            can_mark = tag in ("line", "polyline") or (
                tag == "path" and not set("amstz") & set(first[3:])
            )
            is_marked = self.rnd.random() < 0.5 and can_mark
            extra = self.markers(around, ink) if is_marked else self.dashes(around)
            own |= extra
            plain |= extra
        words = " ".join(f'{name}="{value}"' for name, value in plain.items())
        return self.painted(tag, first, own), f"<{tag} {second} {words}/>"

    def dashes(self, around: Around) -> dict[str, str]:
        on, off = self.at(2.5, 6) / around.scale, self.at(2.5, 5) / around.scale
        return {"stroke-dasharray": f"{on:.3f},{off:.3f}", "stroke-dashoffset": f"{on / 2:.3f}"}

    def markers(self, around: Around, ink: str) -> dict[str, str]:
        name = self.name()
        size = 5 / around.scale
        orient = self.rnd.choice(["auto", "30", "auto-start-reverse"])
        marker = (
            f'<marker id="{name}" markerUnits="userSpaceOnUse" markerWidth="{size:.3f}" '
            f'markerHeight="{size:.3f}" viewBox="0 0 10 10" refX="8" refY="5" orient="{orient}">'
            f'<path d="M1 1L8 5L1 9" fill="none" stroke="{ink}" stroke-width="0.8"/></marker>'
        )
        self.defs.append((marker, marker))
        where = self.rnd.choice([("end",), ("start", "end"), ("mid",), ("start", "mid", "end")])
        return {f"marker-{each}": f"url(#{name})" for each in where}

    def painted(self, tag: str, shape: str, own: dict[str, str]) -> str:
        """Return an element whose paint is said in one of many ways."""
        paint = "stroke" if own["stroke"] != "none" else "fill"
        if self.rnd.random() < 0.2:
            own[paint] = self.gradient(own[paint])
        elif own[paint] == "red" and self.rnd.random() < 0.2:
            own[paint] = "&ink;"
        ways = [self.by_attributes] if "&" in own[paint] else [
            self.by_attributes, self.by_group, self.by_style, self.by_colour, self.by_class,
            self.by_number, self.by_child,
        ]  # fmt: skip
        return self.rnd.choice(ways)(tag, shape, own, paint)

    def by_attributes(self, tag: str, shape: str, own: dict[str, str], paint: str) -> str:
        return f"<{tag} {shape} {_attributes(own)}/>"

    def by_group(self, tag: str, shape: str, own: dict[str, str], paint: str) -> str:
        inside = f'<{tag} {shape} fill="inherit" style="stroke:inherit"/>'
        return f"<g {_attributes(own)}>{inside}</g>"

    def by_style(self, tag: str, shape: str, own: dict[str, str], paint: str) -> str:
        late = f"{paint}:color(display-p3 0 1 0); {paint}: light-dark(lime, lime)"
        return f'<{tag} {paint}="lime" {shape} style="/* {_css(own)} */ {_css(own)} ; {late}"/>'

    def by_colour(self, tag: str, shape: str, own: dict[str, str], paint: str) -> str:
        if own[paint].startswith("url"):
            return self.by_attributes(tag, shape, own, paint)
        words = _attributes(own | {paint: "currentColor"})
        return f'<g color="lime" {words}><{tag} {shape} color="{own[paint]}"/></g>'

    def by_class(self, tag: str, shape: str, own: dict[str, str], paint: str) -> str:
        n = self.name()
        lime = f"{paint}:lime"
        self.rules.append(f"{tag}.{n}{{{lime}}} svg .{n}{{{_css(own)}}} .{n}{{{lime}}}")
        return f'<{tag} class="other {n}" {shape} {paint}="lime"/>'

    def by_number(self, tag: str, shape: str, own: dict[str, str], paint: str) -> str:
        n = self.name()
        important = _css(own).replace(";", "!important;")
        self.rules.append(f"[data-n='{n}']:not(.no){{{important}!important}}")
        self.rules.append(f"#{n}:nth-child(1){{{paint}:lime}}")
        return f'<g><{tag} id="{n}" data-n="{n}" {shape}/></g>'

    def by_child(self, tag: str, shape: str, own: dict[str, str], paint: str) -> str:
        n = self.name()
        where = rf".\31 {n}ß > {tag}:first-child:last-child"
        self.rules.append(f"{where}, .none + .x{{{_css(own)}}}")
        return f'<g class="1{n}ß"><{tag} {shape}/></g>'

    def gradient(self, ink: str) -> str:
        name = self.name()
        stop = f'<stop offset="0" stop-color="{ink}"/><stop offset="1" style="stop-color:{ink}"/>'
        units = 'gradientUnits="userSpaceOnUse"'
        box = 'patternUnits="userSpaceOnUse" width="5" height="5"'
        tile = f'<rect width="5" height="5" fill="{ink}"/>'
        words = self.rnd.choice(
            [
                f'<linearGradient id="{name}" {units} x2="90">{stop}</linearGradient>',
                f'<radialGradient id="{name}" {units} r="50">{stop}</radialGradient>',
                f'<pattern id="{name}" {box}>{tile}</pattern>',
            ]
        )
        self.defs.append((words, ""))
        return f"url(#{name})"

    def length(self, value: float, whole: float, around: Around) -> str:
        """Return a length in user units, in some unit."""
        unit = self.rnd.choice(["", "", "px", "mm", "pt", "em", "%"])
        per = {"": 1.0, "px": 1.0, "mm": MM, "pt": 4 / 3, "em": around.font, "%": whole / 100}[unit]
        return f"{value / per:.5f}{unit}"

    def attributes(self, values: dict[str, float], around: Around) -> Both:
        whole = {"x": around.width, "y": around.height, "w": around.width, "h": around.height}
        diagonal = math.hypot(around.width, around.height) / math.sqrt(2)
        axis = {"cx": "x", "cy": "y", "rx": "x", "ry": "y"}
        words = [
            f'{name}="{self.length(value, whole.get(axis.get(name, name[0]), diagonal), around)}"'
            for name, value in values.items()
        ]
        return " ".join(words), " ".join(f'{name}="{v}"' for name, v in values.items())

    def box(self, around: Around) -> tuple[str, str, str, bool]:
        values = {"x": self.at(5, 60), "y": self.at(5, 50)}
        values |= {"width": self.at(8, 40), "height": self.at(8, 30)}
        if self.rnd.random() < 0.5:
            values["rx"] = self.at(1, 8)
        return "rect", *self.attributes(values, around), True

    def round(self, around: Around) -> tuple[str, str, str, bool]:
        values = {"cx": self.at(15, 85), "cy": self.at(15, 65)}
        if self.rnd.random() < 0.5:
            return "circle", *self.attributes(values | {"r": self.at(4, 15)}, around), True
        values |= {"rx": self.at(4, 18), "ry": self.at(4, 12)}
        return "ellipse", *self.attributes(values, around), True

    def line(self, around: Around) -> tuple[str, str, str, bool]:
        values = {
            name: self.at(5, 90 if name[0] == "x" else 70) for name in ("x1", "y1", "x2", "y2")
        }
        return "line", *self.attributes(values, around), False

    def points(self, around: Around) -> tuple[str, str, str, bool]:
        places = [(self.at(5, 90), self.at(5, 70)) for _ in range(self.rnd.randint(3, 5))]
        words = f'points="{" ".join(f"{x},{y}" for x, y in places)}"'
        return self.rnd.choice(["polygon", "polyline"]), words, words, False

    def path(self, around: Around) -> tuple[str, str, str, bool]:
        r = self.at(5, 15)
        data = f"M{self.at(15, 80)} {self.at(15, 60)}"
        if self.rnd.random() < 0.4:
            blob = f"q{r} {-r} {2 * r} 0t{-r / 2} {r}a{r / 2} {r} 20 0 1 {-r} 5z"
            return "path", f'd="{data}{blob}"', f'd="{data}{blob}"', True
        for _ in range(self.rnd.randint(1, 4)):
            a, b, c, d, e, f = (self.at(-20, 20) for _ in range(6))
            data += self.rnd.choice([
                f"l{a} {b}", f"L{50 + a} {40 + b}", f"h{a}V{40 + b}", f"c{a} {b} {c} {d} {e} {f}",
                f"C{50 + a},{40 + b} {50 + c} {40 + d},{50 + e} {40 + f}", f"s{a} {b} {c} {d}",
                f"q{a} {b} {c} {d}t{e} {f}", f"a{abs(a) + 2} {abs(b) + 2} {c} 0 1 {d} {e}",
                f"m{a / 4:.2f} {b / 4:.2f} {c} {d}",
            ])  # fmt: skip
        return "path", f'd="{data}"', f'd="{data}"', False

    def bad(self, around: Around) -> tuple[str, str, str, bool]:
        """Return a path that is broken behind its first half."""
        a, b, c, d = (self.at(10, 70) for _ in range(4))
        data = f"M{a} {b}L{c} {d}"
        broken = self.rnd.choice(["L NaN 3", "Q 3 4 5", "x", "L 3"])
        return "path", f'd="{data}{broken}L 5 5"', f'd="{data}"', False


def _attributes(own: dict[str, str]) -> str:
    return " ".join(f'{name}="{value}"' for name, value in own.items())


def _css(own: dict[str, str]) -> str:
    return ";".join(f"{name}:{value}" for name, value in own.items())


def make(seed: int) -> tuple[str, str, str]:
    """Return a drawing of that number in both wordings, the second also with thinner lines."""
    given, meant = Maker(random.Random(seed)).drawing()
    _, thin = Maker(random.Random(seed), LINE / 2).drawing()
    return given, meant, thin
