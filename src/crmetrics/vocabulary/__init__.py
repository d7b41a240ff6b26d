"""Words that every room speaks: errors, language, unit, period."""
