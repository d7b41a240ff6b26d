"""Files without a row of names, and columns that are stages, found out without a mapping."""

from pathlib import Path

import pytest

from crmetrics.intake.imports import import_sources
from crmetrics.intake.understanding import understand
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.understanding import told_proposal
from crmetrics.warehouse.versions import Versions

CUSTOMERS = "customer_id,name,email,since\n1,Ayşe,a@x.com,2026-01-03\n2,Ali,b@x.com,2026-01-04\n"
MORE = "11,Olena,c@x.com,2025-01-03\n12,Ivan,d@x.com,2025-01-04\n13,Oleh,e@x.com,2025-01-05\n"
DEALS = """Deal ID;Stage;Amount;Create date;Qualified on;Date exited "Qualified";Proposal sent;Won on
D1;Won;1200;01.02.2026;13.02.2026;14.02.2026;15.02.2026;28.02.2026
D2;Proposal sent;800;02.02.2026;13.02.2026;15.02.2026;15.02.2026;
D3;Qualified;100;04.02.2026;23.02.2026;;;
D4;Qualified;100;04.02.2026;24.02.2026;;;
"""


@pytest.fixture
def looked(tmp_path: Path):
    def looked_at(**files):
        folder = tmp_path / "exports"
        folder.mkdir(exist_ok=True)
        for name, text in files.items():
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        proposal, errors = understand([folder], tmp_path / "spill")
        assert not errors
        return proposal

    return looked_at


def test_a_file_without_names_is_called_as_one_that_is_written_alike(looked, tmp_path):
    proposal = looked(customers=CUSTOMERS, customers_more=MORE)
    (more,) = [known for known in proposal.known if known.name == "customers_more"]
    assert (more.structure.has_heads, more.structure.names) == (False, ("customer_id", "name", "email", "since"))
    mapping = tmp_path / "m.toml"
    mapping.write_text(proposal.text(), encoding="utf-8")
    report = import_sources(tmp_path / "w", [tmp_path / "exports"], mapping)
    assert report.tables["customers"] == 5
    assert Versions(tmp_path / "w" / "versions").current() is not None


def test_a_file_without_names_that_is_like_none_is_told(looked):
    proposal = looked(odd="77;12.05.2026;99,50\n78;13.05.2026;98,50\n79;14.05.2026;97,50\n", customers=CUSTOMERS)
    (odd,) = [known for known in proposal.known if known.name == "odd"]
    assert (odd.structure.has_heads, odd.structure.names) == (False, ("column_1", "column_2", "column_3"))
    assert "Without a row of names: odd.csv." in told_proposal(proposal, Format("en", "EUR"))


@pytest.mark.parametrize(
    "text",
    [
        "order_id,2024,2025\n1,10,20\n2,11,21\n",  # years as columns, but the first says what it is
        "Müşteri No,Ad,Telefon 1,Telefon 2\n1,Ayşe,5551234567,5557654321\n",
        "Address 1,Address 2\nA 1,B 2\nC 3,D 4\n",
        "Q1 2024,Q2 2024\n10,20\n30,40\n",
        "col1,col2\n1,2\n3,4\n",
        "a,b\n1,x\n2,y\n",
    ],
)
def test_names_with_digits_are_names(looked, text):
    (known,) = looked(table=text).known
    assert known.structure.has_heads


def test_days_named_by_stages_are_their_history(looked, tmp_path):
    proposal = looked(deals=DEALS)
    (deals,) = proposal.known
    assert dict(deals.structure.stages) == {
        "Qualified on": "Qualified",
        "Proposal sent": "Proposal sent",
        "Won on": "Won",
    }
    text = proposal.text()
    assert 'stages = { "Qualified on" = "Qualified", "Proposal sent" = "Proposal sent", "Won on" = "Won" }' in text
    assert "Stage history · Qualified" in told_proposal(proposal, Format("en", "EUR"))
    mapping = tmp_path / "m.toml"
    mapping.write_text(text, encoding="utf-8")
    report = import_sources(tmp_path / "w", [tmp_path / "exports"], mapping)
    assert (report.tables["deal_stages"], [file.quarantined for file in report.files]) == (7, [0])


def test_one_day_named_by_a_stage_is_no_history(looked):
    (deals,) = looked(deals="Deal ID,Stage,Amount,Won on\nD1,Won,5,2026-01-01\nD2,Open,6,\n").known
    assert not deals.structure.stages
