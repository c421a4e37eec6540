"""What a log must not hold."""

import re
from collections.abc import Mapping

from tests.faults.finding import Finding, Measure
from tests.faults.stage import Stage

UNWANTED: Mapping[str, re.Pattern[str]] = {
    "tracebacks": re.compile(r"Traceback \(most recent"),
    # The log tells an error once, of the 10th, 100th time only how often.
    "errors of ours": re.compile(r'"event": "error".*"at": "(?:dashboard|vscore)\.'),
    "RuntimeWarnings": re.compile(r"RuntimeWarning"),
    # Its own may be told at the start; visitors come from another one.
    "addresses": re.compile(r"\b(?!127\.0\.0\.1\b)\d{1,3}(?:\.\d{1,3}){3}\b"),
    "session ids": re.compile(
        r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}|expected=[0-9a-f]{8}\b",
        re.IGNORECASE,
    ),
    "browsers": re.compile(r"Mozilla|Chrom(?:e|ium)/"),
    "links": re.compile(r"\bv=1(?:&|%26)"),
}


def hygiene(stage: Stage) -> Finding:
    """Reads what all servers have logged."""
    stage.close()
    log = stage.log
    found = {what: pattern.findall(log) for what, pattern in UNWANTED.items()}
    lines = [line for line in log.splitlines() if any(p.search(line) for p in UNWANTED.values())]
    return Finding(
        tuple(Measure(what, len(each), exactly=0) for what, each in found.items()),
        tuple(line[:160] for line in lines[:5]),
    )
