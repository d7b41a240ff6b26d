"""Marks of a chart that lead to the rows behind what they tell: made afterwards, for who reads it in a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from crmetrics.analysis import Answer, Row
from crmetrics.analysis.opening import opens
from crmetrics.presenting.frame import ALL, Drawing, Spec
from crmetrics.vocabulary.unit import Unit

Links = Callable[[str, Row], str | None]
"""Where the figure of a column and a row is opened; None: nowhere."""

_EARLIER_OR_PLANNED: Final = frozenset({"b", "goal"})
"""The fields of what a row is compared with: a mark of them tells nothing of the rows of now."""
_LEADS: Final = "isValid(datum.to)"

_Mark = tuple[int, str]
"""What a mark tells: the place of its row in the answer, its column (blank: what the chart tells)."""


def linked(drawing: Drawing, answer: Answer[Any], links: Links) -> Drawing:
    """The chart whose marks open what they tell, by pointer and by Enter; the one given stays as it was.

    links  gives addresses on this site; any other is left out. What they have in common is written once, as the chart's
           parameter `opens`, and with each mark what is its own, as `to`.
    """
    marks = {_mark(datum) for datum in _data(drawing.spec) if "at" in datum}
    opened = _opened(drawing, answer) if marks else ()
    found = {mark: _address(mark, opened, answer, links) for mark in marks}
    known = {mark: address for mark, address in found.items() if address is not None}
    if not known:
        return drawing
    start = _common(list(known.values()))
    own = {mark: address[len(start) :] for mark, address in known.items()}
    spec = {**drawing.spec, "params": [{"name": "opens", "value": start}]}
    if "data" in spec:
        spec["data"] = _led(spec["data"], own)
    spec["layer"] = [_layer(layer, spec.get("data"), own) for layer in spec["layer"]]
    return replace(drawing, spec=spec, leads=True)


def _data(spec: Spec) -> Iterator[Spec]:
    for each in (spec, *spec["layer"]):
        yield from each.get("data", {}).get("values", ())


def _mark(datum: Spec) -> _Mark:
    return datum["at"], datum.get("of", "")


def _address(mark: _Mark, opened: tuple[str, ...], answer: Answer[Any], links: Links) -> str | None:
    at, of = mark
    row = answer.total if at == ALL else answer.rows[at]
    if row is None:
        return None
    addresses = (links(column, row) for column in ((of,) if of else opened))
    return next((each for each in addresses if each is not None and _is_own(each)), None)


def _opened(drawing: Drawing, answer: Answer[Any]) -> tuple[str, ...]:
    """The columns that may open with a mark, the first that can is taken.

    A figure without rows of its own, as a median, opens the cases that it is worked out of: the first figure that can be
    opened. A figure that has rows, but none here, opens no others.
    """
    told = next(column for column in answer.declared.row.columns if column.name == drawing.tells[0])
    rows = opens(answer.declared, answer.choices)
    cases = [name for name in (told.name, *(told.of or ())) if name in rows]
    if not cases and told.dimension is None and told.unit is not Unit.TEXT:
        cases = [*rows][:1]
    return tuple(dict.fromkeys((told.name, *cases[:1], *drawing.tells[1:])))


def _is_own(address: str) -> bool:
    """Whether an address is a place on this site and nothing else: no other host, no script."""
    return address.startswith("/") and not address.startswith(("//", "/\\"))


def _common(addresses: list[str]) -> str:
    """What all of them begin with."""
    first, last = min(addresses), max(addresses)
    same = next((place for place, letter in enumerate(first) if letter != last[place : place + 1]), len(first))
    return first[:same]


def _led(data: Spec, own: Mapping[_Mark, str]) -> Spec:
    """The data with the way that each mark leads in place of what it tells."""
    rows = []
    for datum in data["values"]:
        kept = {name: value for name, value in datum.items() if name not in ("at", "of")}
        to = own.get(_mark(datum)) if "at" in datum else None
        rows.append(kept if to is None else {**kept, "to": to})
    return {**data, "values": rows}


def _layer(layer: Spec, shared: Spec | None, own: Mapping[_Mark, str]) -> Spec:
    """A layer whose marks are opened by a click: those that tell their values, and the labels beside them."""
    if "data" in layer:
        layer = {**layer, "data": _led(layer["data"], own)}
    encoding, data = layer.get("encoding", {}), layer.get("data", shared)
    places = {encoding.get(name, {}).get("field") for name in ("x", "y")}
    is_told = "tooltip" in encoding or layer["mark"]["type"] == "text"
    leads = data is not None and any("to" in datum for datum in data["values"])
    if not is_told or not leads or places & _EARLIER_OR_PLANNED:
        return layer
    # a chart's own words for no link: a mark that leads nowhere has no address at all
    href = {"condition": {"test": _LEADS, "value": {"expr": "opens + datum.to"}}}
    cursor = {"expr": f"{_LEADS} ? 'pointer' : 'default'"}
    return {**layer, "mark": {**layer["mark"], "cursor": cursor}, "encoding": {**encoding, "href": href}}
