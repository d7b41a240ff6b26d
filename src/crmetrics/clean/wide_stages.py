"""A column for each stage, with the day a deal came there, read as the history that it is: a row for each stage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from crmetrics.vocabulary.errors import BadMapping
from crmetrics.vocabulary.language import Message, words

_ = words("servers")

TABLE: Final = "deal_stages"
KEY: Final = "stages"

Wrong = Callable[[str, Message], BadMapping]


def spread(table: str, body: object, wrong: Wrong) -> Iterator[object]:
    """The sections that one with `stages = { "Qualified on" = "Qualified" }` stands for: one for each column.

    Others are given as they stand. Errors: what `wrong` makes of a key and a problem.
    """
    if table != TABLE or not isinstance(body, dict) or KEY not in body:
        yield body
        return
    stages = body[KEY]
    if not isinstance(stages, dict) or not stages or not all(isinstance(one, str) and one for one in stages.values()):
        example = 'stages = { "Qualified on" = "Qualified", "Proposal on" = "Proposal" }'
        raise wrong(KEY, _("say which column holds the day of which stage, such as {example}.", example=example))
    for key in ("stage", "entered_at", "left_at"):
        if key in body:
            raise wrong(key, _("it is told by `stages`. Take one of them out."))
    rest = {key: said for key, said in body.items() if key not in (KEY, "where")}
    for column, stage in stages.items():
        filled = f"{_quoted(column)} is not null"
        where = f"({body['where']}) and {filled}" if isinstance(body.get("where"), str) else filled
        yield {**rest, "stage": {"value": stage}, "entered_at": {"column": column}, "where": where}


def _quoted(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'
