"""What CRM systems write above the columns of their lists of deals, in the languages that they speak."""

from __future__ import annotations

import csv

import pytest

from crmetrics.clean.understanding.recognition import SURE
from crmetrics.intake.understanding import understand

VALUES = {
    "deal_id": ["101", "102", "103", "104"],
    "name": ["Alpha rollout", "Beta licence", "Gamma refit", "Delta audit"],
    "customer_id": ["Acme GmbH", "Beta Ltd", "Gamma AŞ", "Delta Oy"],
    "stage": ["Qualified", "Proposal", "Won", "Qualified"],
    "pipeline": ["Sales"] * 4,
    "amount": ["1200.50", "800", "99.9", "1500"],
    "currency": ["EUR"] * 4,
    "owner_id": ["Ann Bell", "Bob Cole", "Ann Bell", "Bob Cole"],
    "created_at": ["2026-01-03 10:00:00", "2026-01-04 11:30:00", "2026-01-05 09:00:00", "2026-02-01 12:00:00"],
    "expected_close_on": ["2026-03-01", "2026-03-15", "2026-02-01", "2026-04-01"],
    "closed_at": ["", "", "2026-02-01 10:00:00", ""],
    "is_won": ["open", "lost", "won", "open"],
    "loss_reason": ["", "Price", "", ""],
    "probability": ["10", "20", "100", "10"],
    "source": ["Web", "Fair", "Web", "Call"],
}
HEADS = {
    "pipedrive deals": {
        "Deal - ID": "deal_id", "Deal - Title": "name", "Deal - Value": "amount", "Deal - Currency": "currency",
        "Deal - Organization": "customer_id", "Deal - Owner": "owner_id", "Deal - Stage": "stage", "Deal - Status": "is_won",
        "Deal - Pipeline": "pipeline", "Deal - Deal created": "created_at", "Deal - Expected close date": "expected_close_on",
        "Deal - Won time": "closed_at", "Deal - Lost reason": "loss_reason", "Deal - Probability": "probability",
    },
    "zoho deals": {
        "Record Id": "deal_id", "Deal Owner": "owner_id", "Deal Name": "name", "Account Name": "customer_id",
        "Amount": "amount", "Stage": "stage", "Probability (%)": "probability", "Lead Source": "source",
        "Created Time": "created_at", "Currency": "currency", "Reason For Loss": "loss_reason", "Pipeline": "pipeline",
    },
    "bitrix deals": {
        "ID": "deal_id", "Deal Name": "name", "Stage": "stage", "Pipeline": "pipeline", "Total": "amount",
        "Currency": "currency", "Company": "customer_id", "Responsible person": "owner_id", "Created on": "created_at",
        "Expected close date": "expected_close_on", "Source": "source", "Probability": "probability",
    },
    "bitrix сделки": {
        "ID": "deal_id", "Название сделки": "name", "Стадия сделки": "stage", "Воронка": "pipeline", "Сумма": "amount",
        "Валюта": "currency", "Компания": "customer_id", "Ответственный": "owner_id", "Дата создания": "created_at",
        "Предполагаемая дата закрытия": "expected_close_on", "Источник": "source", "Вероятность": "probability",
    },
    "bitrix угоди": {
        "ID": "deal_id", "Назва угоди": "name", "Стадія угоди": "stage", "Воронка": "pipeline", "Сума": "amount",
        "Валюта": "currency", "Компанія": "customer_id", "Відповідальний": "owner_id", "Дата створення": "created_at",
        "Очікувана дата закриття": "expected_close_on", "Джерело": "source",
    },
}  # fmt: skip
ODOO = {
    "id": "deal_id", "name": "name", "partner_id": "customer_id", "expected_revenue": "amount", "probability": "probability",
    "stage_id": "stage", "user_id": "owner_id", "create_date": "created_at", "date_deadline": "expected_close_on",
    "date_closed": "closed_at", "lost_reason_id": "loss_reason", "source_id": "source",
}  # fmt: skip
MISTRANSLATED = {"Предложение"}
"""What a system calls an opportunity by mistake: in Russian it is a quote, and is taken for nothing."""


def understood(folder, name, heads):
    path = folder / f"{name}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(heads)
        writer.writerows(zip(*(VALUES[target] for target in heads.values()), strict=True))
    (known,) = understand([path], folder / "spill")[0].known
    return known.found


def wrong(found, heads):
    """The heads that were not taken for what they are, and what was surely taken for something by mistake."""
    taken = {match.column: match for match in found.tables.get("deals", ())}
    missed = [head for head, target in heads.items() if head not in MISTRANSLATED and taken[head].target != target]
    return missed + [head for head in MISTRANSLATED if head in taken and taken[head].confidence >= SURE]


@pytest.mark.parametrize("title", list(HEADS))
def test_deals_of_a_system_are_known_by_its_heads(tmp_path, title):
    found = understood(tmp_path, title.split()[1], HEADS[title])
    assert (found.own, wrong(found, HEADS[title])) == ("deals", [])


@pytest.mark.parametrize("language", ["en", "tr", "uk", "ru", "zh_CN"])
def test_opportunities_of_odoo_are_known_in_its_own_words(tmp_path, real_data, language):
    with (real_data / "headers" / "odoo_labels.csv").open(encoding="utf-8") as file:
        labels = {row["field"]: row[language] for row in csv.DictReader(file)}
    heads = {labels[f"crm.field_crm_lead__{field}"]: target for field, target in ODOO.items()}
    assert len(heads) == len(ODOO)
    found = understood(tmp_path, f"crm.lead {language}", heads)
    assert (found.own, wrong(found, heads)) == ("deals", [])
