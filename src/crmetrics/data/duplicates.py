"""Duplicates."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from crmetrics.analysis import Finding, Histogram, Note, Number, Options, Result, Row, Table, analysis, column
from crmetrics.clean.duplicates.found import Found, Pair
from crmetrics.clean.duplicates.groups import Group, Limits
from crmetrics.data.duplicate_pairs import groups_in, seen_by
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.unit import COUNT, QUANTITY, SHARE, Figure
from crmetrics.warehouse.warehouse import Warehouse

_ = words("data")

Of = Annotated[Literal["customers", "contacts"], Options("Records", customers="customers", contacts="contact persons")]
FEWEST_REASONS: Final = 0.5
"""A field that says less than this, in bits, is not told: it speaks neither for nor against."""


class Duplicates(Row):
    group_id = column("Group", COUNT)
    left = column("Record")
    left_name = column("Name")
    right = column("Other record")
    right_name = column("Other name")
    score = column(
        "Score", QUANTITY, "what the fields say together, in bits: one more is twice as likely", better="higher"
    )
    probability = column("Probability", SHARE, "that both are one, as rare as duplicates are")
    reasons = column("Reasons", meaning="which field spoke for it or against it, and how much, in bits")
    proposal = column("Proposal", sure="merge", review="ask")


@analysis("Duplicates", needs={}, date="", table="customers", kind="DR", chart=Histogram(x="score"))
def duplicates(
    warehouse: Warehouse,
    of: Of = "customers",
    merge_from: Annotated[float, Number("Merge from a probability of", 0.5, 1)] = 0.99,
    ask_from: Annotated[float, Number("Ask from a probability of", 0.1, 1)] = 0.5,
) -> Result[Duplicates]:
    """Which records are the same customer, with what certainty?

    Formula: score = sum over the fields of log2(m / u) where they agree, log2((1 - m) / (1 - u)) where they differ, 0 where one is
             blank; probability = odds of the share of matches x 2^score. Merge from 99 %, ask from 50 %. Groups by connected
             pairs, cut at the weakest link while any pair contradicts (another tax number or birth date).
    Reads:   Name, e-mail, phone, tax number, birth date, city and, where the company has such columns, address and postcode, after
             casing by language, without company forms and look-alike letters. Mail boxes of a role and phones of more than five
             records are left out.
    Mind:    With fewer than 1,000 pairs to compare the weights are defaults. A pair that contradicts is never merged without asking.
    Source:  Fellegi and Sunter (1969), Journal of the American Statistical Association 64(328), 1183-1210; splink.
    """
    limits = Limits(merge_from, min(ask_from, merge_from))
    found, groups = groups_in(warehouse, of, limits)
    seen = seen_by(warehouse, of)
    told = [
        (group, pair)
        for group in groups
        for pair in group.pairs
        if seen is None or (pair.left in seen and pair.right in seen)
    ]
    shown = list({group.number: group for group, _pair in told}.values())
    return Result(
        _table(warehouse, of, told),
        notes=_notes(found),
        findings=_findings(shown) if seen is None else (),
        used=_rows(warehouse, of),
        n=found.compared,
    )


def _table(warehouse: Warehouse, of: str, told: list[tuple[Group, Pair]]) -> Table[Duplicates]:
    """A row a pair, in the order of the columns."""
    ids = sorted({one for _group, pair in told for one in (pair.left, pair.right)})
    names = warehouse.names_of(of, "name", ids) if ids else {}
    lines = [
        (
            group.number, pair.left, names.get(pair.left), pair.right, names.get(pair.right), pair.score, pair.probability,
            reasons_of(pair), pair.proposal,
        )
        for group, pair in told
    ]  # fmt: skip
    return Table(
        Duplicates, {each.name: [line[place] for line in lines] for place, each in enumerate(Duplicates.columns)}
    )


def reasons_of(pair: Pair) -> Message:
    """What the fields say, the weightiest first."""
    told = {
        str(place): _("{field}: {said} ({bits})", field=each.field, said=each.said, bits=Figure(each.bits, QUANTITY))
        for place, each in enumerate(pair.reasons)
        if abs(each.bits) >= FEWEST_REASONS
    }
    return Message("; ".join(f"{{{place}}}" for place in told), values=told)


def _rows(warehouse: Warehouse, table: str) -> int:
    if not warehouse.profile.rows(table):
        return 0
    return int(warehouse.query(f"select count(*) as n from {table}").one()["n"])


def _notes(found: Found) -> tuple[Note, ...]:
    if found.compared and not found.is_learned:
        told = _("The weights are defaults: {n} pairs are too few to learn from.", n=Figure(found.compared, COUNT))
        return (Note(told, "few"),)
    return ()


def _findings(groups: list[Group]) -> tuple[Finding, ...]:
    sure = [part for group in groups for part in group.sure]
    asked = [group for group in groups if not group.is_sure]
    told = []
    if sure:
        fewer = sum(len(part) - 1 for part in sure)
        told.append(
            Finding(
                _(
                    "{n} group of records is surely one: merging it leaves {fewer} records less.",
                    "{n} groups of records are surely one each: merging them leaves {fewer} records less.",
                    n=Figure(len(sure), COUNT),
                    fewer=Figure(fewer, COUNT),
                ),
                tone="warn",
            )
        )
    if asked:
        told.append(
            Finding(
                _(
                    "{n} group of records may be one: somebody should look.",
                    "{n} groups of records may be one each: somebody should look.",
                    n=Figure(len(asked), COUNT),
                ),
                tone="info",
            )
        )
    return tuple(told)
