"""The settings of a workspace: `crmetrics.toml`, proposed at the first import, edited by people."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from crmetrics.vocabulary.errors import BadFile, BadSettings, BadValue
from crmetrics.vocabulary.language import LANGUAGES, Message, words
from crmetrics.vocabulary.period import is_zone
from crmetrics.warehouse.disk import replace as replace_file
from crmetrics.workspace.folder import Workspace
from crmetrics.workspace.hand_written import read_toml

_ = words("import")
history = words("history")
people = words("people")

UNSET: Final = ""
_NO_PEOPLE: Final[Mapping[str, str]] = MappingProxyType({})
SIGN_IN: Final = ("issuer", "client_id", "employee_claim", "new_people", "trusts_email")
_SECTIONS: Final = ("people", "sign_in")
_COUNTRIES: Final[Mapping[str, str]] = MappingProxyType({"tr": "TR", "uk": "UA", "zh": "CN"})
_EVERY: Final = re.compile(r"([1-9]\d*)([smh])")
_SIZE: Final = re.compile(r"\d+(\.\d+)?\s*(KB|MB|GB|TB|KiB|MiB|GiB|TiB)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a workspace. A blank text means that it is not set yet and is proposed at the next import.

    currency      ISO 4217: what figures are told in
    zone          IANA: what a day is
    week_start    1 Monday to 7 Sunday
    fiscal_start  the month in which the fiscal year starts, 1 to 12
    memory_limit  such as 4GB; threads 0: as many as the machine has; spill: blank = in the workspace
    people        user name -> employee_id, for what a viewer may see
    sign_in       the company's own sign-in server (OpenID Connect): issuer, client_id, employee_claim, new_people, trusts_email
    watch         a folder from which files are imported as they come, while the pages are served; blank: none
    watch_every   how often it is looked at, at least: 30s, 15m, 2h
    calendar      whose free days count: a country (TR, DE-BY), one of the company's own in `holidays`, or none
    state         a PostgreSQL database for people, decisions, dashboards and the audit; blank: the file state.db
    """

    company: str = UNSET
    currency: str = UNSET
    zone: str = UNSET
    language: str = UNSET
    week_start: int = 1
    fiscal_start: int = 1
    memory_limit: str = UNSET
    threads: int = 0
    spill: str = UNSET
    people: Mapping[str, str] = field(default_factory=lambda: _NO_PEOPLE)
    calendar: str = UNSET
    sign_in: Mapping[str, str] = field(default_factory=lambda: _NO_PEOPLE)
    watch: str = UNSET
    watch_every: str = "1m"
    state: str = UNSET

    def __post_init__(self) -> None:
        self._check(
            "currency",
            not self.currency or re.fullmatch("[A-Z]{3}", self.currency),
            _("three capital letters such as EUR"),
        )
        self._check("zone", not self.zone or is_zone(self.zone), _("a time zone such as Europe/Istanbul"))
        self._check("language", self.language in ("", *LANGUAGES), _("en, tr, uk or zh"))
        self._check("week_start", 1 <= self.week_start <= 7, _("1 for Monday to 7 for Sunday"))
        self._check("fiscal_start", 1 <= self.fiscal_start <= 12, _("the number of a month, 1 to 12"))
        self._check(
            "memory_limit", not self.memory_limit or _SIZE.fullmatch(self.memory_limit), _("a size such as 4GB")
        )
        self._check("watch_every", _EVERY.fullmatch(self.watch_every), history("a time such as 30s, 15m or 2h"))
        self._check("threads", self.threads >= 0, _("a number of threads, or 0 for as many as the machine has"))
        self._check("sign_in", self.sign_in.keys() <= set(SIGN_IN), people("only {names}", names=", ".join(SIGN_IN)))

    def _check(self, name: str, holds: object, expected: Message) -> None:
        if not holds:
            raise BadValue(
                _(
                    "'{name}' is '{value}'; expected is {expected}.",
                    name=name,
                    value=str(getattr(self, name)),
                    expected=expected,
                )
            )

    def completed(self, proposed: Settings) -> Settings:
        """These settings, with what is not set taken from the proposed ones."""
        blank = {one.name: getattr(proposed, one.name) for one in fields(self) if getattr(self, one.name) == UNSET}
        return replace(self, **blank)


def seconds_of(every: str) -> float:
    """How many seconds a time such as 30s, 15m or 2h is. Raises BadValue."""
    found = _EVERY.fullmatch(every.strip())
    if found is None:
        raise BadValue(history("'{every}' is not a time. Write it like 30s, 15m or 2h.", every=every))
    return float(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2]]


def read_settings(path: Path) -> Settings:
    """Read `crmetrics.toml`; all unset if there is none. Raises BadSettings with the file, and the line or the key and the value."""
    try:
        _text, document = read_toml(path)
    except FileNotFoundError:
        return Settings()
    except BadFile as error:
        raise BadSettings(error.message) from None
    known = {one.name: one.type for one in fields(Settings)}
    values: dict[str, Any] = {}
    for key, value in document.items():
        if key not in known:
            raise BadSettings(
                _(
                    "{file} has no setting '{name}'. Known are: {known}.",
                    file=path.name,
                    name=key,
                    known=", ".join(known),
                )
            )
        fits = isinstance(value, dict) if key in _SECTIONS else type(value).__name__ == known[key]
        if not fits:
            raise BadSettings(
                _(
                    "{file}: '{name}' is '{value}', which is of another kind.",
                    file=path.name,
                    name=key,
                    value=str(value),
                )
            )
        values[key] = {str(name): str(one) for name, one in value.items()} if isinstance(value, dict) else value
    try:
        return Settings(**values)
    except BadValue as error:
        raise BadSettings(_("{file}: {problem}", file=path.name, problem=error.message)) from None


def has_state(folder: Path) -> bool:
    """Whether a workspace has kept state of its own, or names a database for it."""
    place = Workspace(folder)
    return place.state.is_file() or bool(read_settings(place.settings).state)


def write_settings(path: Path, settings: Settings) -> None:
    """Write `crmetrics.toml` with a comment to every setting; what is not set stands as a comment."""
    replace_file(path, written(settings), path.name + ".part")


def written(settings: Settings) -> str:
    """The text of `crmetrics.toml`."""
    return f"""\
# Settings of this workspace. Edit them as you like; what is commented out is proposed at the next import.

{_line("company", settings.company)}    # the name on top of pages and reports
{_line("currency", settings.currency)}    # what all figures are told in (ISO 4217); other currencies need exchange_rates
{_line("zone", settings.zone)}    # the time zone that says what a day is
{_line("language", settings.language)}    # en, tr, uk or zh
{_line("calendar", settings.calendar)}    # whose free days count: a country (TR, UA, CN, DE-BY), a calendar of your own holidays, or none

week_start = {settings.week_start}    # 1 Monday ... 7 Sunday
fiscal_start = {settings.fiscal_start}    # the month in which the fiscal year starts

{_line("memory_limit", settings.memory_limit)}    # what an import or a question may use of the memory
threads = {settings.threads}    # 0: as many as the machine has
{_line("spill", settings.spill)}    # the folder for what does not fit into memory; not set: spill/ in the workspace

{_line("watch", settings.watch)}    # a folder from which files are imported as they come, while the pages are served
watch_every = {json.dumps(settings.watch_every)}    # how often it is looked at, at least: 30s, 15m, 2h

{_line("state", settings.state)}    # PostgreSQL for people, decisions and dashboards; not set: state.db in the workspace

# Which user is which employee, for what each may see:  "anna@example.com" = "E017"
[people]
{_pairs(settings.people)}
# The company's own sign-in server (OpenID Connect); its secret comes from the environment, CRMETRICS_SIGN_IN_SECRET.
[sign_in]
{_pairs(settings.sign_in)}"""


def proposed(company: Mapping[str, str], folder: Path, source_zone: str | None) -> Settings:
    """What is proposed at a first import: the mapping's [company], else the machine and the name of the folder."""
    language = company.get("language", "") or os.environ.get("LANG", "")[:2]
    return Settings(
        company=company.get("name", folder.resolve().name),
        currency=company.get("currency", "").upper(),
        zone=company.get("zone") or source_zone or _machine_zone(),
        language=language if language in LANGUAGES else "en",
        memory_limit=_quarter_of_memory(),
    )


def country_of(zone: str, language: str) -> str:
    """The country whose free days are proposed: that of the time zone, else of the language; blank if neither tells."""
    tables = resources.files("tzdata") / "zoneinfo"
    links = (line.split() for line in (tables / "tzdata.zi").read_text("utf-8").splitlines() if line.startswith("L "))
    named = {old: new for _mark, new, old in links}.get(zone, zone)
    places = (line.split("\t") for line in (tables / "zone.tab").read_text("utf-8").splitlines() if line[:1] != "#")
    return {place[2]: place[0] for place in places}.get(named, _COUNTRIES.get(language, UNSET))


def _line(name: str, value: str) -> str:
    return f"{name} = {json.dumps(value, ensure_ascii=False)}" if value else f'# {name} = ""'


def _pairs(pairs: Mapping[str, str]) -> str:
    return "".join(
        f"{json.dumps(user, ensure_ascii=False)} = {json.dumps(who, ensure_ascii=False)}\n"
        for user, who in pairs.items()
    )


def _machine_zone() -> str:
    named = os.environ.get("TZ", "").lstrip(":")
    if named and is_zone(named):
        return named
    link = Path("/etc/localtime")
    _before, found, name = str(link.resolve()).partition("zoneinfo/")
    return name if found and is_zone(name) else "UTC"


def _quarter_of_memory() -> str:
    """A quarter of the memory, from 1 to 8 GB: the machine has other things to do."""
    try:
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return "1GB"
    return f"{min(8, max(1, whole // 4 // 10**9))}GB"
