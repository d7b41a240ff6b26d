"""One measured task in a process of its own: `python -m benchmarks.tasks NAME JSON` prints its cost as JSON."""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.companies import FOLDER, company_of

BY_HAND = Path(__file__).parent / "by_hand"


def ours(workspace: str, key: str, scope: str, **asked: Any) -> Callable[[], Any]:
    """Ask a question of the open workspace; the answer's total and rows are told for comparison."""
    from crmetrics.catalogue import OpenCatalogue, open_workspace
    from crmetrics.warehouse.scope import ADMINISTRATOR, Filter, Viewer

    opened = open_workspace(workspace)
    person, region = scoped_to(workspace)
    viewer = Viewer("rep", "self", person) if scope == "rep" else ADMINISTRATOR
    where = (Filter("region", (region,)),) if scope == "region" else ()

    def asking() -> Any:
        opened.engine.kept.clear()  # what is worked out once per version is part of the cost here
        opened.engine.learned.clear()
        answer = OpenCatalogue(opened.engine, opened.settings).ask(key, viewer=viewer, where=where, **asked)
        left_out = sum(each.rows for each in answer.result.left_out)
        if answer.total is None:  # of a few rows without a total all are compared, by their sums
            columns = {
                each.name: [row.as_dict()[each.name] for row in answer.rows] for each in answer.declared.row.columns
            }
            whole: dict[str, Any] = {name: _added(values) for name, values in columns.items()}
        else:
            whole = answer.total.as_dict()
        whole |= {"used": answer.result.used, "left_out": left_out}
        return len(answer.rows), whole, answer.total is not None

    return asking


def by_hand(workspace: str, name: str, scope: str, has_total: bool) -> Callable[[], Any]:
    """Run the SQL written by hand over the same version, with the same threads; its rows are fetched as ours are."""
    import duckdb

    from crmetrics.catalogue import current_version

    person, region = scoped_to(workspace)
    conditions = {
        "": {},
        "rep": {
            "orders": f"and o.owner_id = '{person}'",
            "deals": f"and d.owner_id = '{person}'",
            "customers": f"and c.owner_id = '{person}'",
            "planned": f"t.scope = 'owner' and t.scope_id = '{person}' or false and",
        },
        "region": {
            "orders": f"and o.customer_id in (select customer_id from customers where region = '{region}')",
            "deals": f"and d.customer_id in (select customer_id from customers where region = '{region}')",
            "customers": f"and c.region = '{region}'",
            "planned": "false and",
        },
    }
    sql = (BY_HAND / f"{name}.sql").read_text(encoding="utf-8")
    for place, condition in conditions[scope].items():
        sql = sql.replace(f"/*{place}*/", condition)
    connection = duckdb.connect(str(current_version(workspace).path), read_only=True)
    connection.execute("set TimeZone = 'UTC'")

    def running() -> Any:
        columns = connection.execute(sql).fetchnumpy()
        whole = {name: _plain(values[-1]) if has_total else _added(values.tolist()) for name, values in columns.items()}
        return len(next(iter(columns.values()))), whole

    return running


def _added(values: list[Any]) -> float:
    """The sum of a column, of figures too; what is no number counts nothing."""
    plain = (getattr(each, "value", each) for each in values)
    return float(sum(each for each in plain if isinstance(each, (int, float)) and each == each))


def _plain(value: Any) -> Any:
    if value is None or value is np.ma.masked:
        return None
    return value.item() if hasattr(value, "item") else str(value)


def scoped_to(workspace: str) -> tuple[str, str]:
    """The rep with the most orders and the region with the most customers."""
    import duckdb

    from crmetrics.catalogue import current_version

    with duckdb.connect(str(current_version(workspace).path), read_only=True) as connection:
        person = connection.execute(
            "select owner_id from orders where owner_id is not null group by 1 order by count(*) desc, 1 limit 1"
        ).fetchall()[0][0]
        region = connection.execute(
            "select region from customers where region is not null group by 1 order by count(*) desc, 1 limit 1"
        ).fetchall()[0][0]
    return person, region


def importing(lines: int) -> Callable[[], Any]:
    """Import the orders and lines of a company into a new workspace."""
    from crmetrics.intake.imports import import_sources

    exports = company_of(lines) / "exports"

    def run() -> Any:
        with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
            report = import_sources(Path(folder), [exports], Path(__file__).parent / "orders.toml")
            return [report.tables[name] for name in ("orders", "order_lines")]

    return run


def loading(lines: int, script: str = "import") -> Callable[[], Any]:
    """Load the same files by SQL written by hand."""
    import duckdb

    exports = company_of(lines) / "exports"
    sql = (BY_HAND / f"{script}.sql").read_text(encoding="utf-8")

    def run() -> Any:
        with (
            tempfile.TemporaryDirectory(dir=FOLDER) as folder,
            duckdb.connect(f"{folder}/by_hand.duckdb") as connection,
        ):
            connection.execute(sql.format(exports=exports, folder=folder))
            return [
                connection.execute(f"select count(*) from {name}").fetchall()[0][0]
                for name in ("orders", "order_lines")
            ]

    return run


def copying(lines: int) -> Callable[[], Any]:
    """Load the same files with types guessed by the engine and nothing checked."""
    return loading(lines, "copy")


def making(lines: int) -> Callable[[], Any]:
    """Write the exports of a demo company."""
    from crmetrics.collect.demo import write_demo

    def run() -> Any:
        with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
            write_demo(Path(folder), lines=lines)
        return lines

    return run


TASKS: dict[str, Callable[..., Callable[[], Any]]] = {
    "ours": ours,
    "by_hand": by_hand,
    "importing": importing,
    "loading": loading,
    "copying": copying,
    "making": making,
}


def main() -> None:
    """Prepare the task, run it once to warm the disk's cache where it is short, then measure one run."""
    name, given = sys.argv[1], json.loads(sys.argv[2])
    task = TASKS[name](**given)
    if name in ("ours", "by_hand"):
        task()
    started = time.process_time()
    result = task()
    cpu = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({"cpu": cpu, "peak": peak, "result": result}, default=str) + "\n")


if __name__ == "__main__":
    main()
