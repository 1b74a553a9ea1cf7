"""Measures the fake: ``python -m benchmarks``."""
