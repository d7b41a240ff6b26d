"""The demo company by its command: made, imported, and nothing said that would worry who sees the product for the first time."""

from __future__ import annotations

from click.testing import CliRunner

from crmetrics.catalogue import open_workspace
from crmetrics.cli.app import command_line


def test_the_demo_company_is_made_and_imported_whole(tmp_path):
    command = command_line(lambda *_given: None)
    done = CliRunner().invoke(command, ["--workspace", str(tmp_path), "demo", "--lines", "500", "--language", "tr"])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "exports" / "truth.json").is_file()
    assert "truth.json" not in done.output
    catalogue = open_workspace(tmp_path)
    assert catalogue.settings.language == "tr"
    assert catalogue.ask("kpis.net_sales").total.value > 0
    catalogue.engine.close()
