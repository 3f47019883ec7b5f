"""Which images of ECR the workloads of this cluster use.

"In use" is what a Pod or a workload template of this cluster names, by tag or by digest. What other clusters,
ECS and Lambda use is not known here, nor is what a runtime pulls from ECR under another registry's name.
"""

import sys
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final, NamedTuple

from ecr_operator.planning.image_reference import ImageReference, image_reference, pulled_digest
from ecr_operator.planning.naming import Registry

WORKLOADS_SHOWN: Final = 10
"""Bound of `status.inUse.workloads`, and of the names in a message."""


class Workload(NamedTuple):
    """Who uses an image: what a person edits, not each of its Pods."""

    namespace: str
    kind: str
    name: str

    @property
    def title(self) -> str:
        """As its own namespace calls it: `Deployment/web`."""
        return f"{self.kind}/{self.name}"


@dataclass(frozen=True, slots=True)
class UsageUnknown:
    """Why it is not known which images are in use. Then nothing is let go."""

    message: str
    """A sentence that says what a person does."""
    is_lasting: bool = False
    """Whether it stays until a person changes something; else it may pass by itself."""


@dataclass(frozen=True, slots=True)
class RepositoryUsage:
    """What is used of one repository.

    Tags as they are named: what a tag names by now, the registry knows.
    """

    by_reference: Mapping[str, AbstractSet[Workload]]
    """Who uses each tag and each digest (which has a `:`, as no tag has)."""
    replicas: tuple[str, ...] = ()
    """Other regions in which this account's repository of that name is used: copies, if it is replicated."""

    @property
    def is_empty(self) -> bool:
        """Whether nobody uses it; what is used of replicas does not count."""
        return not self.by_reference

    @property
    def tags(self) -> frozenset[str]:
        """The tags in use."""
        return frozenset(reference for reference in self.by_reference if ":" not in reference)

    @property
    def digests(self) -> frozenset[str]:
        """The digests in use: images, indexes where a runtime reports these."""
        return frozenset(reference for reference in self.by_reference if ":" in reference)

    @property
    def workloads(self) -> int:
        """How many workloads use it, of all namespaces."""
        return len(self._users_of(self.by_reference))

    def users(self, reference: str) -> frozenset[Workload]:
        """The workloads that use a tag, or a digest."""
        return frozenset(self.by_reference.get(reference, ()))

    def workloads_in(self, namespace: str, limit: int = WORKLOADS_SHOWN) -> tuple[str, ...]:
        """The workloads of one namespace, sorted: `Deployment/web`."""
        return _titles(self._users_of(self.by_reference), namespace)[:limit]

    def describe_users(self, namespace: str, references: Iterable[str], limit: int = WORKLOADS_SHOWN) -> str:
        """Who uses these tags and digests, in words for a reader of `namespace`.

        Only its own are named: `Deployment/web, CronJob/nightly and 2 workloads of other namespaces`.
        """
        users = self._users_of(references)
        own = _titles(users, namespace)
        parts = list(own[:limit])
        if len(own) > limit:
            parts.append(f"{len(own) - limit} more of this namespace")
        if others := len(users) - len(own):
            parts.append(f"{_workloads(others)} of other namespaces")
        if not parts:
            return "no workload"
        *first, last = parts
        return f"{', '.join(first)} and {last}" if first else last

    def _users_of(self, references: Iterable[str]) -> set[Workload]:
        return set().union(*(self.by_reference.get(reference, ()) for reference in references))


def _titles(workloads: Iterable[Workload], namespace: str) -> tuple[str, ...]:
    return tuple(sorted(workload.title for workload in workloads if workload.namespace == namespace))


def _workloads(count: int) -> str:
    return f"{count} workload" if count == 1 else f"{count} workloads"


class _Name(NamedTuple):
    """A repository and its replicas, which have the same name in each region."""

    account: str
    repository: str


_Found = dict[_Name, dict[str, dict[str, AbstractSet[Workload]]]]
"""The workloads by repository, region and reference."""


class Usage:
    """All images of ECR that are in use, as one list of the cluster found them."""

    __slots__ = ("_found", "began")

    def __init__(self, began: float, found: _Found) -> None:
        self.began = began
        """When the list began, in monotonic seconds: what has changed since may be missing."""
        self._found = found

    def of(self, registry: Registry, repository: str) -> RepositoryUsage:
        """What is used of one repository."""
        regions = self._found.get(_Name(registry.account, repository), {})
        others = sorted(region for region in regions if region != registry.region)
        return RepositoryUsage(regions.get(registry.region, {}), tuple(others))


class UsageBuilder:
    """Takes in who names which image, and keeps what is of ECR.

    10,000 Pods are to be small: each text and each workload is kept once.
    """

    def __init__(self, began: float) -> None:
        """`began`: see `Usage`."""
        self._began = began
        self._found: _Found = {}
        self._alone: dict[Workload, frozenset[Workload]] = {}
        """Each by itself, which most users of an image are: one small set for all that it uses."""

    def own(self, workload: Workload, owner: Workload) -> None:
        """What uses an image as `workload` (a ReplicaSet) from now on counts as `owner` (its Deployment)."""
        self._alone[workload] = self._one(owner)

    def add(self, workload: Workload, image: str) -> None:
        """`workload` asks for the image `image`."""
        if reference := image_reference(image):
            self._use(workload, reference, reference.tag, reference.digest)

    def add_pulled(self, workload: Workload, image: str, image_id: str) -> None:
        """`workload` runs `image_id`, which is what the node has pulled for `image`.

        Of content that it has under several names, a node reports any one: the digest holds for the
        repository that was asked, too (kubernetes#40062).
        """
        pulled = image_reference(image_id)
        if pulled is not None:
            self._use(workload, pulled, pulled.digest)
        asked = image_reference(image)
        if asked is not None:
            self._use(workload, asked, pulled_digest(image_id))

    def build(self) -> Usage:
        """What was taken in. The builder is at its end then."""
        return Usage(self._began, self._found)

    def _use(self, workload: Workload, image: ImageReference, *references: str | None) -> None:
        user = self._one(workload)
        for reference in filter(None, references):
            name = _Name(sys.intern(image.registry.account), image.repository)
            used = self._found.setdefault(name, {}).setdefault(sys.intern(image.registry.region), {})
            users = used.setdefault(reference, user)
            if isinstance(users, set):
                users |= user
            elif users != user:
                used[reference] = {*users, *user}

    def _one(self, workload: Workload) -> frozenset[Workload]:
        found = self._alone.get(workload)
        if found is None:
            found = self._alone[workload] = frozenset({Workload(*map(sys.intern, workload))})
        return found
