"""What the server, the terminal and the command lines share: messages, reasons, the rule of time, the receipt, trust,
and how catalogues are read. Its only I/O is reading a root certificate (`trust`) and a catalogue (`catalogue`).

Imports nothing else of ours, so a terminal that carries it carries no way to an answer key.
"""
