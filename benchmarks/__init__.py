"""Measurements of quality that are run by hand: `python -m benchmarks.<name>`."""
