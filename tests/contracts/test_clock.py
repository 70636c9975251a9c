"""Nothing decides by the wall clock: who reads it is listed here, each with what it is read for."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
READS = re.compile(
    r"time\.time(_ns)?\(|datetime\.(now|today|utcnow)\(|date\.today\(|CLOCK_REALTIME|(?<!def )\b(utc_now|wall_clock)\b(?=\()"
    r"|\.wall_s\b"
)
MAY = {
    "bank/clock.py": "the reader of the bank, and of the office's day",
    "examd/clock.py": "the reader",
    "examd/chief/judging.py": "the device's clock beside the record's, for a person to judge; a signature is not dated back",
    "examd/chief/signing.py": "dates a co-signature",
    "examd/chief/sitting.py": "the wall clock beside the boot clock, for a person to judge",
    "tools/cli/chief/running.py": "shows when something was signed",
    "tools/cli/chief/wording.py": "shows when something was signed last",
    "examd/record/entries.py": "stands beside each entry",
    "examd/site/staff_client.py": "dates a co-signature; says when the next one-time code comes",
    "examd/staff.py": "which one-time code is on the person's device now (RFC 6238 counts on the wall clock)",
    "tools/drill/session.py": "dates of a drill, and its operator's one-time codes",
    "tools/cli/bureau/issue.py": "the hour of issuing",
    "tools/verify/limits.py": "holds it against the boot clock, and tells where it was moved",
    "examd/delivery/commands/opening.py": "whether a package's days have come: advice, overruled by a stated date",
    "tools/verify/released.py": "the day of opening, held against the package's days",
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
    assert readers() == MAY.keys()
    assert {"examd/clock.py", "examd/staff.py"} <= readers()


def test_what_decides_in_a_session_reads_none():
    before_a_session = {"examd/delivery/commands/opening.py"}
    for name in readers() - before_a_session:
        assert not name.startswith(("terminal/", "examd/delivery/commands", "examd/protocol", "examd/grading"))
