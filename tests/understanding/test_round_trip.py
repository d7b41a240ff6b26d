"""A company's exports in four dialects, imported without a mapping: the same figures, to the cent."""

from decimal import Decimal

import pytest

from crmetrics.catalogue import open_workspace
from crmetrics.intake.imports import import_sources
from crmetrics.workspace.folder import Workspace
from crmetrics.workspace.settings import Settings, write_settings
from tests.understanding.dialects import DIALECTS, Company

TABLES = ("customers", "orders", "order_lines", "products", "deals", "stages", "exchange_rates")
ASKED = ("kpis.net_sales", "kpis.new_customers", "sales.win_rate", "sales.pipeline", "finance.margin")
PERIOD = {"sales.pipeline": {}}


def figures(workspace, exports, mapping):
    """What is asked of a workspace that was filled by a mapping."""
    place = Workspace(workspace)
    place.folder.mkdir(parents=True)
    write_settings(place.settings, Settings(zone="Europe/London", currency="GBP", calendar="GB"))
    import_sources(workspace, [exports], mapping)
    catalogue = open_workspace(workspace)
    answers = {key: catalogue.ask(key, **PERIOD.get(key, {"period": "2025"})).result for key in ASKED}
    return {key: _numbers(result.total or result.rows[:]) for key, result in answers.items()}


def _numbers(found):
    """The figures of a total, or of all rows: stages and products are called otherwise elsewhere, the figures are not."""
    told = {name: getattr(found, name) for name in dir(found) if not name.startswith("_")}
    return {
        name: value
        for name, value in told.items()
        if all(isinstance(one, int | float | Decimal) for one in (value if isinstance(value, list) else [value]))
    }


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    return Company(tmp_path_factory.mktemp("company"), 500, TABLES)


@pytest.fixture(scope="module")
def plain(company):
    return figures(company.folder / "workspace", company.folder / "plain", company.plain_mapping())


@pytest.mark.parametrize("dialect", [one for one in DIALECTS if one.name in ("tr cp1254", "uk cp1251", "zh gb18030", "tr xlsx")],
                         ids=lambda one: one.name)  # fmt: skip
def test_the_figures_are_those_of_the_plain_export(company, plain, dialect):
    exports = company.written(dialect)
    _proposal, mapping = company.understood(exports)
    found = figures(exports.with_suffix(".workspace"), exports, mapping)
    assert found == plain
    assert plain["kpis.net_sales"]["value"] > 1000
    assert plain["sales.pipeline"]["deals"] > 10
