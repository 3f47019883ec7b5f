"""When AWS is asked again about the scan of an image.

What is final is asked again when a new scan may have been made: AWS makes at most one basic scan of an image
a day, and enhanced scanning goes on with every new vulnerability that becomes known.
"""

from dataclasses import dataclass

from ecr_operator.api.scan_status import ScanType
from ecr_operator.planning.image_scan import SCAN_NOT_FOUND, ImageScan, ScanPhase

BASIC_FACTOR = 4
"""A basic scan is asked for again after so many times what enhanced ones are asked for again after."""
GROWTH = 1.5
POLLS_WITHOUT_RESULT = 8
"""How often a scan that AWS calls done and shows no result of is looked at as if it were running.

AWS has been seen to say so before it had any findings. It may also never say more.
"""
_NEW_SECONDS = 3600.0
"""An image pushed within this time may still get its first scan."""


@dataclass(frozen=True, slots=True)
class ScanPace:
    """Seconds."""

    every: float
    """Between two questions about an image that enhanced scanning watches."""
    poll: float
    """Until the first look at a scan that is running; each further one comes later."""
    interval: float
    """Between two inventories: no look at a running scan comes later than that."""


def asked_again_after(scan: ImageScan, pace: ScanPace, *, age: float, polls: int) -> float:
    """Seconds. `age` is how old the image is, `polls` how often its scan was found running in a row."""
    match scan.phase:
        case ScanPhase.RUNNING:
            after = float(min(pace.poll * GROWTH ** min(polls, 40), max(pace.poll, pace.interval)))
            is_given_up = scan.is_without_result and polls >= POLLS_WITHOUT_RESULT
            return max(after, pace.every) if is_given_up else after
        case ScanPhase.DONE:
            return pace.every if scan.type == ScanType.ENHANCED else pace.every * BASIC_FACTOR
    if scan.status == SCAN_NOT_FOUND and age < _NEW_SECONDS:
        # AWS begins a scan some time after the push: the longer that is ago, the less it is to be expected.
        return min(max(pace.poll, age / 4), pace.interval, pace.every)
    return pace.every
