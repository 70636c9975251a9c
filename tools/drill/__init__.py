"""Simulated candidates and load: real clients over the wire."""
