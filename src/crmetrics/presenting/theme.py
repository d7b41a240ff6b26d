"""Colours and type of charts: roles ("@accent") in a specification, filled for light or dark; the chart library's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Literal

Mode = Literal["light", "dark"]

ROLES: Final[Mapping[Mode, Mapping[str, str]]] = MappingProxyType(
    {
        "light": MappingProxyType(
            {
                "ink": "#16191d",
                "ink2": "#4a5058",
                "ink3": "#666c75",
                "line": "#e4e4e0",
                "bg": "#ffffff",
                "accent": "#3349c2",
                "accentSoft": "#c3cbf1",
                "accentEdge": "#6e7dd0",
                "good": "#08705a",
                "bad": "#b33a0e",
                "badSoft": "#eeb79d",
                "badEdge": "#c8643a",
                "warn": "#845a00",
                "prev": "#868d96",
                "growing": "#cfe9e1",
                "core": "#d5dbf5",
                "slipping": "#f6d3bf",
                "gone": "#e6e6e2",
            }
        ),
        "dark": MappingProxyType(
            {
                "ink": "#eceef0",
                "ink2": "#b9bfc7",
                "ink3": "#939aa4",
                "line": "#282c32",
                "bg": "#131519",
                "accent": "#9aa9ff",
                "accentSoft": "#3a4580",
                "accentEdge": "#6b7bd6",
                "good": "#4fc9a4",
                "bad": "#ff946a",
                "badSoft": "#7a412c",
                "badEdge": "#c0714f",
                "warn": "#e2b450",
                "prev": "#7a828d",
                "growing": "#1b463b",
                "core": "#2b3668",
                "slipping": "#5c2f1d",
                "gone": "#2f343b",
            }
        ),
    }
)

CATEGORICAL: Final[Mapping[Mode, tuple[str, ...]]] = MappingProxyType(
    {
        "light": ("#2B3D8D", "#D07C3E", "#1C7A71", "#62264F", "#675B12", "#0B90D7"),
        "dark": ("#7188FB", "#ED7C2F", "#61F5E6", "#DA98B5", "#E8D84F", "#56BAFC"),
    }
)
"""At most six: more cannot be told apart by everyone."""
SEQUENTIAL: Final[Mapping[Mode, tuple[str, ...]]] = MappingProxyType(
    {
        "light": ("#F1F3FC", "#D5DBF5", "#B0BBEA", "#8596DB", "#5C70C6", "#3D51A9", "#2B3D8D"),
        "dark": ("#1B2036", "#232C55", "#2E3A70", "#3D4C8F", "#5468BA", "#8496EE", "#B9C4FF"),
    }
)

BROWSER_FONTS: Final = (
    '"Segoe UI Variable Text","Segoe UI",-apple-system,BlinkMacSystemFont,"Noto Sans",Roboto,"Helvetica Neue",Arial,'
    '"PingFang SC","Hiragino Sans GB","Microsoft YaHei UI","Microsoft YaHei","Noto Sans CJK SC","Noto Sans SC",'
    '"Source Han Sans SC",sans-serif'
)
LATIN_FACE: Final = "Noto Sans"
CHINESE_FACE: Final = "Noto Sans CJK SC"

_COLOURED: Final = frozenset({"color", "fill", "stroke", "labelColor", "titleColor", "gridColor", "value", "range"})
"""The properties of a specification that hold colours. Data are never looked into: "@accent" may be a customer's name."""


def picture_fonts(language: str) -> str:
    """The fonts by which a static chart measures its labels."""
    faces = (CHINESE_FACE, LATIN_FACE) if language == "zh" else (LATIN_FACE, CHINESE_FACE)
    return f"{', '.join(faces)}, sans-serif"


def filled(spec: Any, mode: Mode, is_colour: bool = False) -> Any:
    """The specification with its roles replaced by the colours of a mode."""
    if isinstance(spec, str):
        return ROLES[mode].get(spec[1:], spec) if is_colour and spec.startswith("@") else spec
    if isinstance(spec, list):
        return [filled(each, mode, is_colour) for each in spec]
    if isinstance(spec, dict):
        return {
            name: each if name in ("data", "datasets") else filled(each, mode, name in _COLOURED)
            for name, each in spec.items()
        }
    return spec


def config(mode: Mode, fonts: str = BROWSER_FONTS) -> dict[str, Any]:
    """The chart library's configuration of a mode: hairlines, small type, no frames."""
    role, ramp = ROLES[mode], list(SEQUENTIAL[mode])
    labels = {"labelFont": fonts, "labelFontSize": 11, "labelColor": role["ink2"]}
    titles = {"titleFont": fonts, "titleFontSize": 11, "titleFontWeight": 400, "titleColor": role["ink3"]}
    return {
        "aria": False,  # the container says in words what the chart shows
        "background": "transparent",
        "font": fonts,
        "padding": 2,
        "view": {"stroke": None},
        "axis": {
            **labels,
            **titles,
            "domain": False,
            "ticks": False,
            "grid": False,
            "gridColor": role["line"],
            "gridDash": [1, 3],
            "labelPadding": 6,
            "labelLimit": 200,
        },
        "legend": {
            **labels,
            **titles,
            "orient": "top",
            "symbolType": "square",
            "symbolSize": 70,
            "offset": 4,
            "labelLimit": 240,
        },
        "title": {"font": fonts, "fontSize": 13, "fontWeight": 600, "color": role["ink"], "anchor": "start"},
        "text": {"font": fonts, "fontSize": 11, "color": role["ink"]},
        "bar": {"color": role["accent"]},
        "line": {"color": role["accent"], "strokeWidth": 2, "strokeJoin": "round"},
        "point": {"filled": True, "opacity": 1, "size": 42, "color": role["accent"]},
        "rule": {"color": role["ink3"]},
        "tick": {"color": role["ink"], "thickness": 2},
        "range": {"category": list(CATEGORICAL[mode]), "ordinal": ramp, "heatmap": ramp, "ramp": ramp},
    }


def browser_theme() -> dict[str, Any]:
    """What the pages' script needs to draw a specification in either mode; `coloured` are the properties to fill."""
    modes: tuple[Mode, ...] = ("light", "dark")
    return {
        "roles": {mode: dict(ROLES[mode]) for mode in modes},
        "config": {mode: config(mode) for mode in modes},
        "coloured": sorted(_COLOURED),
    }
