"""KPIs: the whole at a glance."""
