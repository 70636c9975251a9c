"""A made-up session on one machine, every part the real one, and simulated candidates: for demo, load and faults."""
