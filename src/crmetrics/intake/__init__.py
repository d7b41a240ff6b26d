"""One import from start to end: files are read, cleaned, checked and published as a new version."""
