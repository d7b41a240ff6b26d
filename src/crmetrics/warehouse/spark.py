"""Spark: the same questions, over the Parquet files that `crmetrics export parquet` writes."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import threading
from collections.abc import Hashable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from itertools import count
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Final, Self, cast

import duckdb
import numpy as np
from sqlglot import exp

from crmetrics.vocabulary.errors import NoEngine
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.dialect import spoken_to_spark
from crmetrics.warehouse.engine import META, Learned, read_profile, stored
from crmetrics.warehouse.export import read_manifest
from crmetrics.warehouse.expression import identifier, literal
from crmetrics.warehouse.rows import Array, Rows
from crmetrics.warehouse.schema import TABLES

_ = words("crmetrics")

SESSION: Final[Mapping[str, str]] = MappingProxyType(
    {
        "spark.sql.session.timeZone": "UTC",
        # A moment is UTC without a zone mark, as in DuckDB: Spark's own default would shift it by the process' zone.
        "spark.sql.timestampType": "TIMESTAMP_NTZ",
        "spark.sql.ansi.enabled": "true",
        # Otherwise '${env:HOME}' inside a filter's value would be replaced by what stands there.
        "spark.sql.variable.substitute": "false",
        "spark.sql.parser.escapedStringLiterals": "false",
        "spark.sql.caseSensitive": "false",
    }
)
"""What our SQL relies on, set on every session: another user of the same process may have set it otherwise."""

_NUMBERS = count(1)
_NUMPY_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {"date": "M8[D]", "timestamp_ntz": "M8[us]", "boolean": "?"}
    | dict.fromkeys(("byte", "short", "integer", "long"), "i8")
    | dict.fromkeys(("float", "double", "decimal"), "f8")
)


class SparkEngine:
    """One export, opened for questions on a Spark that runs inside this machine and listens on its loopback only.

    options  further settings of its sessions, such as {"spark.sql.shuffle.partitions": "64"}
    """

    name = "spark"

    def __init__(
        self, folder: Path, *, threads: int = 2, memory: str = "2g", options: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        read_manifest(folder)
        self._options = {**options, **SESSION}
        self.profile, self._columns = _described(folder)
        self._folder = folder.resolve()
        self._spark = spark_started(threads, memory).newSession()
        self._database = f"version_{next(_NUMBERS)}"
        self._known: set[str] = set()
        self._lock = threading.Lock()
        self._spark.sql(f"create database {self._database}")
        self.kept: dict[Hashable, str] = {}
        self.learned: dict[Hashable, Learned] = {}

    def session(self) -> SparkSession:
        """A session of its own: its temporary views are seen by it alone."""
        session = self._spark.newSession()
        for name, value in self._options.items():
            session.conf.set(name, value)
        return SparkSession(session, self)

    def source(self, table: str) -> str:
        """The qualified name of a table at rest, made known to Spark when it is first asked for."""
        name = f"{self._database}.{table}"
        with self._lock:
            if table not in self._known:
                file = self._folder / ("meta" if table in META else "") / f"{table}.parquet"
                self._spark.catalog.createTable(name, path=str(file), source="parquet", schema=self._schema(table))
                self._known.add(table)
        return name

    def holds(self, table: str) -> bool:
        """Whether the export has that table."""
        return table in self._columns

    def kept_name(self) -> str:
        """A new name for rows that are kept beyond their session."""
        return f"{self._database}.kept_{next(_NUMBERS)}"

    def close(self) -> None:
        """Forget the tables. Spark itself runs on until the process ends: starting it takes seconds."""
        self._spark.sql(f"drop database if exists {self._database} cascade")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _schema(self, table: str) -> Any:
        from pyspark.sql.types import StructType

        # Given, not inferred: Spark would start a job for each file to read what DuckDB has told us already.
        return StructType.fromDDL(
            ", ".join(f"{exp.to_identifier(name, True).sql('spark')} {kind}" for name, kind in self._columns[table])
        )


class SparkSession:
    """One question's session."""

    def __init__(self, session: Any, engine: SparkEngine) -> None:
        self._session, self._engine = session, engine
        self._views: set[str] = set()

    def source(self, table: str) -> str:
        """The qualified name of a table at rest."""
        return self._engine.source(table)

    def holds(self, table: str) -> bool:
        """Whether the export has that table."""
        return self._engine.holds(table)

    def create_view(self, name: str, query: exp.Query) -> None:
        """Make (or replace) a temporary view."""
        self._session.sql(f"create or replace temporary view {name} as {self.written(query)}")
        self._views.add(name)

    def run(self, query: exp.Query, values: Mapping[str, object]) -> Rows:
        """Run a query; decimals come back as floats."""
        return _rows(self._frame(query, values))

    def keep(self, query: exp.Query, values: Mapping[str, object]) -> str:
        """Keep a query's rows in a folder of this process' own."""
        name = self._engine.kept_name()
        _without_zones(self._frame(query, values)).write.saveAsTable(name)
        return name

    def store(self, columns: Mapping[str, Array], types: Mapping[str, str]) -> str:
        """Keep rows that were worked out in Python. They pass as Parquet: row by row a million would take half a minute."""
        name = self._engine.kept_name()
        with tempfile.TemporaryDirectory(prefix="crmetrics-told-") as folder:
            file = f"{folder}/rows.parquet"
            with duckdb.connect(":memory:") as connection:
                rows = stored(connection, columns, types)
                connection.execute(f"copy ({rows}) to {literal(file)} (format parquet)")
            self._session.read.parquet(file).write.saveAsTable(name)
        return name

    def written(self, query: exp.Query) -> str:
        """The query in Spark's words."""
        return spoken_to_spark(query)

    def close(self) -> None:
        """Drop the session's views."""
        for name in self._views:
            self._session.catalog.dropTempView(name)
        self._views.clear()

    def _frame(self, query: exp.Query, values: Mapping[str, object]) -> Any:
        timed = {name: type(value) for name, value in values.items() if isinstance(value, date)}
        bound = cast(exp.Query, query.transform(lambda node: _as_text(node, timed))) if timed else query
        return self._session.sql(
            self.written(bound), args={name: _plain(value) for name, value in values.items()} or None
        )


def _as_text(node: exp.Expression, timed: Mapping[str, type[date]]) -> exp.Expression:
    """Days and moments are bound as texts: as values they would go through the zone of the process."""
    if not isinstance(node, exp.Parameter | exp.Placeholder) or node.name not in timed:
        return node
    return exp.cast(node.copy(), "TIMESTAMP" if issubclass(timed[node.name], datetime) else "DATE")


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return value.item() if isinstance(value, np.generic) else value


def _without_zones(frame: Any) -> Any:
    """Moments with a zone (date_trunc gives them) as UTC without: they would be told in the zone of the process."""
    if all(field.dataType.typeName() != "timestamp" for field in frame.schema.fields):
        return frame
    return frame.select(
        *(
            frame[field.name].cast("timestamp_ntz") if field.dataType.typeName() == "timestamp" else frame[field.name]
            for field in frame.schema.fields
        )
    )


def _rows(frame: Any) -> Rows:
    told = _without_zones(frame)
    found = told.collect()
    columns: dict[str, Array] = {}
    days = set()
    for position, field in enumerate(told.schema.fields):
        kind = field.dataType.typeName()
        columns[field.name] = _column([row[position] for row in found], _NUMPY_TYPES.get(kind))
        if kind == "date":
            days.add(field.name)
    return Rows(columns, frozenset(days))


def _column(values: Sequence[Any], kind: str | None) -> Array:
    """A NumPy column as DuckDB gives it: masked where a value is missing, texts as objects."""
    if kind is None:
        column = np.empty(len(values), dtype=object)
        column[:] = values
        return column
    missing = np.array([value is None for value in values], dtype=bool)
    blank: Any = np.datetime64("NaT") if kind.startswith("M8") else 0
    filled = np.array([blank if value is None else value for value in values], dtype=kind)
    return np.ma.masked_array(filled, mask=missing) if missing.any() else filled


def _described(folder: Path) -> tuple[Any, dict[str, list[tuple[str, str]]]]:
    """The profile of an export, and the columns of its files with Spark's types; DuckDB reads them in milliseconds."""
    columns: dict[str, list[tuple[str, str]]] = {}
    with duckdb.connect(":memory:") as connection:
        connection.execute("attach ':memory:' as version")
        connection.execute("create schema version.meta")
        for file in (*folder.glob("*.parquet"), *folder.glob("meta/*.parquet")):
            schema = "main" if file.parent == folder else "meta"
            name = f"version.{schema}.{identifier(file.stem)}"
            connection.execute(f"create view {name} as from read_parquet({literal(str(file))})")
            if schema == "main" and file.stem not in TABLES:
                continue
            described = connection.execute(f"describe {name}").fetchall()
            columns[file.stem] = [(column, _spark_type(kind)) for column, kind, *_rest in described]
        return read_profile(connection), columns


def _spark_type(kind: str) -> str:
    return exp.DataType.build(kind, dialect="duckdb").sql("spark")


@cache
def spark_started(threads: int, memory: str) -> Any:
    """Spark inside this process, started on first use. Raises NoEngine where pyspark or Java is missing."""
    try:
        from pyspark.errors import PySparkRuntimeError
        from pyspark.sql import SparkSession as Pyspark
    except ImportError:
        raise NoEngine(
            _("Spark is not installed. Install it with: {command}", command="pip install 'crmetrics[spark]'")
        ) from None
    java = os.environ.get("JAVA_HOME", "")
    if shutil.which("java", path=f"{java}/bin" if java else None) is None:
        raise NoEngine(
            _(
                "Spark needs Java 17 or newer, and no Java was found. Install it with: {command}",
                command="apt install openjdk-17-jre-headless",
            )
        )
    scratch = tempfile.mkdtemp(prefix="crmetrics-spark-")
    atexit.register(shutil.rmtree, scratch, ignore_errors=True)
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    builder = Pyspark.builder.master(f"local[{threads}]").appName("crmetrics")
    for name, value in (dict(SESSION) | _machine(threads, memory, scratch)).items():
        builder = builder.config(name, value)
    try:
        return builder.getOrCreate()
    except PySparkRuntimeError as error:
        raise NoEngine(_("Spark did not start: {reason}", reason=str(error))) from error


def _machine(threads: int, memory: str, scratch: str) -> dict[str, str]:
    return {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": memory,
        "spark.driver.extraJavaOptions": "-Duser.timezone=UTC",
        "spark.local.dir": scratch,
        "spark.sql.warehouse.dir": f"{scratch}/tables",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.shuffle.partitions": str(threads),
    }
