"""Canonical tables at rest and in question: schema, versions, engines, scope, facts."""
