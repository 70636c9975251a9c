"""Nothing decides by the wall clock: who reads it is listed here, each with what it is read for."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
READS = re.compile(
    r"time\.time(_ns)?\(|datetime\.(now|today|utcnow)\(|date\.today\(|CLOCK_REALTIME|(?<!def )\b(utc_now|wall_clock)\b(?=\()"
    r"|\.wall_s\b"
)
MAY = {
    "bank/custody/opening.py": "stamps the journal's entries",
    "bank/store/acts.py": "stamps acts",
    "examd/clock.py": "the reader",
    "examd/record/entries.py": "stands beside each entry",
    "examd/site/staff_client.py": "dates a co-signature; says when the next one-time code comes",
    "examd/staff.py": "which one-time code is on the person's device now (RFC 6238 counts on the wall clock)",
    "tools/drill/session.py": "dates of a drill, and its operator's one-time codes",
    # what day it is, for periods that a person stated in days
    "tools/author_desk/bank_access.py": "the day",
    "tools/cli/bank/check.py": "the day",
    "tools/cli/bank/list_.py": "the day",
    "tools/cli/bank/slices.py": "the day",
    "tools/cli/bureau/issue.py": "the hour of issuing",
    "tools/cli/rule/common.py": "the day",
    "tools/cli/rule/try_.py": "the day",
    "tools/cli/site/session.py": "the day, for a warning",
    # certificates are dated, and their dates are looked at by nobody
    "examd/delivery/tls.py": "dates a certificate",
}


def readers():
    found = set()
    for package in ("bank", "examd", "terminal", "tools"):
        for path in (ROOT / package).rglob("*.py"):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith("tools/bench/") and READS.search(path.read_text()):
                found.add(name)
    return found


def test_who_reads_the_wall_clock_is_listed_with_the_reason():
    assert readers() - MAY.keys() == set()
    assert {"examd/clock.py", "examd/staff.py"} <= readers()


def test_what_decides_in_a_session_reads_none():
    for name in readers():
        assert not name.startswith(("terminal/", "examd/delivery/commands", "examd/protocol", "examd/grading"))
