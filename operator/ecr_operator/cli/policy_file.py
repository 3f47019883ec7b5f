"""A lifecycle policy from a file: AWS's policy JSON, what the AWS CLI prints, or an EcrRepository."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from ecr_operator.api.admission import problems
from ecr_operator.api.kinds import ECR_REPOSITORY
from ecr_operator.api.lifecycle import LifecycleRule
from ecr_operator.api.lifecycle_policy import LifecyclePolicy
from ecr_operator.api.names import API_VERSION, GROUP
from ecr_operator.cli.documents import documents
from ecr_operator.cli.json_text import UnreadableError
from ecr_operator.cli.manifests import BYTE_ORDER_MARK, Manifest, ManifestError, objects_of, read_text

PROBLEMS: Final = 5
"""How many of a policy's problems are told."""
_FIELD: Final = "spec.lifecyclePolicy."
_FORMS: Final = (
    "give AWS's policy JSON, the output of `aws ecr get-lifecycle-policy`, or an EcrRepository with "
    "`lifecyclePolicy`"
)


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A lifecycle policy that AWS would take."""

    rules: tuple[LifecycleRule, ...]
    place: str
    """`web.yaml:12`"""
    repository: str | None
    """The repository that it is for, where the file says so."""


@dataclass(frozen=True, slots=True)
class _Found:
    manifest: Manifest
    """An EcrRepository; around a policy of AWS's one that holds nothing else."""
    repository: str | None

    def checked(self) -> PolicyFile:
        wrong = [problem.replace(_FIELD, "") for problem in problems(self.manifest.obj)]
        if wrong:
            more = len(wrong) - PROBLEMS
            told = "; ".join(wrong[:PROBLEMS]) + (f"; and {more} more" if more > 0 else "")
            raise ManifestError(f"{self.manifest.place}: {told}")
        policy = LifecyclePolicy.from_json(self.manifest.obj["spec"]["lifecyclePolicy"])
        return PolicyFile(policy.rules, self.manifest.place, self.repository)


def read_policy(source: str, repository: str | None) -> PolicyFile:
    """Return the policy of a file, or of standard input.

    Where there are several it is the one that is for `repository`. Raises ManifestError.
    """
    try:
        text = read_text(source).removeprefix(BYTE_ORDER_MARK)
        found = [one for value, line in documents(text) for one in _policies(value, source, line)]
    except UnreadableError as error:
        raise ManifestError(f"{source}:{error.line}: {error}") from error
    if not found:
        raise ManifestError(f"{source}: holds no lifecycle policy; {_FORMS}")
    meant = [one for one in found if one.repository == repository] if repository else []
    if len(meant or found) > 1:
        names = ", ".join(sorted({one.repository or "?" for one in found}))
        raise ManifestError(
            f"{source}: holds {len(found)} lifecycle policies; say with --repository which one ({names})"
        )
    return (meant or found)[0].checked()


def _policies(value: Any, source: str, line: int) -> Iterator[_Found]:
    """Yield the policies of one document."""
    if not isinstance(value, dict):
        raise UnreadableError(line, f"is no lifecycle policy; {_FORMS}")
    if "apiVersion" in value or "kind" in value:
        for manifest in objects_of(Manifest(value, source, line)):
            yield from _of_manifest(manifest)
    elif isinstance(text := value.get("lifecyclePolicyText"), str):
        name = value.get("repositoryName")
        for policy in _of_text(text, line):
            yield _Found(_around(policy, source, line), name and str(name))
    else:
        yield _Found(_around(value, source, line), None)


def _of_text(text: str, line: int) -> Iterator[dict[str, Any]]:
    """Yield the policy that the AWS CLI shows as a text; `line` is the text's own."""
    try:
        for policy, _ in documents(text):
            if not isinstance(policy, dict):
                raise UnreadableError(line, "is no policy")
            yield policy
    except UnreadableError as error:
        raise UnreadableError(line, f"lifecyclePolicyText {error}; {_FORMS}") from error


def _of_manifest(manifest: Manifest) -> Iterator[_Found]:
    obj = manifest.obj
    if str(obj["apiVersion"]).split("/")[0] != GROUP or obj["kind"] != ECR_REPOSITORY.kind:
        return
    spec, metadata = obj.get("spec"), obj.get("metadata")
    if isinstance(spec, dict) and spec.get("lifecyclePolicy") is not None:
        name = spec.get("repositoryName") or (metadata.get("name") if isinstance(metadata, dict) else None)
        yield _Found(manifest, name and str(name))


def _around(policy: dict[str, Any], source: str, line: int) -> Manifest:
    obj = {
        "apiVersion": API_VERSION,
        "kind": ECR_REPOSITORY.kind,
        "metadata": {"name": "policy"},
        "spec": {"lifecyclePolicy": policy},
    }
    return Manifest(obj, source, line)
