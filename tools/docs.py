"""The written pages: made from the product where they can be, and checked to be true.

`python -m tools.docs` writes the reference pages; `--check` changes nothing and says what is not true any more.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tools.reference import MADE, ROOT, reference

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
BLOCK = re.compile(r"^```toml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TARGET = re.compile(r"(?:^ {4}|`)make ([a-z]+)\b", re.MULTILINE)


def pages(root: Path = ROOT) -> list[Path]:
    """Every page that people read."""
    return sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md"), *(root / "examples").rglob("*.md")])


def changed() -> list[Path]:
    """The reference pages that are not what the product would write now; pages of what is gone count too."""
    made = reference()
    kept = {
        page for page in (ROOT / "docs").rglob("*.md") if MADE.partition("{")[0] in page.read_text(encoding="utf-8")
    }
    old = [page for page, text in made.items() if not page.is_file() or page.read_text(encoding="utf-8") != text]
    return sorted({*old, *(kept - made.keys())})


def write() -> list[Path]:
    """Write the reference pages; returns those that changed."""
    made = reference()
    found = changed()
    for page in found:
        if page in made:
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(made[page], encoding="utf-8")
        else:
            page.unlink()
    return found


def problems(root: Path = ROOT) -> list[str]:
    """Everything in the pages that does not hold; empty if all is well."""
    targets = set(re.findall(r"^([a-z]+):", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    return [
        f"{page.relative_to(root)}: {fault}"
        for page in pages(root)
        for fault in (*_dead_links(page), *_bad_toml(page), *_unknown_targets(page, targets))
    ]


def _dead_links(page: Path) -> Iterator[str]:
    for plain, image in LINK.findall(page.read_text(encoding="utf-8")):
        target = (plain or image).partition("#")[0]
        if target and "://" not in target and not (page.parent / target).exists():
            yield f"'{target}' is linked but not there"


def _bad_toml(page: Path) -> Iterator[str]:
    for block in BLOCK.findall(page.read_text(encoding="utf-8")):
        try:
            tomllib.loads(block)
        except tomllib.TOMLDecodeError as error:
            yield f"a TOML example cannot be read: {error}"


def _unknown_targets(page: Path, targets: set[str]) -> Iterator[str]:
    for target in TARGET.findall(page.read_text(encoding="utf-8")):
        if target not in targets:
            yield f"'make {target}' is named, but the Makefile has no such target"


def main() -> int:
    """Write or check; 1 if something is wrong."""
    options = argparse.ArgumentParser(prog="python -m tools.docs", description=__doc__)
    options.add_argument("--check", action="store_true", help="change nothing, say what is not true")
    if options.parse_args().check:
        old = [f"{page.relative_to(ROOT)} is not what the product says: run `make docs`" for page in changed()]
    else:
        old = []
        for page in write():
            print(f"{page.relative_to(ROOT)} written")
    told = [*old, *problems()]
    print(*told, sep="\n", end="\n" if told else "")
    print(f"{len(pages())} pages: " + (f"{len(told)} problems" if told else "all true"))
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
