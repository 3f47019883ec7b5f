"""EcrPullSecret manifests as the objects that an apply would make of them, beside those that are there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from ecr_operator.api.admission import change_problems
from ecr_operator.api.names import API_VERSION
from ecr_operator.cli.cluster_lists import Json
from ecr_operator.cli.planned import Action, Planned
from ecr_operator.cli.reviewed import Named
from ecr_operator.controllers.pull_refusal import refusal_of
from ecr_operator.controllers.pull_subject import PullSubject
from ecr_operator.controllers.subject import UnsupportedSpecError
from ecr_operator.planning.naming import NoSuchHostError
from ecr_operator.planning.pull_registries import hosts_of
from ecr_operator.reasons import Reason
from ecr_operator.settings import Settings

UNKNOWN_ACCOUNT: Final = "<account>"
_YOUNGEST: Final = "9999-12-31T23:59:59Z"
"""Of an object that is not there yet: all others are older."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A manifest that is not refused; `subject` is the object that it would make of the live one."""

    named: Named
    subject: PullSubject
    live: PullSubject | None = None
    """None too where the operator cannot understand it."""
    is_new: bool = True

    def planned(self, action: Action, **fields: Any) -> Planned:
        """Its plan."""
        return self.named.planned(action, **fields)


def check(
    pull_secrets: Iterable[Named], settings: Settings, region: str | None
) -> tuple[list[Planned], list[Asked]]:
    """Those that the operator would refuse, whatever is in the cluster, and the others."""
    refused: list[Planned] = []
    asked: list[Asked] = []
    for named in pull_secrets:
        try:
            subject = PullSubject.of(_applied(named, None))
            if region is not None:
                hosts_of(subject.choices, region, UNKNOWN_ACCOUNT)
        except UnsupportedSpecError as error:
            refused.append(named.invalid([str(error)]))
            continue
        except NoSuchHostError as error:
            refused.append(
                named.planned(Action.REFUSE, reason=Reason.UNSUPPORTED_SPEC.value, message=str(error))
            )
            continue
        refusal = None if subject.spec.is_suspended else refusal_of(subject, settings)
        if refusal is None:
            asked.append(Asked(named, subject))
        else:
            refused.append(named.planned(Action.REFUSE, reason=refusal.reason, message=refusal.message))
    return refused, asked


def understood(live: Mapping[str, Json]) -> dict[str, PullSubject]:
    subjects = {}
    for name, obj in live.items():
        try:
            subjects[name] = PullSubject.of(obj)
        except UnsupportedSpecError:
            # The operator leaves it, and what it has written, alone.
            continue
    return subjects


def with_live(
    asked: Iterable[Asked], live: Mapping[str, Json], subjects: Mapping[str, PullSubject]
) -> tuple[list[Planned], list[Asked], dict[str, Json]]:
    """Those that change nothing or cannot be changed so, the others beside the live objects, and all objects
    that are there after the apply.
    """
    planned: list[Planned] = []
    left: list[Asked] = []
    applied: dict[str, Json] = {}
    for one in asked:
        obj = live.get(one.named.name)
        wrong = change_problems(one.named.manifest.obj, obj) if obj is not None else ()
        if wrong:
            planned.append(one.named.invalid(wrong))
            continue
        subject = PullSubject.of(_applied(one.named, obj))
        applied[subject.name] = subject.obj
        if subject.spec.is_suspended:
            reason = Reason.SUSPENDED.value
            planned.append(one.planned(Action.NONE, reason=reason, message="`suspend` is true"))
        elif subject.is_deleting or "deletionTimestamp" in one.named.manifest.obj["metadata"]:
            message = "the object is being deleted: nothing is planned"
            planned.append(one.planned(Action.NONE, message=message))
        else:
            left.append(replace(one, subject=subject, live=subjects.get(one.named.name), is_new=obj is None))
    return planned, left, applied


def _applied(named: Named, live: Json | None) -> Json:
    """The object after an apply: the manifest's spec and annotations, the rest as the API server has it."""
    obj = named.manifest.obj
    if live is None:
        metadata: Json = {
            "name": named.name,
            "uid": f"new-{named.name}",
            "resourceVersion": "0",
            "generation": 0,
            "creationTimestamp": _YOUNGEST,
        }
    else:
        metadata = dict(live["metadata"])
    annotations = obj["metadata"].get("annotations") or {}
    if annotations:
        metadata["annotations"] = {**(metadata.get("annotations") or {}), **annotations}
    found: Json = {"apiVersion": API_VERSION, "kind": named.kind, "metadata": metadata, "spec": obj["spec"]}
    return found if live is None or "status" not in live else {**found, "status": live["status"]}
