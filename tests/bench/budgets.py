"""What the operator may cost. A miss is marked in the table and decides nothing else."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

SECONDS = "seconds until all are Ready"
CALLS = "AWS calls per repository"
WRITES = "API-server writes per object"
STATUS_WRITES = "status writes per object"
CPU = "CPU per repository, ms"
RSS = "peak RSS, MB"
START_CALLS = "AWS calls before the first sweep"
START_CPU = "CPU of the start, s"
READY = "seconds until ready"
HEALED = "seconds from the sweep's begin until all is healed"
GONE = "seconds until all are gone"
EDITED = "seconds until the edited one is Ready"
TIMES_FLOOR = "times the least possible (calls / rate)"
PROBES = "AWS calls per 5 s, after the first 5 s of the outage"
OUTAGE_WRITES = "status writes per object during the outage"
AFTER_WRITES = "status writes per object after the outage"
RECOVERY = "seconds from the outage's end until all are Ready"
HELD = "seconds until all namespaces hold the Secret"
MINTS = "AWS calls"
SECRET_WRITES = "Secret writes per namespace"
REFUSED_WRITES = "refused Secret writes"
PULL_STATUS = "status writes"
PULL_CPU = "CPU, s"
PER_5_SECONDS = "AWS calls per 5 s"
NEW_P50 = "seconds until a new namespace has it, p50"
NEW_P99 = "seconds until a new namespace has it, p99"
HAVE_POLICY = "seconds until all have the policy"
LISTS = "ListImages per repository"
STARTS = "StartLifecyclePolicyPreview per repository"
POLLS = "GetLifecyclePolicyPreview per repository"
PUTS = "PutLifecyclePolicy per repository"
DESCRIBES = "DescribeImages per repository"
POLICY_STATUS = "status writes of the policy per 5 s begun"
POLICY_CALLS = "other AWS calls per repository"
READS = "API-server reads per object"
EVENTS = "writes of events per object"
COUNTED = "seconds from the start until all are counted"
GROWTH = "RSS growth at the peak, MB"
LIST_CPU = "CPU of the list, s"
POD_LISTS = "pages of Pods"
FINDINGS = "DescribeImageScanFindings per image"
FINDINGS_6_HOURS = "DescribeImageScanFindings per image and 6 h"
SCANNED = "seconds from the start until all scans are reported"
SCAN_RULES = "calls for how the registry scans per DescribeImages"
ARITHMETIC = "minutes of it by default, 300 calls/min (arithmetic)"
STATUS_BYTES = "bytes of the largest status"

OPERATIONS = {
    "ListImages": LISTS,
    "StartLifecyclePolicyPreview": STARTS,
    "GetLifecyclePolicyPreview": POLLS,
    "PutLifecyclePolicy": PUTS,
    "DescribeImages": DESCRIBES,
}
"""The calls that lifecycle policies and inventories are made of."""


@dataclass(frozen=True)
class Budget:
    """`cases` is a glob over the names of cases; `peer` is what ACK's ecr-controller v1.8.1 needed."""

    cases: str
    figure: str
    limit: float
    peer: str = ""


BUDGETS = (
    Budget("create-1", CALLS, 4, "20"),
    # Of hundreds: what is done once, as making a client of boto3, is shared by them.
    Budget("create-*00*", CALLS, 3.05, "20"),
    Budget("create-*00*", CPU, 10, "16-19"),
    Budget("create-*", WRITES, 2.0, "5.0"),
    Budget("create-1000", SECONDS, 16, "52"),
    Budget("create-200-25ms", SECONDS, 3, "11.7"),
    Budget("create-1000*", RSS, 130, "81"),
    Budget("restart-*", START_CALLS, 0),
    Budget("restart-*", STATUS_WRITES, 0, "1.0"),
    Budget("restart-10000", START_CPU, 15),
    Budget("restart-10000", RSS, 300),
    Budget("resync-*00*", CALLS, 2.05, "8.0"),
    Budget("resync-*", WRITES, 0, "1.0"),
    Budget("deletable-*", WRITES, 3.0),
    Budget("delete-*00*", CALLS, 3.1, "5.0"),
    Budget("namespace-*00*", CALLS, 3.1, "5.0"),
    Budget("edit-*", EDITED, 2),
    # The peer is External Secrets Operator, with 10 workers where that is faster.
    Budget("pull-1000", HELD, 3, "19.5"),
    Budget("pull-1000", PULL_CPU, 2.5),
    Budget("accounts-1000", HELD, 7),
    Budget("pull-*", MINTS, 1, "1000"),
    Budget("accounts-*", MINTS, 1, "1000"),
    Budget("refresh-*", MINTS, 1, "1012"),
    Budget("pull-*", SECRET_WRITES, 1, "7.6"),
    Budget("refresh-*", SECRET_WRITES, 1, "4.0"),
    Budget("pull-*", PULL_STATUS, 2),
    Budget("refresh-*", PULL_STATUS, 2),
    Budget("new-*", NEW_P50, 0.1, "0.1"),
    Budget("new-*", NEW_P99, 1, "2.9"),
    Budget("pullstart-*", START_CALLS, 0),
    Budget("pullstart-*", SECRET_WRITES, 0),
    Budget("pullstart-*", PULL_STATUS, 0),
    Budget("refused-*", PER_5_SECONDS, 1),
    Budget("refused-*", PULL_STATUS, 1),
    Budget("refused-*", SECRET_WRITES, 0),
    # Nothing but the change itself: with previews that are complete at the first poll, and one image in use,
    # which is one page.
    Budget("policy-*", LISTS, 1),
    Budget("policy-*", STARTS, 1),
    Budget("policy-*", POLLS, 2),
    Budget("policy-*", PUTS, 1),
    Budget("policy-*", DESCRIBES, 0),
    Budget("policy-*00*", POLICY_CALLS, 0.05),
    Budget("policy-*", WRITES, 2),
    Budget("policy-*", POLICY_STATUS, 1),
    Budget("reapplied-*", CALLS, 0),
    Budget("reapplied-*", WRITES, 0),
    Budget("pods-10000", GROWTH, 30),
    # Intervals vary by a tenth: a repository may be counted twice before another is counted first.
    Budget("inventory-*00*", DESCRIBES, 1.1),
    Budget("inventory-*00*", POLICY_CALLS, 0.05),
    Budget("inventory-*", STATUS_WRITES, 1),
    Budget("quiet-*00*", DESCRIBES, 1.1),
    Budget("quiet-*00*", POLICY_CALLS, 0.05),
    Budget("quiet-*", WRITES, 0),
    Budget("scans-*", FINDINGS, 1),
    # Of 25 repositories at once.
    Budget("scans-*00*", SCAN_RULES, 0.1),
    # The images that were listed, and what their scans have found. What is compared with AWS in between tells
    # what is read by then.
    Budget("scans-*00*", STATUS_WRITES, 2.1),
    Budget("scans-*", STATUS_BYTES, 8191),
    Budget("resynced-*", FINDINGS, 0),
    Budget("resynced-*00*", DESCRIBES, 4.4),
    Budget("resynced-*00*", SCAN_RULES, 0.1),
    Budget("resynced-*", WRITES, 0),
    # Looks are spread by chance, and intervals vary by a tenth.
    Budget("watched-*00*", FINDINGS_6_HOURS, 1.1),
    Budget("watched-*", WRITES, 0),
    Budget("watched-*", STATUS_BYTES, 8191),
    Budget("outage-*", PROBES, 1),
    Budget("outage-*", OUTAGE_WRITES, 1),
    Budget("outage-*", AFTER_WRITES, 1),
    Budget("outage-*", RECOVERY, 30),
)
"""The first that fits a case and a figure counts."""


def budget(case: str, figure: str) -> Budget | None:
    """The budget of a figure in a case; None: there is none."""
    fitting = (one for one in BUDGETS if one.figure == figure and fnmatchcase(case, one.cases))
    return next(fitting, None)
