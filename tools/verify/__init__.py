"""The auditor's second opinion: recomputes a session's result from nothing but its exported directory.

Written from docs/formats.md and docs/draw.md alone, with the standard library and `cryptography`; it imports nothing
of what it checks, and the folder works by itself wherever it is copied: `python -m verify DIR`.

In the order of reading: `checks` is the numbered list; `case` what has been established so far; `issued`, `officers`,
`sealed`, `course`, `forms`, `results`, `tables` hold the checks; `canonical`, `merkle`, `notes`, `statements`, `draw`,
`clock`, `marks`, `shapes` the arithmetic they stand on; `report` puts it all into words. Before it on the path stands
the writer of the result; after it, a person who has to believe it or not.
"""
