"""Benchmarks, each beside its peer and its limit in one run; none is a test."""
