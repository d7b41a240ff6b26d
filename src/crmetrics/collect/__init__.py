"""Sources become raw tables: every row of every file, as text, with its file and row number."""
