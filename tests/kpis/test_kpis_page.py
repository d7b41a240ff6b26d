"""The examples of docs/kpis.md are true."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from crmetrics.analysis.own_kpis import UNITS, read_own_kpis
from crmetrics.catalogue import OpenCatalogue
from crmetrics.vocabulary.errors import BadValue
from tests.company import company

PAGE = Path(__file__).resolve().parents[2] / "docs" / "kpis.md"


@pytest.fixture(scope="module")
def text() -> str:
    return PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def toml(text: str) -> str:
    return "\n".join(re.findall(r"```toml\n(.*?)```", text, re.DOTALL))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("custom.big_orders", 1),
        ("custom.online_sales", 700),
        ("custom.discount_given", 4),
        ("custom.late_losses", 2 / 3),
        ("custom.sales_per_buyer", None),
    ],
)
def test_every_example_gives_its_figure(tmp_path: Path, toml: str, key: str, value: float | None) -> None:
    (tmp_path / "kpis.toml").write_text(toml, encoding="utf-8")
    own = read_own_kpis(tmp_path / "kpis.toml")
    orders = [
        {
            "order_id": str(n),
            "ordered_at": "2025-05-02",
            "customer_id": f"c{n}",
            "channel": "online" if n < 2 else "store",
        }
        for n in range(4)
    ]
    lines = [
        {"order_id": str(order), "line_no": line, "net_amount": amount, "quantity": 1, "discount": discount}
        for order, line, amount, discount in (
            (0, 1, 600, 6),
            (1, 1, 100, 4),
            (2, 1, 50, 2),
            (2, 2, 50, 5),
            (3, 1, 10, 3),
        )
    ]
    deals = [
        {
            "deal_id": str(n),
            "stage": "q",
            "closed_at": "2025-05-20",
            "is_won": False,
            "loss_reason": "price" if n < 4 else "time",
        }
        for n in range(6)
    ]
    with company(orders=orders, order_lines=lines, deals=deals) as asked:
        catalogue = OpenCatalogue(asked.engine, asked.settings, own=own)
        assert catalogue.ask(key, period="2025-05", by="none").total.value == (
            value if value is None else pytest.approx(value)
        )
    assert len(own) == len(tomllib.loads(toml)) == 5


def test_the_mistake_told_is_the_one_that_is_told(tmp_path: Path, text: str, toml: str) -> None:
    (tmp_path / "kpis.toml").write_text(toml.replace('unit = "count"', 'unit = "apples"'), encoding="utf-8")
    with pytest.raises(BadValue) as told:
        read_own_kpis(tmp_path / "kpis.toml")
    assert str(told.value) in text
    assert all(unit in text for unit in UNITS)
