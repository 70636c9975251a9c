"""Benchmarks: figures printed beside a plainer way of doing the same, in one run."""
