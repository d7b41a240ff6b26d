"""The settings of a workspace: proposed at the first import, kept as people edit them."""

import pytest

from crmetrics.intake.recovery import resources
from crmetrics.vocabulary.errors import BadValue
from crmetrics.workspace.folder import Workspace
from crmetrics.workspace.settings import Settings, read_settings, write_settings, written

ORDERS = """
    [source]
    name = "till"
    zone = "Europe/Kyiv"
    [company]
    name = 'Ромашка & "Co"'
    language = "uk"
    [files.orders]
    match = "orders.csv"
    [orders]
    from = "orders"
    order_id = "id"
    ordered_at = "day"
    currency = "money"
"""


def settings_of(company):
    return read_settings(company.workspace / "crmetrics.toml")


def test_settings_are_proposed_from_the_mapping_the_data_and_the_machine(company):
    company.write("orders.csv", "id,day,money\n1,2026-01-01,uah\n2,2026-01-02,UAH\n3,2026-01-02,EUR\n")
    company.take_in(ORDERS)
    found = settings_of(company)
    assert (found.company, found.currency, found.zone, found.language) == ('Ромашка & "Co"', "UAH", "Europe/Kyiv", "uk")
    assert (found.week_start, found.fiscal_start, found.threads) == (1, 1, 0)
    assert found.memory_limit.endswith("GB")


def test_what_people_have_edited_stays(company):
    company.write("orders.csv", "id,day,money\n1,2026-01-01,UAH\n")
    company.take_in(ORDERS)
    path = company.workspace / "crmetrics.toml"
    edited = path.read_text(encoding="utf-8").replace('currency = "UAH"', 'currency = "EUR"') + "# my note\n"
    path.write_text(edited, encoding="utf-8")
    company.write("orders.csv", "id,day,money\n2,2026-01-01,UAH\n")
    company.take_in(ORDERS)
    assert path.read_text(encoding="utf-8") == edited
    assert company.rows("select value from meta.facts where name = 'currency'") == [("EUR",)]


def test_they_come_back_as_they_were_written(tmp_path):
    settings = Settings(
        'A \\ "B"', "EUR", "Europe/Istanbul", "tr", 7, 4, "2GB", 3, "/tmp/spill", {'an"na@x.org': "E1", "боб": "E2"}
    )
    write_settings(tmp_path / "crmetrics.toml", settings)
    assert read_settings(tmp_path / "crmetrics.toml") == settings
    assert read_settings(tmp_path / "none.toml") == Settings()
    assert all("#" in line for line in written(settings).splitlines() if line and line[0].isalpha() and "=" in line)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('currency = "Euro"', "'currency' is 'Euro'; expected is three capital letters such as EUR."),
        ('zone = "Mars"', "'zone' is 'Mars'; expected is a time zone such as Europe/Istanbul."),
        ('language = "de"', "'language' is 'de'; expected is en, tr, uk or zh."),
        ("week_start = 0", "'week_start' is '0'; expected is 1 for Monday to 7 for Sunday."),
        ("fiscal_start = 13", "'fiscal_start' is '13'"),
        ('memory_limit = "much"', "'memory_limit' is 'much'; expected is a size such as 4GB."),
        ("threads = true", "'threads' is 'True', which is of another kind"),
        ('colour = "red"', "has no setting 'colour'. Known are: company, currency"),
        ("company = ", "is not valid TOML"),
    ],
)
def test_a_setting_that_does_not_fit_is_told(tmp_path, line, says):
    path = tmp_path / "crmetrics.toml"
    path.write_text(line, encoding="utf-8")
    with pytest.raises(BadValue) as told:
        read_settings(path)
    assert says in str(told.value)
    assert str(told.value).startswith("crmetrics.toml")


def test_a_spill_folder_of_ones_own_stands_in_the_workspace(tmp_path):
    assert resources(Workspace(tmp_path), Settings(spill="elsewhere")).spill == tmp_path / "elsewhere"
    assert resources(Workspace(tmp_path), Settings(spill=str(tmp_path / "far"))).spill == tmp_path / "far"
    assert resources(Workspace(tmp_path), Settings()).spill == tmp_path / "spill"
