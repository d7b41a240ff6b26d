"""Real exports, each read to the row, with the counts that its publisher or its README states."""

import pytest

from crmetrics.collect.sources import FileEntry, find_files, read_raw
from crmetrics.vocabulary.errors import BadFile

FILES = {
    "online_retail_uci/online_retail_all.csv.gz": (541_909, 8),
    "superstore/Sample - Superstore.csv": (10_194, 21),
    "contoso_global_electronics/Sales.csv": (62_884, 9),
    "contoso_global_electronics/Customers.csv": (15_266, 10),
    "contoso_global_electronics/Products.csv": (2_517, 10),
    "contoso_global_electronics/Stores.csv": (67, 5),
    "contoso_global_electronics/Exchange_Rates.csv": (11_215, 3),
    "crm_maven_kaggle/sales_pipeline.csv": (8_800, 8),
    "crm_maven_kaggle/accounts.csv": (85, 7),
    "crm_maven_kaggle/products.csv": (7, 3),
    "crm_maven_kaggle/sales_teams.csv": (35, 3),
    "crm_basudev/Contacts.csv": (100, 7),
    "crm_basudev/SalesLines.csv": (3_761, 7),
    "dunnhumby_complete_journey/transactions.parquet": (1_469_307, 11),
    "dunnhumby_complete_journey/demographics.parquet": (801, 8),
    "groceries/Groceries_dataset.csv": (38_765, 3),
    "lead_scoring_x_education/Leads.csv": (9_240, 38),
    "telco_churn_ibm/Telco-Customer-Churn.csv": (7_043, 21),
    "telco_churn_ibm/modeldata_mlc_churn.csv": (5_000, 21),
    "hillstrom/hillstrom.csv": (64_000, 12),
    "marketing_campaign_personality/marketing_campaign.csv": (2_240, 29),
    "online_shoppers_intention/online_shoppers_intention.csv": (12_359, 18),
    "mta_channel_paths/data.csv.gz": (10_000, 4),
    "support_tickets/customer_support_tickets.csv": (8_469, 17),
    "nps_survey/nps_survey.csv": (20_268, 7),
    "m4/Weekly-train.csv": (359, 2_598),
    "m4/Weekly-test.csv": (359, 14),
    "timeseries_rdatasets/datasets_AirPassengers.csv": (144, 3),
    "timeseries_rdatasets/bank_calls_hourly.csv": (2_460, 2),
    "febrl/dataset1.csv": (1_000, 11),
    "febrl/dataset3.csv": (5_000, 11),
    "splink_fake_1000/fake_1000.csv": (1_000, 7),
    "splink_fake_1000/fake_1000_labels.csv": (3_176, 5),
    "olist/olist_products_dataset.csv": (32_951, 9),
    "olist/olist_marketing_qualified_leads_dataset.csv": (8_000, 3),
    "olist/olist_closed_deals_dataset.csv": (380, 7),
    "reviews/tr_train.csv.gz": (30_619, 4),
    "reviews/uk_train.csv.gz": (4_104, 4),
    "reviews/zh_train.csv.gz": (64_437, 5),
    "reviews/en_train.csv.gz": (29_939, 4),
    "headers/odoo_labels.csv": (555, 7),
    "event_logs/helpdesk.csv": (13_710, 3),
    "event_logs/bpi_12_w_no_repeat.csv": (29_410, 3),
    "cdnow/CDNOW_master.txt": (69_659, 4),
    "cdnow/cdnow_customers_summary.csv": (2_357, 4),
    "cdnow/example_transactions.csv": (15_273, 2),
    "lead_scoring_x_education/Leads Data Dictionary.xlsx": (37, 2),
}
WITHOUT_HEADER = {
    "cdnow/CDNOW_sample.txt": (6_919, 5),
    "groceries/groceries.csv": (9_835, 32),
    "lexicon_en/vader_lexicon.txt": (7_520, 4),
    "lexicon_en/AFINN-en-165.txt": (3_382, 2),
    "lexicon_uk_tone_dict/tone-dict-uk.tsv": (3_442, 2),
    "lexicon_uk_tone_dict/tone-dict-uk-manual.tsv": (6_859, 4),
    "lexicon_uk_tone_dict/tone-dict-uk-auto.tsv": (1_269, 2),
}
SEEDS = {"dbt_hubspot": (63, 2_643), "dbt_salesforce": (14, 111), "dbt_zendesk": (26, 272)}


@pytest.fixture
def raw(real_data, connection, tmp_path):
    def read(name, **entry):
        found = read_raw(connection, FileEntry("x", ("*",), **entry), real_data / name, tmp_path / "x.parquet")
        numbers = connection.execute(
            "select count(*), count(distinct _row), max(_row) from read_parquet(?)", [str(found.path)]
        ).fetchone()
        assert numbers[0] == numbers[1] == found.rows
        return found

    return read


@pytest.mark.parametrize(("name", "size"), FILES.items())
def test_a_real_file(raw, name, size):
    found = raw(name)
    assert (found.rows, len(found.columns), found.rejected) == (*size, ())


@pytest.mark.parametrize(("name", "size"), WITHOUT_HEADER.items())
def test_a_real_file_without_a_header(raw, name, size):
    found = raw(name, header=False)
    assert (found.rows, len(found.columns), found.rejected) == (*size, ())


@pytest.mark.parametrize(("folder", "size"), SEEDS.items())
def test_the_seeds_of_a_system(real_data, connection, tmp_path, folder, size):
    files = find_files([real_data / folder / "seeds"], [FileEntry("seeds", ("*.csv",))])
    raws = [read_raw(connection, entry, path, tmp_path / "x.parquet") for entry, path in files]
    assert (len(raws), sum(raw.rows + len(raw.rejected) for raw in raws)) == size
    assert [(raw.name, raw.rejected) for raw in raws if raw.rejected] == []


def test_a_folder_of_daily_files(real_data, connection, tmp_path):
    files = find_files([real_data / "online_retail_uci" / "by-day"], [FileEntry("lines", ("*.csv*",))])
    raws = [read_raw(connection, entry, path, tmp_path / f"{path.stem}.parquet") for entry, path in files]
    assert len(raws) == 10
    assert len({raw.columns for raw in raws}) == 1
    assert len({raw.sha256 for raw in raws}) == 10


def test_values_stand_as_they_are(raw, connection):
    found = raw("contoso_global_electronics/Products.csv")
    price = connection.execute('select "Unit Price USD" from read_parquet(?) limit 1', [str(found.path)]).fetchone()
    assert price == ("$12.99 ",)
    found = raw("online_retail_uci/online_retail_all.csv.gz")
    query = 'select count(*) - count("CustomerID"), min("CustomerID") from read_parquet(?)'
    assert connection.execute(query, [str(found.path)]).fetchone() == (135_080, "12346.0")


def test_the_sheets_of_a_real_book(raw):
    book = "m4/Evaluation and Ranks.xlsx"
    assert raw(book).rows == 61
    # 64 rows, one of them blank.
    assert raw(book, sheet="Point Forecasts-Frequency").rows == 63
    with pytest.raises(BadFile, match=r"has no sheet 'Points'\. It has: 'Methods', 'Point Forecasts-Frequency', "):
        raw(book, sheet="Points")


def test_a_real_book_of_old_excel(raw):
    # the same rows as the set's text file, and two sheets more
    assert raw("superstore/Sample - Superstore.xls").rows == 10_194
    assert raw("superstore/Sample - Superstore.xls", sheet="Returns").rows > 0
