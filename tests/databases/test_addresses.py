"""Addresses of databases and where their passwords come from, without any server."""

import pytest

from crmetrics.collect.servers.address import is_address, password_for, read_address
from crmetrics.vocabulary.errors import BadValue


@pytest.mark.parametrize("text", ["exports", "/data/x.csv", "C:/exports", "C:\\exports", "a:b.csv", "x/y:z"])
def test_paths_are_no_addresses(text):
    assert not is_address(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://reader@db.example.com/shop", "postgresql://reader@db.example.com/shop"),
        ("postgres:/reader@db/shop", "postgresql://reader@db/shop"),  # a path that was an address
        ("MariaDB://r:pw@db:3307/shop", "mysql://r@db:3307/shop"),
        ("mssql://sa:p%23w@[::1]:1433/sales%20eu", "sqlserver://sa@[::1]/sales eu"),
    ],
)
def test_an_address_is_shown_without_its_password(text, shown):
    assert is_address(text)
    address = read_address(text)
    assert str(address) == shown
    assert "pw" not in repr(address)


def test_a_password_is_read_from_its_address():
    assert password_for(read_address("mysql://r:p%23w%2F@db/shop"), {}) == "p#w/"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("postgresql://reader:hush@/shop", "lacks its host"),
        ("postgresql://reader:hush@db/", "lacks its host"),
        ("postgresql://reader:hush@db:port/shop", "cannot be read"),
        ("postgresql://reader:hush@db/shop?options=x", "'options' is no part"),
        ("postgresql://reader:hush@db/shop?sslmode=maybe", "'sslmode=maybe' is no part"),
    ],
)
def test_what_is_wrong_with_an_address_is_told_without_the_password(text, told):
    with pytest.raises(BadValue, match=told) as error:
        read_address(text)
    assert "hush" not in str(error.value)


def test_an_address_of_another_kind_is_told():
    with pytest.raises(BadValue, match="'oracle://' cannot be read"):
        is_address("oracle://x/y")


def test_passwords_of_the_environment_come_before_the_file(tmp_path):
    path = tmp_path / "secrets"
    path.write_text("# ours\nother:5432:shop:reader:no\ndb:*:shop:reader:with\\:colon\n*:*:*:*:any\n")
    path.chmod(0o600)
    at = read_address("postgresql://reader@db/shop")
    here = {"PGPASSFILE": str(path)}
    assert password_for(at, here) == "with:colon"
    assert password_for(read_address("mysql://me@db/shop"), here) == "any"
    assert password_for(at, {**here, "PGPASSWORD": "env"}) == "env"
    assert password_for(at, {**here, "PGPASSWORD": "env", "CRMETRICS_DATABASE_PASSWORD": "ours"}) == "ours"
    assert password_for(at, {"HOME": str(tmp_path)}) == ""


def test_a_file_of_passwords_that_others_may_read_is_refused(tmp_path):
    path = tmp_path / ".pgpass"
    path.write_text("*:*:*:*:x\n")
    path.chmod(0o644)
    with pytest.raises(BadValue, match="chmod 600"):
        password_for(read_address("postgresql://reader@db/shop"), {"HOME": str(tmp_path)})
