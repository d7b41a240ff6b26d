"""The demo company: the same every time, readable by its own mapping, and true, counted again in another way.

Nothing here uses the generator's figures: the files are read with the csv module by the mapping that lies beside them,
and everything is summed with Decimal and plain Python.
"""

import csv
import fnmatch
import json
import tomllib
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache, cached_property

import pytest

from crmetrics.collect.demo import write_demo
from crmetrics.vocabulary.errors import BadValue, UnknownName
from crmetrics.vocabulary.language import LANGUAGES
from crmetrics.warehouse.schema import TABLES

SMALL = 2_000
CENT = Decimal("0.005")


class Demo:
    """The files of a demo company, read back by their mapping and by nothing else."""

    def __init__(self, folder):
        self.folder = folder
        self.mapping = tomllib.loads((folder / "mapping.toml").read_text(encoding="utf-8"))
        self.truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
        self._read = {}

    @property
    def tables(self):
        return [name for name in self.mapping if name not in ("source", "company", "files")]

    def files(self, table):
        pattern = self.mapping["files"][self.mapping[table]["from"]]["match"]
        return sorted(path for path in self.folder.iterdir() if fnmatch.fnmatch(path.name, pattern))

    def rows(self, table):
        """The rows of a canonical table as texts by canonical column, and where each stands (file, row)."""
        if table not in self._read:
            section, form = self.mapping[table], self.mapping["files"][self.mapping[table]["from"]]
            self._read[table] = []
            for path in self.files(table):
                with path.open(encoding="utf-8", newline="") as file:
                    for number, row in enumerate(csv.DictReader(file, delimiter=form["delimiter"]), start=2):
                        read = {name: taken(row, rule, form) for name, rule in section.items() if name != "from"}
                        self._read[table].append(read | {"place": (path.name, number)})
        return self._read[table]

    def number(self, text, table="orders"):
        mark = self.mapping["files"][table]["decimal"]
        for other in ".,’' ".replace(mark, ""):
            text = text.replace(other, "")
        return Decimal(text.replace(mark, "."))

    def moment(self, text, table="orders"):
        return moment(text, tuple(self.mapping["files"][table]["dates"]))

    def at(self, row, column):
        return self.moment(row[column]) if row[column] else None

    @cached_property
    def rates(self):
        return {
            (row["currency"], self.at(row, "rated_on").date()): self.number(row["rate_to_company"])
            for row in self.rows("exchange_rates")
        }

    def in_company_currency(self, amount, currency, day):
        """Rule R7: the latest rate not after the day and at most seven days old; None without one."""
        if currency == self.truth["currency"]:
            return amount
        found = (self.rates.get((currency, day - timedelta(days=back))) for back in range(8))
        rate = next((rate for rate in found if rate is not None), None)
        return None if rate is None else amount * rate

    @cached_property
    def bad_places(self):
        return {(fault["file"], fault["row"]) for fault in self.truth["faults"]["unreadable"]}

    @cached_property
    def orders(self):
        """Orders that can be read and lie in the span, by number."""
        until = datetime.fromisoformat(self.truth["until"])
        kept = {}
        for row in self.rows("orders"):
            if row["place"] not in self.bad_places and self.at(row, "ordered_at") < until:
                kept[row["order_id"]] = row | {"at": self.at(row, "ordered_at")}
        return kept

    @cached_property
    def sales(self):
        """Rule R8 by month: net, unconverted, returned, cost; and the net of every order."""
        months, nets = defaultdict(lambda: defaultdict(Decimal)), defaultdict(Decimal)
        for line in self.rows("order_lines"):
            order = self.orders.get(line["order_id"])
            if order is None or order["is_cancelled"] == "true" or line["place"] in self.bad_places:
                continue
            net, day = self.number(line["net_amount"]), order["at"].date()
            month, in_ours = months[f"{day:%Y-%m}"], self.in_company_currency(net, order["currency"], day)
            nets[line["order_id"]] += net
            month["lines"] += 1
            if in_ours is None:
                month["unconverted"] += net
                continue
            month["net_sales"] += in_ours
            if order["returns_order_id"]:
                month["returned"] += in_ours
            if line["cost_amount"]:
                month["cost"] += self.in_company_currency(self.number(line["cost_amount"]), order["currency"], day)
                month["net_sales_with_cost"] += in_ours
        return months, nets


@cache
def moment(text, forms):
    """A moment of the company's wall clock in one of several forms; None if it is none."""
    form = forms[":" not in text]
    try:
        return datetime.strptime(text, form)  # noqa: DTZ007
    except ValueError:
        return None


def taken(row, rule, form):
    """One canonical value of a file row by its mapping rule, blank where missing."""
    if isinstance(rule, str):
        text = row[rule]
    elif "value" in rule:
        return rule["value"]
    elif "formula" in rule:
        header, _, divisor = rule["formula"].rpartition(" / ")
        text = row[header.strip('"')]
        return str(Decimal(text) / Decimal(divisor)) if text else ""
    elif "column" in rule:
        text = row[rule["column"]]
        return rule["map"].get(text, "") if text else ""
    else:
        return {name: taken(row, inner, form) for name, inner in rule.items()}
    return "" if text in form.get("missing", []) else text


@pytest.fixture(scope="module")
def demos(tmp_path_factory):
    folders = {language: tmp_path_factory.mktemp(language) for language in LANGUAGES}
    for language, folder in folders.items():
        write_demo(folder, language=language, lines=SMALL)
    return {language: Demo(folder) for language, folder in folders.items()}


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """The demo company in its usual size; Turkish, for its marks and dates are the hardest to read."""
    folder = tmp_path_factory.mktemp("full")
    write_demo(folder, language="tr")
    return Demo(folder)


@pytest.fixture(params=LANGUAGES)
def demo(request, demos):
    return demos[request.param]


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_bytes_twice_and_others_for_another_seed(tmp_path):
    for name, seed in (("one", 7), ("two", 7), ("other", 8)):
        assert write_demo(tmp_path / name, language="uk", lines=SMALL, seed=seed) == tmp_path / name / "mapping.toml"
    one, two, other = (contents(tmp_path / name) for name in ("one", "two", "other"))
    assert one == two
    assert one["orders_01.csv"] != other["orders_01.csv"]


def test_order_lines_are_about_as_many_as_wished(full):
    wished = full.truth["lines"]
    assert wished == 20_000
    assert abs(sum(rows for file, rows in full.truth["rows"].items() if file.startswith("order_lines")) - wished) < 600
    assert full.truth["rows"] == {
        path.name: sum(1 for _ in path.open(encoding="utf-8")) - 1 for path in full.folder.glob("*.csv")
    }


def test_every_mapped_column_stands_in_the_files_and_in_the_schema(demo):
    schema = {table.name: {column.name for column in table.columns} for table in TABLES.values()}
    for table in demo.tables:
        section, form = demo.mapping[table], demo.mapping["files"][demo.mapping[table]["from"]]
        for path in demo.files(table):
            with path.open(encoding="utf-8", newline="") as file:
                header = next(csv.reader(file, delimiter=form["delimiter"]))
            assert len(set(header)) == len(header), path.name
            rules = {name: rule for name, rule in section.items() if name not in ("from", "custom")}
            rules |= section.get("custom", {})
            assert headers_of(rules.values()) == set(header), path.name
            assert set(form["key"]) <= set(header), path.name
        assert set(section) - {"from", "custom"} <= schema[table], table
        assert demo.files(table), table


def headers_of(rules):
    headers = set()
    for rule in rules:
        if isinstance(rule, str):
            headers.add(rule)
        elif "formula" in rule:
            headers.add(rule["formula"].rpartition(" / ")[0].strip('"'))
        elif "column" in rule:
            headers.add(rule["column"])
    return headers


def test_the_files_are_written_as_the_country_writes(demos):
    assert demos["tr"].mapping["files"]["deals"]["delimiter"] == ";"
    assert demos["tr"].mapping["files"]["deals"]["decimal"] == ","
    assert demos["en"].mapping["files"]["deals"]["delimiter"] == ","
    turkish = next(row for row in demos["tr"].rows("deals") if row["amount"])
    assert turkish["amount"].endswith(",00")
    assert "." in turkish["created_at"][:10]
    for language, currency in (("en", "GBP"), ("tr", "TRY"), ("uk", "UAH"), ("zh", "CNY")):
        assert demos[language].truth["currency"] == demos[language].mapping["company"]["currency"] == currency


def test_blanks_are_said_in_words(demo):
    form = demo.mapping["files"]["customers"]
    header = demo.mapping["customers"]["phone"]
    with demo.files("customers")[0].open(encoding="utf-8", newline="") as file:
        raw = [row[header] for row in csv.DictReader(file, delimiter=form["delimiter"])]
    assert raw.count(form["missing"][0]) > 3
    assert "" not in raw


def test_keys_are_unique_and_parents_known(demos):
    demo = demos["uk"]  # the draws do not depend on the language
    for table in demo.tables:
        form = demo.mapping["files"][demo.mapping[table]["from"]]
        keys = []
        for path in demo.files(table):
            with path.open(encoding="utf-8", newline="") as file:
                keys += [
                    tuple(row[k] for k in form["key"]) for row in csv.DictReader(file, delimiter=form["delimiter"])
                ]
        assert len(set(keys)) == len(keys), table
    known = {row["customer_id"] for row in demo.rows("customers")}
    used = {row["customer_id"] for table in ("orders", "deals", "tickets", "payments") for row in demo.rows(table)}
    assert used - known - {""} == set(demo.truth["faults"]["unknown_customer_ids"])
    employees = {row["employee_id"] for row in demo.rows("employees")}
    assert {row["owner_id"] for table in ("deals", "orders", "activities") for row in demo.rows(table)} <= employees | {
        ""
    }


def check_sales(demo):
    months, nets = demo.sales
    truth = demo.truth["sales"]["by_month"]
    assert set(months) <= set(truth)
    for month in truth:
        figures = months[month]
        for name in ("net_sales", "unconverted", "returned", "cost", "net_sales_with_cost", "lines"):
            assert abs(figures[name] - Decimal(str(truth[month][name]))) < CENT, (month, name)
    for year, figures in demo.truth["sales"]["by_year"].items():
        again = sum(sums["net_sales"] for month, sums in months.items() if month.startswith(year))
        assert abs(again - Decimal(str(figures["net_sales"]))) < CENT
    return nets


def check_purchases(demo, nets):
    known = {row["customer_id"] for row in demo.rows("customers")}
    for year, figures in demo.truth["sales"]["by_year"].items():
        bought = [demo.orders[number] for number, net in nets.items() if net > 0]
        bought = [order for order in bought if order["at"].year == int(year)]
        assert len(bought) == figures["purchases"]
        assert len({order["customer_id"] for order in bought} & known) == figures["buyers"]


def test_net_sales_margin_and_purchases_are_true(demo):
    check_purchases(demo, check_sales(demo))


def test_sales_are_true_in_the_usual_size(full):
    check_purchases(full, check_sales(full))
    total = full.truth["sales"]["total"]
    assert total["unconverted"] > 0
    assert total["returned"] < 0
    assert 0.03 < total["lines_without_cost"] / total["lines"] < 0.07


def check_quarters(demo):
    again = defaultdict(lambda: defaultdict(Decimal))
    for deal in demo.rows("deals"):
        if not deal["is_won"]:
            assert deal["closed_at"] == ""
            continue
        closed = demo.at(deal, "closed_at").date()
        quarter = again[f"{closed.year}-Q{(closed.month + 2) // 3}"]
        word = "won" if deal["is_won"] == "true" else "lost"
        quarter[word] += 1
        if deal["amount"]:
            quarter[f"{word}_amount"] += demo.in_company_currency(demo.number(deal["amount"]), deal["currency"], closed)
        else:
            quarter[f"{word}_without_amount"] += 1
    truth = demo.truth["deals"]["by_quarter_of_close"]
    assert set(again) == set(truth)
    for quarter, figures in truth.items():
        for name, value in figures.items():
            assert abs(again[quarter][name] - Decimal(str(value))) < CENT, (quarter, name)


def check_stages(demo):
    number = {row["stage"]: int(row["stage_no"]) for row in demo.rows("stages")}
    kind = {row["stage"]: row["kind"] for row in demo.rows("stages")}
    visits = defaultdict(list)
    for visit in demo.rows("deal_stages"):
        visits[visit["deal_id"]].append(visit)
    for stage in demo.truth["deals"]["stages"][:5]:
        reached = lost = still = 0
        for deal in demo.rows("deals"):
            stages = [visit["stage"] for visit in visits[deal["deal_id"]]]
            furthest = max(number[name] for name in stages if kind[name] == "open")
            reached += furthest >= stage["stage_no"] or deal["is_won"] == "true"
            lost += furthest == stage["stage_no"] and deal["is_won"] == "false"
            still += furthest == stage["stage_no"] and deal["is_won"] == ""
        assert (stage["reached"], stage["lost"], stage["open"]) == (reached, lost, still), stage["stage"]
    won = demo.truth["deals"]["stages"][5]
    assert won["reached"] == sum(deal["is_won"] == "true" for deal in demo.rows("deals"))
    return visits


def check_visits(demo, visits):
    """Visits of a deal follow each other, and the last one is where the deal stands."""
    for deal in demo.rows("deals"):
        path = visits[deal["deal_id"]]
        assert path[-1]["stage"] == deal["stage"]
        assert path[0]["entered_at"] == deal["created_at"]
        assert [visit["left_at"] for visit in path[:-1]] == [visit["entered_at"] for visit in path[1:]]
        assert path[-1]["left_at"] == ""
        if deal["closed_at"]:
            assert path[-1]["entered_at"] == deal["closed_at"]


def test_deals_and_their_stages_are_true(demo):
    check_quarters(demo)
    check_visits(demo, check_stages(demo))


def test_deals_are_true_in_the_usual_size(full):
    check_quarters(full)
    visits = check_stages(full)
    deals = full.truth["deals"]
    stages = [[visit["stage"] for visit in path] for path in visits.values()]
    assert deals["moved_back"] == sum(len(set(path)) < len(path) for path in stages) > 20
    names = [stage["stage"] for stage in deals["stages"]]
    assert deals["skipped_a_stage"] == sum(names[3] in path and names[2] not in path for path in stages) > 20
    assert deals["without_amount"] == sum(not row["amount"] for row in full.rows("deals")) > 20
    assert deals["without_expected_close"] == sum(not row["expected_close_on"] for row in full.rows("deals")) > 20


def test_the_open_pipeline_is_true(full):
    last = date.fromisoformat(full.truth["until"]) - timedelta(days=1)
    for stage in full.truth["deals"]["pipeline"]:
        here = [row for row in full.rows("deals") if row["stage"] == stage["stage"]]
        assert stage["deals"] == len(here) > 0
        worth = sum(
            full.in_company_currency(full.number(row["amount"]), row["currency"], last) for row in here if row["amount"]
        )
        assert abs(worth - Decimal(str(stage["amount"]))) < CENT


def test_what_was_planted_stands_out(full):
    deals, sales, planted = full.truth["deals"], full.truth["sales"], full.truth["planted"]
    strong = deals["strong_rep"]
    assert strong["won"] + strong["lost"] >= 50
    assert strong["win_rate"] > strong["others"]["win_rate"] + 0.15
    leak = deals["leak"]
    assert leak["next_rate"] < leak["other_sources"]["next_rate"] - 0.15
    teams = full.truth["follow_ups"]["by_sales_team"]
    rates = {team: figures["on_time"] / figures["due"] for team, figures in teams.items()}
    assert min(rates, key=rates.get) == full.truth["follow_ups"]["late_team"]
    assert sales["products"]["best_by_net_sales"]["is_planted"]
    assert sales["products"]["worst_by_margin"]["is_planted"]
    assert sales["products"]["worst_by_margin"]["margin"] < 0
    assert 0.1 < planted["churned_customers"]["share"] < 0.4
    first, second, third = (year["net_sales"] for year in sales["by_twelve_months"].values())
    assert first < second < third
    months = sales["by_month"]
    assert months["2026-07"]["purchases"] > 1.2 * months["2026-01"]["purchases"]


def test_the_slow_stage_takes_about_three_times_as_long(full):
    lengths = defaultdict(list)
    for visit in full.rows("deal_stages"):
        if visit["left_at"]:
            days = (full.at(visit, "left_at") - full.at(visit, "entered_at")).total_seconds() / 86_400
            lengths[visit["stage"]].append(days)
    medians = {stage: sorted(days)[len(days) // 2] for stage, days in lengths.items()}
    slow = medians.pop(full.truth["deals"]["slow_stage"]["stage"])
    assert slow > 2.2 * max(medians.values())


def test_churned_customers_buy_no_more(full):
    last = defaultdict(lambda: date.min)
    for order in full.orders.values():
        if not order["returns_order_id"]:
            last[order["customer_id"]] = max(last[order["customer_id"]], order["at"].date())
    churned = full.truth["planted"]["churned_customers"]["first"]
    assert len(churned) == 50
    assert all(date.min < last[one["customer_id"]] < date.fromisoformat(one["left_on"]) for one in churned)


def test_hand_overs_are_written_down(full):
    left = full.truth["deals"]["left_rep"]
    changes = [row for row in full.rows("deal_changes") if row["field_name"] == "owner_id"]
    assert len(changes) == full.truth["deals"]["handed_over"]
    assert sum(row["old_value"] == left["owner_id"] for row in changes) == left["deals_handed_over"] > 10
    owner = {row["deal_id"]: row["owner_id"] for row in full.rows("deals")}
    assert all(owner[row["deal_id"]] == row["new_value"] for row in changes)
    assert left["owner_id"] not in owner.values()


def test_the_last_change_of_a_field_gives_its_present_value(demo):
    deals = {row["deal_id"]: row for row in demo.rows("deals")}
    last = {}
    for change in sorted(demo.rows("deal_changes"), key=lambda row: demo.at(row, "changed_at")):
        before = last.get((change["deal_id"], change["field_name"]))
        assert before is None or before["new_value"] == change["old_value"]
        last[change["deal_id"], change["field_name"]] = change
    for (deal, column), change in last.items():
        present = deals[deal][column]
        if column == "amount":
            present = str(demo.number(present))
        elif column == "expected_close_on":
            present = f"{demo.moment(present):%Y-%m-%d}"
        assert present == change["new_value"]


def test_follow_ups_are_true(full):
    until, again = datetime.fromisoformat(full.truth["until"]), defaultdict(int)
    for row in full.rows("activities"):
        if row["place"] in full.bad_places or row["outcome"] == "cancelled" or not row["due_at"]:
            continue
        due, done = full.at(row, "due_at"), full.at(row, "done_at")
        if due < until:
            again["due"] += 1
            is_met = row["kind"] in ("meeting", "appointment")
            is_in_time = done is not None and (done.date() <= due.date() if is_met else done <= due)
            again["open_overdue" if done is None else "on_time" if is_in_time else "late"] += 1
    assert again == full.truth["follow_ups"]["all"]
    assert again["open_overdue"] > 20


def test_the_faults_stand_where_the_truth_says(demo):
    unreadable = demo.truth["faults"]["unreadable"]
    assert {fault["table"] for fault in unreadable} == {
        "orders", "order_lines", "activities", "invoices", "payments", "costs",
    }  # fmt: skip
    for fault in unreadable:
        delimiter = demo.mapping["files"][fault["table"]]["delimiter"]
        with (demo.folder / fault["file"]).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter=delimiter))
        assert rows[fault["row"] - 2][fault["column"]] == fault["value"]
        assert demo.mapping[fault["table"]][fault["canonical_column"]] == fault["column"]
        if fault["canonical_column"].endswith(("_at", "_on")):
            assert demo.moment(fault["value"]) is None


def test_every_other_date_and_amount_can_be_read(demo):
    for table, column in (
        ("orders", "ordered_at"),
        ("activities", "created_at"),
        ("invoices", "issued_on"),
        ("deals", "created_at"),
        ("tickets", "created_at"),
    ):
        unread = [row["place"] for row in demo.rows(table) if demo.at(row, column) is None]
        faults = [fault for fault in demo.truth["faults"]["unreadable"] if fault["canonical_column"] == column]
        assert unread == [(fault["file"], fault["row"]) for fault in faults if fault["table"] == table]
    for table, column in (("order_lines", "net_amount"), ("payments", "amount"), ("costs", "amount")):
        for row in demo.rows(table):
            assert row["place"] in demo.bad_places or demo.number(row[column]).is_finite()


def test_faults_are_counted(full):
    faults = full.truth["faults"]
    orders, customers = full.rows("orders"), full.rows("customers")
    assert faults["orders_without_customer"] == sum(not row["customer_id"] for row in orders) > 50
    assert faults["cancelled_orders"] == sum(row["is_cancelled"] == "true" for row in orders) > 50
    assert [row["order_id"] for row in orders if row["ordered_at"][6:10] == "2099"] == [
        faults["order_in_the_future"]["order_id"]
    ]
    by_id = {
        row["customer_id"]: {k: v for k, v in row.items() if k not in ("customer_id", "place")} for row in customers
    }
    assert len(faults["duplicate_customers"]) == 6
    for pair in faults["duplicate_customers"]:
        assert by_id[pair["customer_id"]] == by_id[pair["copy_of"]]
        assert sum(row["customer_id"] == pair["customer_id"] for row in orders) >= 1
    broken = {row["order_id"] for row in orders if row["place"] in full.bad_places}
    assert len(broken) == 3
    lines = sum(row["order_id"] in broken for row in full.rows("order_lines"))
    assert lines == faults["lines_of_unreadable_orders"] > 0


def test_names_that_try_to_be_more(demo):
    names = {row["customer_id"]: row["name"] for row in demo.rows("customers")}
    strange = demo.truth["strange_names"]
    assert {number: names[number] for number in strange} == strange
    assert [mark for mark in ("<b>", "=cmd", "'); drop table") if any(mark in name for name in strange.values())] == [
        "<b>", "=cmd", "'); drop table",
    ]  # fmt: skip


def test_lines_add_up(demo):
    for line in demo.rows("order_lines"):
        if line["place"] in demo.bad_places:
            continue
        quantity, price, discount, net = (
            demo.number(line[name]) for name in ("quantity", "unit_price", "discount", "net_amount")
        )
        assert quantity * price - discount == net
        assert (quantity > 0) == (net > 0)
        assert not line["cost_amount"] or (demo.number(line["cost_amount"]) > 0) == (quantity > 0)


def test_no_more_comes_back_than_was_sold(demo):
    sold, back = defaultdict(Decimal), defaultdict(Decimal)
    for line in demo.rows("order_lines"):
        order = demo.orders.get(line["order_id"])
        if order is None:
            continue
        key = (order["returns_order_id"] or line["order_id"], line["product_id"])
        (back if order["returns_order_id"] else sold)[key] += abs(demo.number(line["quantity"]))
    assert back
    assert all(quantity <= sold[key] for key, quantity in back.items())


def test_nothing_has_happened_after_the_span(demos):
    demo = demos["en"]  # the draws do not depend on the language
    until = datetime.fromisoformat(demo.truth["until"])
    future = {"due_at", "due_on", "expires_on", "expected_close_on", "ends_on", "ended_on", "held_on", "starts_on"}
    for table in demo.tables:
        columns = [name for name in demo.mapping[table] if name.endswith(("_at", "_on")) and name not in future]
        for row in demo.rows(table):
            if (
                row["place"] in demo.bad_places
                or row.get("ordered_at", "")[:4] == "2099"
                or "2099" in row.get("ordered_at", "")
            ):
                continue
            late = [name for name in columns if ":" not in row[name][:5] and (at := demo.at(row, name)) and at >= until]
            assert late == [], (table, row["place"])


def test_another_end_moves_everything(tmp_path):
    write_demo(tmp_path, lines=SMALL, until=date(2024, 2, 29))
    demo = Demo(tmp_path)
    assert (demo.truth["from"], demo.truth["until"]) == ("2021-02-28", "2024-02-29")
    assert date(2024, 2, 20) < max(order["at"] for order in demo.orders.values()).date() < date(2024, 2, 29)
    check_purchases(demo, check_sales(demo))
    check_quarters(demo)


def test_a_large_company_comes_in_several_files(tmp_path, monkeypatch):
    monkeypatch.setattr("crmetrics.collect.demo.company.LINES_A_FILE", 700)
    write_demo(tmp_path, language="zh", lines=SMALL)
    demo = Demo(tmp_path)
    assert len(demo.files("order_lines")) == len(demo.files("orders")) >= 3
    check_purchases(demo, check_sales(demo))
    monkeypatch.undo()
    write_demo(tmp_path, language="zh", lines=SMALL)
    assert [path.name for path in Demo(tmp_path).files("orders")] == ["orders_01.csv"]


def test_what_cannot_be_made_is_told(tmp_path):
    with pytest.raises(UnknownName, match=r'"de".*en, tr, uk, zh'):
        write_demo(tmp_path, language="de")
    with pytest.raises(BadValue, match=r"20 order lines is too small.*500"):
        write_demo(tmp_path, lines=20)
    assert not list(tmp_path.iterdir())
