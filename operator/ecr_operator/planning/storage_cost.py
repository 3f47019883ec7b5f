"""What the storage of a repository costs at most.

ECR bills a price per GB and month, which differs by Region and storage class. AWS does not say how many bytes
a GB of ECR has (in S3 it has 2^30): the decimal one is the upper bound.
"""

from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal
from typing import Final

from ecr_operator.api.lifecycle import LifecycleStorageClass
from ecr_operator.planning.inventory import Inventory

_GIGABYTE: Final = 10**9
_CENT: Final = Decimal("0.01")

Prices = Mapping[str, Decimal]
"""USD per GB-month by storage class, `standard` and `archive`; empty: not known. Without a price of its own
the archive is taken to be as dear as `standard`."""


def monthly_cost(inventory: Inventory, prices: Prices) -> str | None:
    """USD a month with two decimals, rounded up; None: no prices are known.

    An upper bound for storage, because layers that images share are counted with each; what AWS charges for
    taking images out of the archive, or for deleting them there early, is not in it. Bytes in a storage class
    without a price make it None too.
    """
    if not prices:
        return None
    archived = inventory.archived_size_bytes
    active_price = prices.get(LifecycleStorageClass.STANDARD)
    archive_price = prices.get(LifecycleStorageClass.ARCHIVE, active_price)
    cost = Decimal(0)
    for size, price in ((inventory.size_bytes - archived, active_price), (archived, archive_price)):
        if price is not None:
            cost += size * price / _GIGABYTE
        elif size:
            return None
    return f"{cost.quantize(_CENT, ROUND_CEILING):f}"
