"""The demo company: export files with known faults, the mapping that reads them, and the truth behind them."""

from crmetrics.collect.demo.company import write_demo

__all__ = ["write_demo"]
