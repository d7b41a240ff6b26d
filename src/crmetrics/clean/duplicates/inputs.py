"""Which columns of a table are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from crmetrics.warehouse.schema import custom_column

COMPARED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "customers": (
            "customer_id", "name", "kind", "email", "phone", "tax_number", "country", "region", "city", "born_on",
        ),
        "contacts": ("contact_id", "customer_id", "name", "email", "phone"),
    }
)  # fmt: skip
"""The tables whose rows may be duplicates, with the columns that tell."""

ADDRESSES: Final = (
    "address",
    "street",
    "address_1",
    "address1",
    "adres",
    "adresi",
    "cadde",
    "sokak",
    "адреса",
    "адрес",
    "вулиця",
    "улица",
    "地址",
    "街道",
)
POSTCODES: Final = (
    "postcode",
    "post_code",
    "postal_code",
    "zip",
    "zip_code",
    "zipcode",
    "plz",
    "posta_kodu",
    "поштовий_індекс",
    "індекс",
    "почтовый_индекс",
    "индекс",
    "邮编",
    "邮政编码",
)
"""Names of columns of a company's own that hold an address or a postcode: the canonical tables have none."""


def custom_columns(own: Sequence[str]) -> list[str]:
    """Of a company's own columns (their names, without the prefix) those that hold an address or a postcode, as the table calls them."""
    known = {*ADDRESSES, *POSTCODES}
    return [custom_column(name) for name in own if name.lower() in known]
