"""The sealed package: what the bureau issues for one session at one site (docs/formats.md §4).

`issue` writes, `open` reads, `layout` is what both agree on. Delivery imports `open` only.
"""
