"""An answer made visible: numbers and dates in a language, table, chart, picture, JSON, CSV, XLSX, terminal."""
