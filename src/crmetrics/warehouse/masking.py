"""Personal data for those who may not see them: masked where the views are made, so that no door can forget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from crmetrics.warehouse.schema import Column, Personal, Table

STAFF: Final = frozenset({"employees"})
"""Whose names stand on every chart: who works here is no secret among colleagues. Their pay is."""
PERSONS: Final = frozenset({"customers", "contacts", "leads"})
"""Tables of which each row may be a living person: a column of the company's own may tell anything of him."""

_INITIALS: Final = """case when position(' ' in {c}) > 0
    then substring({c}, 1, 1) || '… ' || substring(split_part({c}, ' ', -1), 1, 1) || '…'
    else substring({c}, 1, 1) || '…' end"""
_EMAIL: Final = "substring({c}, 1, 1) || '…@…'"
_ENDS: Final = "substring({c}, 1, 3) || ' … ' || substring({c}, length({c}) - 1, 2)"
_PSEUDONYM: Final = "substring(md5({c}), 1, 12)"  # who is counted must stay one and the same

_SPELLED: Final[Mapping[str, str]] = {
    "name": _INITIALS,
    "company": _INITIALS,
    "email": _EMAIL,
    "phone": _ENDS,
    "tax_number": _ENDS,
    "visitor_id": _PSEUDONYM,
    "session_id": _PSEUDONYM,
}


def masked(table: Table, column: Column, found: str) -> str | None:
    """What stands in a view in place of a column, whose SQL is `found`; None if the column may be seen.

    Names keep their first letters, numbers their ends: who knows a customer recognises him, who does not learns nothing. What
    describes a person, and texts in which anything may stand, are blank. Companies are no persons: they keep their names.
    """
    if column.personal is None or (table.name in STAFF and column.personal is Personal.NAMES):
        return None
    if column.personal is not Personal.NAMES:
        return f"cast(null as {column.type.value})"
    spelled = _SPELLED.get(column.name, "cast(null as VARCHAR)").format(c=found)
    if table.has("kind") and column.name in ("name", "tax_number"):
        spelled = f"case when t.kind = 'company' then {found} else {spelled} end"
    if column.default in table.key:  # an id that stands for a name is no name
        spelled = f"case when {found} = t.{column.default} then {found} else {spelled} end"
    return spelled
