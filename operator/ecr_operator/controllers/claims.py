"""Who may have a repository name, asked of the cluster: tenancy, and other objects that name it too."""

from collections.abc import Mapping

from ecr_operator.api.names import ADOPTION_ANNOTATION
from ecr_operator.controllers import live
from ecr_operator.controllers.context import Context
from ecr_operator.controllers.subject import Json, Subject, UnsupportedSpecError, is_deleting, object_key
from ecr_operator.kube.errors import KubeError
from ecr_operator.kube.paths import resource_path
from ecr_operator.kube.resources import NAMESPACES, REPOSITORIES
from ecr_operator.planning.claims import REFUSED, Claim, winner
from ecr_operator.planning.ownership import ObjectKey
from ecr_operator.planning.plan import Plan, refuse
from ecr_operator.planning.status import READY
from ecr_operator.planning.tenancy import allowed_names, may_adopt, may_claim
from ecr_operator.reasons import Reason

BY_NAME = "repositoryName"
"""The store's index of EcrRepositories by the repository that they name."""
BY_NAMESPACE = "namespace"

_NOT_FOUND = 404
_FORBIDDEN = 403


def repository_names(obj: Json) -> tuple[str, ...]:
    """The value of `BY_NAME` for an object."""
    name: str = (obj.get("spec") or {}).get("repositoryName") or obj["metadata"]["name"]
    return (name,)


class Claims:
    """Answers of the cluster that planning needs before AWS is asked."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def refusal(self, subject: Subject) -> Plan | None:
        """Why the object may not have its repository, before any call to AWS; None: it may."""
        annotations = await self._namespace_annotations(subject.key[0])
        if not self._name_allowed(subject, annotations):
            return refuse(
                Reason.NAME_NOT_ALLOWED,
                f"Namespace '{subject.key[0]}' may not claim repository '{subject.desired.name}'; "
                f"it may claim {self._allowed_text(subject, annotations)}",
            )
        if subject.desired.observe:
            return None
        wants = subject.desired.adopt or subject.desired.adopt_from is not None
        owns = self._owns(subject)
        if wants and not owns and not may_adopt(annotations, self._context.settings.adoption == "Everywhere"):
            return refuse(
                Reason.ADOPTION_NOT_ALLOWED,
                f"Namespace '{subject.key[0]}' may not adopt repositories; remove `adoptionPolicy` and "
                f"`adoptFrom`, or have the Namespace annotated with '{ADOPTION_ANNOTATION}: Allowed'",
            )
        return self._taken(subject)

    async def name_allowed(self, subject: Subject) -> bool:
        """Whether the namespace may claim the name of the object's repository."""
        return self._name_allowed(subject, await self._namespace_annotations(subject.key[0]))

    async def successor(self, subject: Subject) -> str | None:
        """Another live object that manages the same repository, proved by a live read."""
        for key in self._others(subject):
            found = await live.find(self._context, key)
            if found is None or is_deleting(found):
                continue
            try:
                other = self._context.subject(found)
            except UnsupportedSpecError:
                continue
            same = other.desired.name == subject.desired.name and not other.desired.observe
            if same and await self.name_allowed(other):
                return "/".join(key)
        return None

    async def is_gone(self, key: ObjectKey) -> bool:
        """Whether a live read says that there is no such EcrRepository. A refused read says nothing."""
        try:
            return await live.find(self._context, key) is None
        except KubeError as error:
            if error.status == _FORBIDDEN:
                return False
            raise

    def _taken(self, subject: Subject) -> Plan | None:
        claims = [self._claim(subject)]
        for key in self._others(subject):
            obj = self._context.store.get(REPOSITORIES.plural, *key)
            claim = None if obj is None else self._claim_of(obj)
            if claim is not None:
                claims.append(claim)
        first = winner(claims)
        if first is None or (first.namespace, first.name) == subject.key:
            return None
        # Names of other namespaces are not this tenant's to see.
        same_namespace = first.namespace == subject.key[0]
        holder = (
            f"EcrRepository '{first.name}'" if same_namespace else "an EcrRepository of another namespace"
        )
        return refuse(
            Reason.REPOSITORY_NAME_TAKEN,
            f"Repository '{subject.desired.name}' is managed by {holder}; "
            "delete one of the two, or choose another `repositoryName`",
        )

    def _others(self, subject: Subject) -> list[ObjectKey]:
        keys = self._context.store.by_index(REPOSITORIES.plural, BY_NAME, subject.desired.name)
        return [key for key in keys if key != subject.key]

    def _claim_of(self, obj: Json) -> Claim | None:
        try:
            other = self._context.subject(obj)
        except UnsupportedSpecError:
            return None
        ready = other.status.condition(READY)
        refused = (
            ready is not None and ready.reason in REFUSED and ready.observed_generation == other.generation
        )
        return None if other.desired.observe or refused else self._claim(other)

    def may_keep_name(self, subject: Subject) -> bool:
        """Whether the namespace may claim the name, as far as the store knows the Namespace."""
        namespace = self._context.store.get(NAMESPACES.plural, None, subject.key[0])
        if namespace is None:
            return True
        return self._name_allowed(subject, namespace["metadata"].get("annotations") or {})

    def _owns(self, subject: Subject) -> bool:
        owner = subject.status.owner
        return owner is not None and self._context.cluster.present(owner) == subject.desired.owner

    def _claim(self, subject: Subject) -> Claim:
        namespace, name = object_key(subject.obj)
        created = subject.obj["metadata"]["creationTimestamp"]
        return Claim(namespace, name, created, owns=self._owns(subject))

    def _name_allowed(self, subject: Subject, annotations: Mapping[str, str]) -> bool:
        globs = allowed_names(annotations, self._context.settings.repository_names, subject.key[0])
        return may_claim(subject.desired.name, globs)

    def _allowed_text(self, subject: Subject, annotations: Mapping[str, str]) -> str:
        globs = allowed_names(annotations, self._context.settings.repository_names, subject.key[0])
        return ", ".join(f"'{glob}'" for glob in globs) or "none"

    async def _namespace_annotations(self, name: str) -> Mapping[str, str]:
        namespace = self._context.store.get(NAMESPACES.plural, None, name)
        if namespace is None:
            # A new namespace whose event has not arrived yet.
            namespace = await self._read_namespace(name)
        annotations: Mapping[str, str] = namespace["metadata"].get("annotations") or {}
        return annotations

    async def _read_namespace(self, name: str) -> Json:
        try:
            return await self._context.client.get(resource_path("v1", "namespaces", name=name))
        except KubeError as error:
            # Gone with its namespace, or, with Roles for some namespaces only, not ours to read: then the
            # settings alone say what it may claim.
            if error.status == _NOT_FOUND or (
                error.status == _FORBIDDEN and self._context.settings.watch_namespaces
            ):
                return {"metadata": {}}
            raise
