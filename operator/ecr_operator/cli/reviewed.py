"""Manifests as the objects that they stand for, each once, and those that the API server would refuse."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ecr_operator.api.admission import problems
from ecr_operator.api.kinds import ECR_PULL_SECRET
from ecr_operator.cli.manifests import Manifest
from ecr_operator.cli.planned import Action, Planned

PROBLEMS = 5
"""How many of a manifest's problems are told."""


@dataclass(frozen=True, slots=True)
class Named:
    """A manifest, and the object that it is of."""

    manifest: Manifest
    kind: str
    namespace: str
    """"" for a kind without namespaces."""
    name: str

    def planned(self, action: Action, **fields: Any) -> Planned:
        """Its plan."""
        return Planned(self.manifest, self.namespace, self.name, action, **fields)

    def invalid(self, wrong: Sequence[str]) -> Planned:
        """The plan of one that the API server would refuse."""
        more = len(wrong) - PROBLEMS
        message = "; ".join(wrong[:PROBLEMS]) + (f"; and {more} more" if more > 0 else "")
        return self.planned(Action.REFUSE, reason="Invalid", message=message)


def reviewed(manifests: Iterable[Manifest], namespace: str) -> tuple[list[Planned], list[Named]]:
    """Those that the API server would refuse, and the others; `namespace` is for manifests without one."""
    refused: list[Planned] = []
    taken: list[Named] = []
    for named in _merged(manifests, namespace):
        wrong = problems(named.manifest.obj)
        if wrong:
            refused.append(named.invalid(wrong))
        else:
            taken.append(named)
    return refused, taken


def _merged(manifests: Iterable[Manifest], namespace: str) -> Iterable[Named]:
    """Each object once: the last manifest, as kubectl applies them, with the last status of any."""
    last: dict[tuple[str, str, str], Manifest] = {}
    for manifest in manifests:
        key = _key(manifest, namespace)
        before = last.get(key)
        if before is not None and "status" in before.obj and "status" not in manifest.obj:
            manifest = replace(manifest, obj=manifest.obj | {"status": before.obj["status"]})
        last[key] = manifest
    return [Named(manifest, *key) for key, manifest in last.items()]


def _key(manifest: Manifest, namespace: str) -> tuple[str, str, str]:
    metadata = manifest.obj.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    kind = str(manifest.obj.get("kind"))
    name = str(metadata.get("name") or "?")
    if kind == ECR_PULL_SECRET.kind:
        return kind, "", name
    return kind, str(metadata.get("namespace") or namespace), name
