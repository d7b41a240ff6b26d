"""Imports without a mapping where nobody can be asked: what is open is said, and never settled by running it twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from crmetrics.cli.app import command_line


def run(workspace: Path, *words: str) -> Result:
    command = command_line(lambda *_given: None)
    return CliRunner().invoke(command, ["--workspace", str(workspace), *words])


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    """Orders whose days fit two ways, without a currency."""
    folder = tmp_path / "shop"
    folder.mkdir()
    lines = [f"{n},0{n % 9 + 1}/0{(n + 3) % 9 + 1}/2024,c{n % 4},{n}.50" for n in range(1, 30)]
    (folder / "orders.csv").write_text("\n".join(["Order ID,Order Date,Customer,Amount", *lines, ""]), encoding="utf-8")
    return folder


def test_without_a_currency_no_mapping_is_kept_that_lacks_the_orders(orders: Path, tmp_path: Path) -> None:
    workspace = tmp_path / "w"
    for _time in range(2):
        done = run(workspace, "import", str(orders))
        assert done.exit_code == 1
        assert "--currency EUR" in done.output
    assert not (workspace / "mappings" / "shop.toml").exists()


def test_open_questions_are_told_and_not_settled_by_a_second_run(orders: Path, tmp_path: Path) -> None:
    workspace, kept = tmp_path / "w", tmp_path / "w" / "mappings" / "shop.toml"
    first = run(workspace, "import", str(orders), "--currency", "eur")
    assert first.exit_code == 1
    assert "  ? orders: in 'Order Date', is" in first.output
    assert kept.read_text(encoding="utf-8").startswith("# ? orders: in 'Order Date', is")
    again = run(workspace, "import", str(orders))
    assert again.exit_code == 1
    assert "nobody has answered" in again.output
    named = run(workspace, "import", str(orders), "--mapping", str(kept))
    assert named.exit_code == 0, named.output
    assert "Orders" in named.output
    # it was named once, so the next import takes it
    assert "Nothing new" in run(workspace, "import", str(orders)).output


def test_a_mapping_that_was_corrected_by_hand_is_not_lost_by_a_new_proposal(orders: Path, tmp_path: Path) -> None:
    workspace, kept = tmp_path / "w", tmp_path / "w" / "mappings" / "shop.toml"
    run(workspace, "import", str(orders), "--currency", "EUR", "--propose")
    proposed = kept.read_text(encoding="utf-8")
    kept.write_text("# mine\n" + proposed, encoding="utf-8")
    for _time in range(2):
        assert run(workspace, "import", str(orders), "--currency", "EUR", "--propose").exit_code == 0
        assert kept.read_text(encoding="utf-8") == proposed
        assert kept.with_name("shop.before.toml").read_text(encoding="utf-8") == "# mine\n" + proposed


def test_a_currency_beside_a_mapping_is_not_passed_over(orders: Path, tmp_path: Path) -> None:
    workspace, kept = tmp_path / "w", tmp_path / "w" / "mappings" / "shop.toml"
    run(workspace, "import", str(orders), "--currency", "EUR")
    refused = run(workspace, "import", str(orders), "--mapping", str(kept), "--currency", "USD")
    assert refused.exit_code == 1
    assert "'USD' is not among them" in refused.output
    assert run(workspace, "import", str(orders), "--mapping", str(kept), "--currency", "EUR").exit_code == 0


def test_a_file_that_is_not_understood_is_told_once(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "customers.csv").write_text("customer_id,name,email\n1,Ann,a@x.com\n2,Bo,b@x.com\n", encoding="utf-8")
    (folder / "weather[1].csv").write_text("sky,wind\nblue,3\ngrey,4\nred,5\n", encoding="utf-8")
    (folder / "locked.xlsx").write_bytes(b"PK\x03\x04 cut off")
    done = run(tmp_path / "w", "import", str(folder))
    assert done.exit_code == 0, done.output
    assert (done.stdout.count("weather[1].csv"), "locked.xlsx" in done.stdout, "locked.xlsx" in done.stderr) == (
        1,
        False,
        True,
    )
    (folder / "more.csv").write_text("sky,wind\nblue,3\n", encoding="utf-8")
    again = run(tmp_path / "w", "import", str(folder)).stdout
    assert "Not read: locked.xlsx, more.csv, weather[1].csv" in again


def test_a_file_may_be_called_as_it_likes(tmp_path: Path) -> None:
    """Brackets in a name are no pattern; the mapping names the very file."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "customers [VIP].csv").write_text(
        "customer_id,name,email\n1,Ann,a@x.com\n2,Bo,b@x.com\n", encoding="utf-8"
    )
    done = run(tmp_path / "w", "import", str(folder))
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("customers [VIP].csv: Customers\n")
    assert "customers [VIP].csv: 2 rows read, 2 kept" in done.output
