"""The bank: what is locked, and the rules for what leaves it. Imports nothing else of ours."""
