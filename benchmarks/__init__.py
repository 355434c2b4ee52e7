"""Measures the engine against a real ZEO server: ``python -m benchmarks``."""
