"""Where the parts of a workspace stand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder that holds one company's data and settings."""

    folder: Path

    @property
    def settings(self) -> Path:
        """The settings, to be edited by people."""
        return self.folder / "crmetrics.toml"

    @property
    def raw(self) -> Path:
        """What imports have read, by source and import."""
        return self.folder / "raw"

    @property
    def versions(self) -> Path:
        """The published versions."""
        return self.folder / "versions"

    @property
    def history(self) -> Path:
        """What was done from version to version."""
        return self.folder / "history"

    @property
    def spill(self) -> Path:
        """Where the engine puts what does not fit into memory."""
        return self.folder / "spill"

    @property
    def state(self) -> Path:
        """The product's own state, where no database of the company's is named for it."""
        return self.folder / "state.db"

    @property
    def lock(self) -> Path:
        """Held by the import at work."""
        return self.folder / "import.lock"

    def make(self) -> None:
        """Make its folders."""
        for folder in (self.raw, self.versions, self.spill):
            folder.mkdir(parents=True, exist_ok=True)
