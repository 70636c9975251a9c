"""An author's file -> Items and a report of every row refused; and Items -> a file that reads back to equal Items.

The first step of the path. Nothing is half-imported: a row becomes a whole Item or stands in `refused` with file,
sheet, row and reason; what was accepted but deserves a look stands in `remarks`. A file that is no bank at all is
refused whole (`BadFile`). After: `bank.store` keeps the Items. docs/formats-interchange.md says what each form can say.
"""

from bank.formats.reading import READ, ImportResult, Progress, read
from bank.formats.writing import (
    FORMS,
    SUFFIXES,
    Exported,
    LeftOut,
    Lost,
    carried,
    encode,
    export,
    form_of,
    loses,
    suffix_of,
    together,
    write,
)  # fmt: skip

__all__ = [
    "FORMS", "READ", "SUFFIXES", "Exported", "ImportResult", "LeftOut", "Lost", "Progress",
    "carried", "encode", "export", "form_of", "loses", "read", "suffix_of", "together", "write",
]  # fmt: skip
