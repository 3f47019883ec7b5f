"""What the API server would say to an object of ours, without one.

The same schema and the same CEL rules as in `crds/`, checked in the API server's order and told in its words
(apiextensions-apiserver 1.36, pkg/registry/customresource). A test compares the two. What differs:

- rules over the former state (`oldSelf`) are asked only by `change_problems`, where that state is known;
- unknown fields do not hide the other errors;
- a value of a wrong type in `metadata` is told with its field, not in the words of Go's JSON decoder;
- the cost of a rule has no limit; one that is too much for the engine is taken apart, or counts as one that
  holds (`rules`).
"""

from ecr_operator.api.admission.review import Problem, change_problems, located_problems, problems

__all__ = ["Problem", "change_problems", "located_problems", "problems"]
