"""Benchmarks, run by hand: `python -m bench NAME`. Nothing here is part of the test suite.

Machines differ and drift, so each prints ratios, CPU seconds, bytes and counts from one run.
"""
