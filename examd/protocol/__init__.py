"""The language the server and the terminal share: messages, reasons, the rule of time, the receipt. Pure, no I/O.

Imports nothing else of ours, so a terminal that carries it carries no way to an answer key.
"""
