"""Every query that analyses ask: in the closed language, and in an order that leaves nothing to chance."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlglot import exp

from crmetrics.catalogue import OpenCatalogue, keys, open_workspace
from crmetrics.vocabulary.period import GRAINS
from crmetrics.warehouse import warehouse as asked_by
from crmetrics.warehouse.dialect import parsed
from crmetrics.warehouse.facts import facts
from crmetrics.warehouse.facts.fact import ADDED_UP, JOINED
from crmetrics.warehouse.schema import TABLES
from tests.test_every_analysis import values_of

MARK = "grouping()"
DECIDED_BY_TIES_TOO = (exp.Rank, exp.DenseRank, exp.PercentRank, exp.CumeDist)
"""Windows that give equal rows equal values, whatever the order among them."""


@pytest.fixture(scope="module")
def queries(demo_company) -> list[str]:
    """The SQL of every fact, and of every analysis asked in every way, as it was before anything was put in its place."""
    catalogue = open_workspace(demo_company("en"))
    found: dict[str, None] = dict.fromkeys(fact.sql.replace("{party}", "party") for fact in facts().values())
    with pytest.MonkeyPatch.context() as patch:

        def noted(sql: str) -> exp.Query:
            found[sql] = None
            return parsed(sql)

        patch.setattr(asked_by, "parsed", noted)
        for key in (*keys(), *catalogue.own):
            for choices in ways_of_asking(catalogue, key):
                catalogue.ask(key, **choices)
    return list(found)


def ways_of_asking(catalogue: OpenCatalogue, key: str) -> Iterator[dict[str, object]]:
    declared = catalogue.find(key)
    yield {}
    yield from values_of(declared)
    yield from ({"by": by} for by in (*GRAINS[2:3], "owner") if by in declared.groupings())


# ── what makes a row of a query unlike all others ──────────────────────────────────────────────────────────────────────


def key_of(query: exp.Expr, ctes: dict[str, exp.Expr]) -> set[str] | None:
    """The names of columns of a query that no two of its rows share; None where that cannot be told; empty: a single row."""
    query = query.unnest()
    if not isinstance(query, exp.Select):
        return None
    ctes = ctes | {cte.alias: cte.this for cte in (query.args.get("with_") or exp.With()).expressions}
    if query.args.get("distinct"):
        return {each.alias_or_name for each in query.expressions}
    group = query.args.get("group")
    if group is not None:
        named = {each.unalias().sql(): each.alias_or_name for each in query.expressions}
        return {named.get(each.sql(), each.alias_or_name or each.sql()) for each in grouped_by(group)} | marks_of(query)
    if any(each.find(exp.AggFunc) and not each.find(exp.Window) for each in query.expressions):
        return set()
    return source_key(query, ctes)


def grouped_by(group: exp.Group) -> list[exp.Expr]:
    sets = [each for sets in group.find_all(exp.GroupingSets) for each in sets.expressions]
    flat = [part for each in sets for part in (each.expressions if isinstance(each, exp.Tuple) else [each.unnest()])]
    return [*(each for each in group.expressions if not isinstance(each, exp.GroupingSets)), *flat]


def marks_of(query: exp.Select) -> set[str]:
    """The mark of a subtotal belongs to the key: its blanks may stand beside a group that is blank itself."""
    if not query.args["group"].find(exp.GroupingSets):
        return set()
    return {each.alias_or_name for each in query.expressions if each.find(exp.Grouping)} or {MARK}


def numbered(query: exp.Select, ctes: dict[str, exp.Expr]) -> set[str]:
    """Columns of what a SELECT reads that number its rows, and so are a key by themselves."""
    source = query.args["from_"].this if query.args.get("from_") else None
    inner = ctes.get(source.name) if isinstance(source, exp.Table) else source
    select = inner.unnest() if inner is not None else None
    return {
        each.alias
        for each in (select.expressions if isinstance(select, exp.Select) else ())
        for window in each.find_all(exp.Window)
        if isinstance(window.this, exp.RowNumber) and not window.args.get("partition_by")
    }


def source_key(query: exp.Select, ctes: dict[str, exp.Expr]) -> set[str] | None:
    """The key of the rows that a SELECT reads. Joins are taken to be to one row, for a parent or a lookup."""
    source = query.args["from_"].this if query.args.get("from_") else None
    joins = [
        join for join in query.args.get("joins") or () if join.args.get("kind") in ("CROSS",) or not join.args.get("on")
    ]
    if source is None or (joins and not all(join.args.get("using") for join in joins)):
        return None
    if isinstance(source, exp.Subquery):
        return key_of(source.this, ctes)
    name = "orders" if source.name == ADDED_UP else JOINED.get(source.name, (source.name,))[0]
    if name in ctes:
        return key_of(ctes[name], {each: tree for each, tree in ctes.items() if each != name})
    if name in TABLES:
        return set(TABLES[name].key)
    if name in facts():
        return key_of(parsed(facts()[name].sql.replace("{party}", "party")), {})
    return None


def names_in(order: exp.Expr | None, select: exp.Select) -> set[str]:
    """What an ORDER BY names: columns, and aliases of what they stand for."""
    named = {each.alias: each.unalias().sql() for each in select.expressions if each.alias}
    found = set()
    for each in order.expressions if order is not None else ():
        value = each.this if isinstance(each, exp.Ordered) else each
        if isinstance(value, exp.Literal):
            value = select.expressions[int(value.this) - 1]
        found |= {value.alias_or_name, value.sql(), named.get(value.alias_or_name, "")}
        found |= {name for name, sql in named.items() if sql == value.sql()}
    return found


def loose_ends(sql: str) -> list[str]:
    """The orders of a query in which two rows may change places."""
    tree = parsed(sql)
    ctes = {cte.alias: cte.this for cte in tree.find_all(exp.CTE)}
    found = []
    for select in tree.find_all(exp.Select):
        order = select.args.get("order")
        key = key_of(select, ctes) if order is not None else None
        missing = (key or set()) - names_in(order, select)
        if missing and not numbered(select, ctes) & names_in(order, select):
            found.append(f"{order.sql()}: {', '.join(sorted(missing))} may be the same twice")
        for window in select.find_all(exp.Window):
            if window.parent_select is select and (missing := missing_in(window, select, ctes)):
                found.append(f"{window.sql()}: {', '.join(sorted(missing))} may be the same twice")
    return found


def missing_in(window: exp.Window, select: exp.Select, ctes: dict[str, exp.Expr]) -> set[str]:
    order, spec = window.args.get("order"), window.args.get("spec")
    is_by_rows = spec is not None and spec.args.get("kind", "").upper() == "ROWS"
    is_whole = is_by_rows and "UNBOUNDED" in str(spec.args.get("start")) and "UNBOUNDED" in str(spec.args.get("end"))
    picks = isinstance(window.this, exp.RowNumber | exp.Lag | exp.Lead | exp.FirstValue | exp.LastValue)
    if (
        order is None
        or isinstance(window.this, DECIDED_BY_TIES_TOO)
        or not (picks or is_by_rows)
        or (is_whole and not picks)
    ):
        return set()
    key = key_of(select, ctes) if select.args.get("group") else source_key(select, ctes)
    partition = {name for each in window.args.get("partition_by") or () for name in (each.alias_or_name, each.sql())}
    return (key or set()) - names_in(order, select) - partition


# ── the lint ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_query_is_in_the_closed_language(queries):
    assert len(queries) > 50
    for sql in queries:
        parsed(sql)


def test_no_order_is_left_to_chance(queries):
    loose = [f"{end}\n{sql}" for sql in queries for end in loose_ends(sql)]
    assert not loose, "\n".join(loose)


def test_a_table_that_leaves_its_scope_to_its_parent_is_joined_to_it(queries):
    """`order_lines_of_orders` holds lines of orders that a viewer may not see, for the join to the orders takes them away."""
    for sql in queries:
        for table in parsed(sql).find_all(exp.Table):
            if table.name in JOINED:
                assert JOINED[table.name][1] in joined_around(table), sql


def joined_around(table: exp.Table) -> set[str]:
    """The tables to which one is joined so that rows without a partner fall away, in its SELECT or in those around it."""
    found: set[str] = set()
    select = table.parent_select
    if isinstance(table.parent, exp.Join) and table.parent.side == "LEFT" and isinstance(select, exp.Select):
        found.add(select.args["from_"].this.name)  # its own rows without a partner on the left fall away
    while select is not None:
        joins = [join for join in select.args.get("joins") or () if not join.args.get("side")]
        found |= {
            each.this.name for each in (select.args["from_"], *joins) if joins and isinstance(each.this, exp.Table)
        }
        if any(join.side == "LEFT" for join in select.args.get("joins") or ()):
            found.add(select.args["from_"].this.name)  # what is joined to it falls away without it
        select = select.parent_select
    return found


def test_no_limit_without_an_order(queries):
    for sql in queries:
        for limit in parsed(sql).find_all(exp.Limit):
            assert limit.parent.args.get("order") is not None, sql


@pytest.mark.parametrize(
    ("sql", "ends"),
    [
        ("select deal_id from deals order by deal_id", 0),
        ("select deal_id from deals order by amount", 1),
        ("select deal_id from deals order by amount desc, deal_id", 0),
        ("select owner_id as party, count(*) as n from deals group by owner_id order by n", 1),
        ("select owner_id as party, count(*) as n from deals group by owner_id order by n, party", 0),
        ("select owner_id, stage from deals group by all order by owner_id", 0),  # cannot be told
        ("select party, stage, grouping(party) as g from deals group by grouping sets ((party, stage), ()) order by g, party", 1),
        ("select party, stage, grouping(party) as g from deals group by grouping sets ((party, stage), ()) order by g, party, stage", 0),
        ("select distinct stage, owner_id from deals order by stage", 1),
        ("select count(*) as n from deals order by n", 0),
        ("with a as (select customer_id as c, sum(amount) as s from deals group by customer_id) select * from a order by s", 1),
        ("with a as (select customer_id as c, sum(amount) as s from deals group by customer_id) select * from a order by s, c", 0),
        ("select l.net from sales_lines l order by l.net", 1),
        ("select l.net from sales_lines l order by l.net, l.order_id, l.line_no", 0),
        ("select row_number() over (order by amount) as n from deals", 1),
        ("select row_number() over (order by amount, deal_id) as n from deals", 0),
        ("select row_number() over (partition by deal_id order by amount) as n from deals", 0),
        ("select rank() over (order by amount) as n from deals", 0),
        ("select sum(amount) over (order by amount) as n from deals", 0),
        ("select sum(amount) over (order by amount rows between unbounded preceding and current row) as n from deals", 1),
        ("select lag(amount) over (partition by owner_id order by created_at) as n from deals", 1),
        ("select party, row_number() over (order by sum(amount) desc, party) as n from deals group by party", 0),
        ("select party, row_number() over (order by sum(amount) desc) as n from deals group by party", 1),
    ],
)  # fmt: skip
def test_a_loose_end_is_seen(sql, ends):
    assert len(loose_ends(sql)) == ends
