"""Audit machine-learning experiments for leakage and misleading metrics."""

__version__ = "0.1.0"
