"""`examd bench rates`: pass rates and Wilson intervals of millions of results, beside the plain one-pass count.

Made-up results, so no file is read. Working memory is measured in a run of its own: tracing slows what it traces.
"""

import argparse
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable

import numpy as np

from examd.rates.compute import Definition, Rates, rates
from tools.cli.language import _
from tools.cli.output import report

MOST_RESULTS, MOST_INSTITUTIONS = 1_000_000_000, 1_000_000
"""6 GB of made-up results, and a count that still fits beside them."""


def run(args: argparse.Namespace) -> int:
    if args.results > MOST_RESULTS or args.institutions > MOST_INSTITUTIONS:
        most = {"results": MOST_RESULTS, "institutions": MOST_INSTITUTIONS}
        print(_("At most {results:,} results and {institutions:,} institutions.", **most), file=sys.stderr)
        return 2
    random = np.random.default_rng(20261121)
    index = random.integers(0, args.institutions, args.results, dtype=np.int32)
    present = random.random(args.results, dtype=np.float32) < 0.95
    passed = present & (random.random(args.results, dtype=np.float32) < 0.8)

    def chunked() -> Rates:
        counts = rates(index, present, passed, args.institutions)
        for definition in Definition:
            counts.rate(definition)
            counts.interval(definition)
        return counts

    def plain() -> Rates:
        cells = np.bincount(index * np.intp(4) + present * 2 + passed, minlength=args.institutions * 4)
        absent, _absent_passed, failed, good = cells.reshape(-1, 4).T
        return Rates(absent + failed + good, failed + good, good)

    ours, theirs = chunked(), plain()
    if not all(
        np.array_equal(getattr(ours, name), getattr(theirs, name)) for name in ("enrolled", "present", "passed")
    ):
        print(_("The two counts differ."), file=sys.stderr)
        return 1
    figures = {
        "results": args.results,
        "institutions": args.institutions,
        "seconds": round(_median_seconds(chunked, args.repeat), 4),
        "plain_seconds": round(_median_seconds(plain, args.repeat), 4),
        "input_mb": round((index.nbytes + present.nbytes + passed.nbytes) / 1e6, 1),
        "working_mb": round(_working_bytes(chunked) / 1e6, 1),
        "plain_working_mb": round(_working_bytes(plain) / 1e6, 1),
    }
    return report(
        args,
        figures,
        _("{results:,} results of {institutions:,} institutions ({input_mb} MB)", **figures),
        _("  in chunks, with both rates and intervals  {seconds:.3f} s  {working_mb} MB", **figures),
        _("  one plain count, without intervals        {plain_seconds:.3f} s  {plain_working_mb} MB", **figures),
    )


def _median_seconds(work: Callable[[], object], repeat: int) -> float:
    def once() -> float:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    return statistics.median(once() for _run in range(repeat))


def _working_bytes(work: Callable[[], object]) -> int:
    """The most that numpy and Python held at once during `work`, beyond what was there before."""

    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
