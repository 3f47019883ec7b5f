"""The operator as one process: starts the parts in order, keeps them running, ends them in order.

The only layer that knows all others. Nothing here reconciles.
"""

from ecr_operator.process.operator import Operator

__all__ = ["Operator"]
