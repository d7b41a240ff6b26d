"""What is known of a record, under the words of the schema."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from crmetrics.presenting.countries import country_name
from crmetrics.presenting.numbers import Format, format_for
from crmetrics.presenting.words import say
from crmetrics.vocabulary.unit import DATE, FLAG, MOMENT, MONEY, SHARE, Unit
from crmetrics.warehouse.schema import CHOICE_LABELS, Table, Type, country_dimension

_UNITS: Final[Mapping[Type, Unit]] = {Type.DATE: DATE, Type.MOMENT: MOMENT, Type.FLAG: FLAG, Type.SHARE: SHARE}


def profile_lines(
    table: Table, told: Mapping[str, Any], names: Mapping[str, str], format: Format, apart: Collection[str]
) -> list[tuple[str, str]]:
    """The filled columns of a record but those `apart`, each with its label; a company's own columns under their own names."""
    lines = []
    for name, value in told.items():
        if name in apart:
            continue
        if not table.has(name):
            lines.append((name.removeprefix("custom_").replace("_", " "), str(value)))
            continue
        column = table.column(name)
        if name == "owner_id":
            shown = names.get(str(value), str(value))
        elif country_dimension(table.name, name):
            shown = country_name(str(value), format.language)
        elif column.choices and str(value) in CHOICE_LABELS:
            shown = say(CHOICE_LABELS[str(value)], format)
        elif column.type in (Type.MONEY, Type.NUMBER, Type.INTEGER):
            shown = format.number(float(value))
        else:
            shown = format.value(_UNITS.get(column.type, Unit.TEXT), value)
        if column.type is Type.MONEY and told.get("currency"):
            shown = f"{shown} {told['currency']}"
        lines.append((say(column.label, format), shown))
    return lines


def money_in(currency: str | None, value: Any, format: Format) -> str:
    """An amount in a currency of its own; that of the company where none is given."""
    own = format_for(format.language, currency or format.currency, format.zone)
    return own.value(MONEY, value)
