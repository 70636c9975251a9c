"""All documents of a result, each whole or absent."""

from pathlib import Path

from bank.durable import write_atomically
from examd.documents.bulletin import bulletin
from examd.documents.delimited import rates_csv, results_csv
from examd.documents.report import Report
from examd.documents.workbook import workbook

PRIVATE = ("results.csv", "report.xlsx")


def write_all(report: Report, directory: Path, language: str) -> list[Path]:
    """Writes rates.csv, results.csv, report.xlsx and bulletin.html into `directory`; `language`: "zh" or "en".

    An OSError, such as that of a full disk, names a file in any case.
    """
    documents = {
        "rates.csv": rates_csv(report, language),
        "results.csv": results_csv(report, language),
        "report.xlsx": workbook(report, language),
        "bulletin.html": bulletin(report, language),
    }
    for name, data in documents.items():
        try:
            # What bears names and marks is for its owner's eyes until someone decides otherwise.
            write_atomically(directory / name, data, private=name in PRIVATE)
        except OSError as error:
            error.filename = error.filename or str(directory / name)
            raise
    return [directory / name for name in documents]
