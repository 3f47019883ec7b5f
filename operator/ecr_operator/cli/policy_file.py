"""A lifecycle policy from a file: AWS's policy JSON, what the AWS CLI prints, or a manifest of ours."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ecr_operator.api.admission import problems
from ecr_operator.api.kinds import ECR_LIFECYCLE_POLICY, ECR_REPOSITORY
from ecr_operator.api.lifecycle import LifecycleRule
from ecr_operator.api.lifecycle_policy import LifecyclePolicy
from ecr_operator.api.names import API_VERSION, GROUP
from ecr_operator.cli.documents import documents
from ecr_operator.cli.json_text import UnreadableError
from ecr_operator.cli.linted_rules import POLICY_OF
from ecr_operator.cli.manifests import BYTE_ORDER_MARK, Manifest, ManifestError, objects_of, read_text

PROBLEMS: Final = 5
"""How many of a policy's problems are told."""
_FORMS: Final = (
    "give AWS's policy JSON, the output of `aws ecr get-lifecycle-policy`, an EcrLifecyclePolicy, or an "
    "EcrRepository with `lifecyclePolicy`"
)


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A lifecycle policy that AWS would take."""

    rules: tuple[LifecycleRule, ...]
    place: str
    """`web.yaml:12`"""
    repository: str | None
    """The repository that it is for, where the file says so of one."""


@dataclass(frozen=True, slots=True)
class _Found:
    manifest: Manifest
    """An object that holds a policy; around one of AWS's an EcrRepository that holds nothing else."""
    repositories: frozenset[str]
    """Those that the file says it is for."""

    def checked(self) -> PolicyFile:
        path = POLICY_OF[self.manifest.obj["kind"]]
        wrong = [problem.replace(".".join([*path, ""]), "") for problem in problems(self.manifest.obj)]
        if wrong:
            more = len(wrong) - PROBLEMS
            told = "; ".join(wrong[:PROBLEMS]) + (f"; and {more} more" if more > 0 else "")
            raise ManifestError(f"{self.manifest.place}: {told}")
        policy = LifecyclePolicy.from_json(_part(self.manifest.obj, *path))
        only = next(iter(self.repositories)) if len(self.repositories) == 1 else None
        return PolicyFile(policy.rules, self.manifest.place, only)


def read_policy(source: str, repository: str | None) -> PolicyFile:
    """Return the policy of a file, or of standard input.

    Where there are several it is the one that is for `repository`. Raises ManifestError.
    """
    try:
        found = _policies(read_text(source).removeprefix(BYTE_ORDER_MARK), source)
    except UnreadableError as error:
        raise ManifestError(f"{source}:{error.line}: {error}") from error
    if not found:
        raise ManifestError(f"{source}: holds no lifecycle policy; {_FORMS}")
    meant = [one for one in found if repository in one.repositories]
    if len(meant or found) > 1:
        names = ", ".join(sorted({name for one in found for name in one.repositories}))
        choose = f"say with --repository which one ({names}), or " if names else ""
        raise ManifestError(
            f"{source}: holds {len(found)} lifecycle policies; {choose}give each in a file of its own"
        )
    return (meant or found)[0].checked()


def _policies(text: str, source: str) -> list[_Found]:
    found: list[_Found] = []
    objects: list[Manifest] = []
    for value, line in documents(text):
        if not isinstance(value, dict):
            raise UnreadableError(line, f"is no lifecycle policy; {_FORMS}")
        if "apiVersion" in value or "kind" in value:
            objects += objects_of(Manifest(value, source, line))
        elif isinstance(policy := value.get("lifecyclePolicyText"), str):
            name = value.get("repositoryName")
            repositories = frozenset([str(name)] if name else [])
            found += [_Found(_around(one, source, line), repositories) for one in _of_text(policy, line)]
        else:
            found.append(_Found(_around(value, source, line), frozenset()))
    ours = [one for one in objects if str(one.obj["apiVersion"]).split("/")[0] == GROUP]
    return [*found, *_of_manifests(ours)]


def _of_text(text: str, line: int) -> Iterator[dict[str, Any]]:
    """Yield the policy that the AWS CLI shows as a text; `line` is the text's own."""
    try:
        for policy, _ in documents(text):
            if not isinstance(policy, dict):
                raise UnreadableError(line, "is no policy")
            yield policy
    except UnreadableError as error:
        raise UnreadableError(line, f"lifecyclePolicyText {error}; {_FORMS}") from error


def _of_manifests(manifests: Sequence[Manifest]) -> Iterator[_Found]:
    """Yield the policies; one that is an object of its own is for the repositories that name it."""
    repositories = [one.obj for one in manifests if one.obj["kind"] == ECR_REPOSITORY.kind]
    for manifest in manifests:
        obj, kind = manifest.obj, manifest.obj["kind"]
        if kind == ECR_REPOSITORY.kind and _part(obj, "spec", "lifecyclePolicy") is not None:
            yield _Found(manifest, frozenset(_names(obj)))
        elif kind == ECR_LIFECYCLE_POLICY.kind:
            users = [one for one in repositories if _refers(one, obj)]
            yield _Found(manifest, frozenset(name for one in users for name in _names(one)))


def _names(repository: dict[str, Any]) -> Iterator[str]:
    """Yield the repository's name in ECR, where it has one."""
    name = _part(repository, "spec", "repositoryName") or _part(repository, "metadata", "name")
    if name:
        yield str(name)


def _refers(repository: dict[str, Any], policy: dict[str, Any]) -> bool:
    name = _part(repository, "spec", "lifecyclePolicyRef", "name")
    same = _part(repository, "metadata", "namespace") == _part(policy, "metadata", "namespace")
    return name is not None and same and name == _part(policy, "metadata", "name")


def _part(value: Any, *path: str) -> Any:
    """The value at a path, None where the file has something else there."""
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _around(policy: dict[str, Any], source: str, line: int) -> Manifest:
    obj = {
        "apiVersion": API_VERSION,
        "kind": ECR_REPOSITORY.kind,
        "metadata": {"name": "policy"},
        "spec": {"lifecyclePolicy": policy},
    }
    return Manifest(obj, source, line)
