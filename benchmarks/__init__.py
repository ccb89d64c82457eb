"""Measurements: what tlnb costs, and how it compares. Each runs as ``python -m benchmarks.NAME``."""
