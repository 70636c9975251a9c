"""Command lines, one folder an actor: each parses, calls one function of the core, and tells the result.

Start at `tools.cli.main`; `base` declares commands, `language` and `sentences` put refusals into words.
"""
