"""Benches: our cost beside that of SQL written by hand for the same answer, as ratios."""
