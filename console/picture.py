"""The picture of a case as SVG: no script, nothing from elsewhere, the same bytes each time.

Colours are of a palette that the colour-blind can tell apart (Okabe and Ito), and each kind of
evidence has a stroke of its own beside; what is pointed at says what it is. Everything that is
written goes through the XML library, which escapes it.
"""

import math
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as Xml

from detection.picture import KINDS, Line, Node, Picture

WIDTH: Final = 1200
HEIGHT: Final = 900
_TOP: Final = 84
_BOTTOM: Final = 76
_SIDE: Final = 90
_NAMED_HUBS: Final = 15
_NAMED: Final = 60  # so many owners can be named beside their circles
_NAME_LENGTH: Final = 22
_SMALLEST, _LARGEST = 5.0, 15.0
_FULL_BITS: Final = 12.0
_MOST_SENTENCES: Final = 12
# Kind: stroke in light, stroke in dark, dashes, what stands in the legend.
_STROKES: Final = {
    "place": ("#0072b2", "#56b4e9", "", "place: devices, networks"),
    "money": ("#c04b00", "#f0a05a", "9 4", "money: funding"),
    "orders": ("#00795a", "#3ccfa0", "2 4", "orders: opposite, direct, replay"),
    "arrival": ("#a8518a", "#e29ccb", "9 3 2 3", "arrival: referral, sign-up, hand-over"),
}


@dataclass(frozen=True)
class _Spot:
    x: float
    y: float
    radius: float


def draw(picture: Picture, case_id: str) -> str:
    """Return the SVG of a case that was laid out."""
    root = Xml.Element(
        "svg",
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        attrib={"aria-labelledby": "title summary"},
    )
    _text(root, "title", f"Case {case_id}", id="title")
    _text(root, "desc", _summary(picture), id="summary")
    _text(root, "style", _style())
    Xml.SubElement(root, "rect", attrib={"class": "paper"}, width=str(WIDTH), height=str(HEIGHT))
    _text(root, "text", f"Case {case_id}", x="28", y="40", attrib={"class": "heading"})
    _text(root, "text", _summary(picture), x="28", y="64", attrib={"class": "quiet"})
    marks = len(picture.nodes)
    spots = [
        *(_spot(node.x, node.y, _radius(node.share, marks)) for node in picture.nodes),
        *(_spot(hub.x, hub.y, 6.0 if marks <= _NAMED else 4.5) for hub in picture.hubs),
    ]
    _draw_lines(root, picture, spots)
    _draw_hubs(root, picture, spots)
    _draw_owners(root, picture, spots)
    _draw_legend(root)
    Xml.indent(root, " ")
    return Xml.tostring(root, encoding="unicode") + "\n"


def _summary(picture: Picture) -> str:
    owners = _count(picture.owners, "owner")
    if len(picture.nodes) < picture.owners:
        left = picture.owners - len(picture.nodes)
        owners += f", of whom the {left:,} that belong least firmly are left out"
    if picture.drawn == picture.observed:
        return f"{owners}; {_count(picture.observed, 'observation')}, all drawn"
    return (
        f"{owners}; {picture.drawn:,} of {picture.observed:,} observations are drawn, the "
        f"strongest; {picture.observed - picture.drawn:,} are left out"
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _style() -> str:
    light = "".join(f".{kind}{{stroke:{_STROKES[kind][0]}}}" for kind in KINDS)
    dark = "".join(f".{kind}{{stroke:{_STROKES[kind][1]}}}" for kind in KINDS)
    dashes = "".join(
        f".{kind}{{stroke-dasharray:{_STROKES[kind][2]}}}" for kind in KINDS if _STROKES[kind][2]
    )
    return (
        "text{font:13px system-ui,sans-serif;fill:#1b1b1b}"
        ".heading{font-size:20px;font-weight:600}.quiet{fill:#595959}"
        ".paper{fill:#fff}.owner{fill:#4d4d4d;stroke:#fff;stroke-width:1.5}"
        ".name{font-size:11px;paint-order:stroke;stroke:#fff;stroke-width:3px}"
        ".line{fill:none}.weak{opacity:.45}"
        f"{light}{dashes}.hub{{stroke-width:2.5;stroke-dasharray:none;fill:#fff}}"
        "@media (prefers-color-scheme:dark){text{fill:#ededed}.quiet{fill:#b3b3b3}"
        ".paper,.hub{fill:#161616}.owner{fill:#c9c9c9;stroke:#161616}.name{stroke:#161616}"
        f"{dark}}}"
    )


def _radius(share: float, owners: int) -> float:
    shrink = 1.0 if owners <= _NAMED else math.sqrt(_NAMED / owners)
    return max(2.5, (_SMALLEST + (_LARGEST - _SMALLEST) * math.sqrt(max(0.0, share))) * shrink)


def _spot(x: float, y: float, radius: float) -> _Spot:
    return _Spot(
        _SIDE + x * (WIDTH - 2 * _SIDE),
        _TOP + 24 + y * (HEIGHT - _TOP - _BOTTOM - 48),
        radius,
    )


def _draw_lines(root: Xml.Element, picture: Picture, spots: list[_Spot]) -> None:
    crowd = min(1.0, math.sqrt(150 / max(1, len(picture.lines))))
    group = Xml.SubElement(root, "g", attrib={"class": "line"})
    for line in picture.lines:
        width = (0.8 + 3.2 * min(1.0, line.millibits / 1000 / _FULL_BITS)) * max(0.35, crowd)
        end = line.end + len(picture.nodes) * line.to_hub
        path = Xml.SubElement(
            group,
            "path",
            attrib={
                "class": line.kind if line.two_sided else f"{line.kind} weak",
                "d": _curve(line, spots[line.start], spots[end]),
                "stroke-width": f"{width:.2f}",
            },
        )
        _text(path, "title", "\n".join(line.sentences[:_MOST_SENTENCES]))


def _curve(line: Line, start: _Spot, end: _Spot) -> str:
    """Return a path that leaves room for the other lines between the same two."""
    lane = line.lane - (line.lanes - 1) / 2
    across, down = end.x - start.x, end.y - start.y
    length = math.hypot(across, down) or 1.0
    bend = lane * min(26.0, 0.22 * length)
    x = (start.x + end.x) / 2 - down / length * bend
    y = (start.y + end.y) / 2 + across / length * bend
    return f"M{start.x:.1f} {start.y:.1f}Q{x:.1f} {y:.1f} {end.x:.1f} {end.y:.1f}"


def _draw_owners(root: Xml.Element, picture: Picture, spots: list[_Spot]) -> None:
    group = Xml.SubElement(root, "g")
    for node, spot in zip(picture.nodes, spots, strict=False):
        circle = Xml.SubElement(
            group,
            "circle",
            attrib={"class": "owner"},
            cx=f"{spot.x:.1f}",
            cy=f"{spot.y:.1f}",
            r=f"{spot.radius:.1f}",
        )
        told = f"{node.owner_id}: strength {node.millibits / 1000:.1f} bits, linked to "
        _text(circle, "title", told + _count(node.linked, "owner"))
    if len(picture.nodes) <= _NAMED:
        for node, spot in zip(picture.nodes, spots, strict=False):
            _draw_name(group, node, spot)


def _draw_hubs(root: Xml.Element, picture: Picture, spots: list[_Spot]) -> None:
    group = Xml.SubElement(root, "g")
    for hub, spot in zip(picture.hubs, spots[len(picture.nodes) :], strict=True):
        x, y, half = spot.x, spot.y, spot.radius
        mark = Xml.SubElement(
            group,
            "rect",
            attrib={"class": f"hub {hub.observed.kind}"},
            x=f"{x - half:.1f}",
            y=f"{y - half:.1f}",
            width=f"{2 * half:.1f}",
            height=f"{2 * half:.1f}",
        )
        _text(mark, "title", hub.observed.sentence)
        if len(picture.hubs) <= _NAMED_HUBS:
            name = hub.observed.signal.replace("_", " ")
            if hub.observed.value:
                name += f" {hub.observed.value}…"
            place = {"class": "name", "text-anchor": "middle"}
            _text(group, "text", name, x=f"{x:.1f}", y=f"{y + half + 14:.1f}", attrib=place)


def _draw_name(group: Xml.Element, node: Node, spot: _Spot) -> None:
    name = node.owner_id
    shown = name if len(name) <= _NAME_LENGTH else f"{name[: _NAME_LENGTH - 1]}…"
    x, y = f"{spot.x:.1f}", f"{spot.y - spot.radius - 5:.1f}"
    _text(group, "text", shown, x=x, y=y, attrib={"class": "name", "text-anchor": "middle"})


def _draw_legend(root: Xml.Element) -> None:
    group = Xml.SubElement(root, "g")
    y = HEIGHT - 44
    for place, kind in enumerate(KINDS):
        x = 28 + place * 272
        attrib = {"class": f"line {kind}", "d": f"M{x} {y}h44", "stroke-width": "3"}
        Xml.SubElement(group, "path", attrib=attrib)
        _text(group, "text", _STROKES[kind][3], x=str(x + 52), y=str(y + 4))
    _text(
        group,
        "text",
        "Circles are owners, larger where they belong more firmly; squares are what several share. "
        "Thick lines are more bits, faint ones one-sided. Point at anything to read what it is.",
        x="28",
        y=str(HEIGHT - 16),
        attrib={"class": "quiet"},
    )


def _text(parent: Xml.Element, tag: str, words: str, **attributes: object) -> None:
    extra = attributes.pop("attrib", {})
    named = {name: str(value) for name, value in attributes.items()}
    element = Xml.SubElement(parent, tag, attrib={**named, **dict(extra)})  # type: ignore[call-overload]
    element.text = words
