"""Whether a status tells the truth about the repository, and does not contradict itself."""

from ecr_operator.api.names import FINALIZER
from tests.cluster import Object
from tests.repositories import condition
from tests.sequences.holdings import Holdings
from tests.sequences.model import expected_managed
from tests.sequences.specs import Spec
from tests.sequences.world import Fresh, has_settled, reason_of


def managing(obj: Object, there: Holdings, spec: Spec, fresh: Fresh) -> list[str]:
    """What is untrue of an object that is in sync."""
    status, found = obj["status"], []
    if set(status.get("managed", ())) != (managed := expected_managed(spec, fresh)):
        found.append(f"managed {status.get('managed')}, expected {sorted(managed)}")
    if (FINALIZER in obj["metadata"].get("finalizers", ())) != (
        spec.get("deletionPolicy", "Retain") != "Retain"
    ):
        found.append(f"finalizers {obj['metadata'].get('finalizers')}")
    assert fresh.held is not None
    foreign = there.statements.keys() - fresh.held.statements.keys()
    told = status.get("foreignStatements", [])
    named = {name for name in told if not name.startswith("#")}
    nameless = sum(sid.startswith("#") for sid in foreign)
    speaks = spec.keys() & {"access", "repositoryPolicy"} or spec.get("foreignStatements") == "Remove"
    if speaks and (
        named != {sid for sid in foreign if not sid.startswith("#")} or len(told) - len(named) != nameless
    ):
        found.append(f"foreignStatements {told}, expected {sorted(foreign)}")
    return [*found, *_facts(obj, there)]


def observing(obj: Object, there: Holdings | None, spec: Spec) -> list[str]:
    """What is untrue of an object that manages nothing at present."""
    if spec.get("suspend"):
        return []
    expected = "Observed" if there is not None else "RepositoryNotFound"
    if reason_of(obj) != expected:
        return [f"Ready says {reason_of(obj)}, expected {expected}"]
    if there is None:
        told = obj["status"].get("repositoryArn")
        return [f"repositoryArn {told} of a repository that is not there"] if told else []
    return _facts(obj, there)


def contradictions(obj: Object) -> list[str]:
    """What status says against itself."""
    ready, stalled, working = (condition(obj, type) for type in ("Ready", "Stalled", "Reconciling"))
    assert ready is not None
    found = []
    if not has_settled(obj):
        found.append("status speaks of another generation")
    if ready["status"] == "True" and (stalled or working):
        found.append("Ready, and Stalled or Reconciling as well")
    if stalled and (working or stalled["reason"] != ready["reason"]):
        found.append("Stalled for another reason, or Reconciling as well")
    if not ready["message"]:
        found.append("Ready has no message")
    return found


def _facts(obj: Object, there: Holdings) -> list[str]:
    status = obj["status"]
    told = {name: status.get(name) for name in ("repositoryArn", "repositoryUri", "owner")}
    expected = {"repositoryArn": there.arn, "repositoryUri": there.uri, "owner": there.owner}
    return [f"status says {told}, AWS {expected}"] if told != expected else []
