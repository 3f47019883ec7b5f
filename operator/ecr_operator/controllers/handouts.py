"""What each EcrPullSecret hands out at present, and where it has got to.

Between the two controllers: that of EcrPullSecrets mints and sums up, that of Namespaces writes. Lost at a
restart, which finds the bytes in the Secrets themselves.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ecr_operator.api.pull_secret_auth import PullSecretAuth
from ecr_operator.controllers.observed_namespace import observed_secret
from ecr_operator.controllers.pull_refusal import refusal_of
from ecr_operator.controllers.pull_subject import PullSubject
from ecr_operator.controllers.sight import Sight
from ecr_operator.controllers.subject import Json, UnsupportedSpecError
from ecr_operator.kube.resources import NAMESPACES, PULL_SECRETS
from ecr_operator.planning.namespace_selection import Namespace
from ecr_operator.planning.namespace_state import ObservedNamespace, ObservedSecret, WantedSecret
from ecr_operator.planning.plan import Retrying, Stalled
from ecr_operator.planning.pull_registries import TokenSource
from ecr_operator.planning.pull_secret import Failure
from ecr_operator.planning.pull_secret_record import Held
from ecr_operator.planning.secret_data import SecretContent, content_hash, good_data
from ecr_operator.planning.token_life import Life


@dataclass
class Handout:
    """Of one EcrPullSecret, by its uid."""

    uid: str
    content: SecretContent | None = None
    """None: no credentials are known; what the Secrets hold stays."""
    hash: str = ""
    """Of the content; "" without."""
    life: Life | None = None
    identity: str | None = None
    failing_since: float | None = None
    """When (monotonic) the first of the refreshes failed that have failed in a row."""
    failure: Stalled | Retrying | None = None
    """The last one."""
    retry_at: float | None = None
    """When (monotonic) credentials are asked for again after a failure."""
    hosts: tuple[str, ...] = ()
    """Those that the content is for."""
    spec: str = ""
    """The hash of the part of the spec that the content is for."""
    auth: PullSecretAuth | None = None
    """Whose the credentials are, as the spec says it."""
    parts: Mapping[TokenSource | None, Life] = field(default_factory=dict)
    """How long each part of the content lives; after a start it is not known."""
    tried: tuple[str, str | None] = ("", None)
    """What credentials were last asked for: the same part of the spec, and the annotation."""
    renewed: frozenset[TokenSource] = frozenset()
    """The parts that were given since it was last asked for something else."""
    pending: str | None = None
    """The annotation's value that asks for new credentials, and has not got them yet."""
    answered: str | None = None
    """The last one that has got them; the status may say so later."""
    told: tuple[int, str, str] = (0, "", "")
    """The generation, and the hashes of the content and of `spec`, of which the namespaces were last told."""
    summed_at: float = float("-inf")
    """When (monotonic) the namespaces were last summed up in the status."""

    def hand_out(
        self,
        content: SecretContent,
        life: Life,
        identity: str | None,
        spec: str,
        hosts: tuple[str, ...],
        *,
        auth: PullSecretAuth | None = None,
        parts: Mapping[TokenSource | None, Life] | None = None,
    ) -> None:
        """From now on this is what the Secrets should hold."""
        self.content, self.hash = content, content_hash(content.data)
        self.life, self.identity, self.spec, self.hosts = life, identity, spec, hosts
        self.auth, self.parts = auth, parts or {}

    def settle(self) -> None:
        """Failures before are over: what is handed out is what should be, or AWS is not asked for better."""
        self.failing_since = self.failure = self.retry_at = None

    def held(self) -> Held | None:
        """What the status says of it."""
        if self.content is None or self.life is None:
            return None
        return Held(self.hash, self.life, self.identity, self.hosts, self.spec, self.auth is not None)


@dataclass(frozen=True, slots=True)
class Reached:
    """What has become of a namespace: per EcrPullSecret, by its name, the mark of what it holds."""

    ready: Mapping[str, str] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()

    def owners(self) -> frozenset[str]:
        """The EcrPullSecrets that this says something of."""
        return frozenset(self.ready) | {failure.owner for failure in self.failures}


class Handouts:
    """All of them, and what is known of the namespaces."""

    def __init__(self, context: Sight) -> None:
        self._context = context
        self._handouts: dict[str, Handout] = {}
        self._subjects: dict[str, tuple[Json, PullSubject | None]] = {}
        self._reached: dict[str, Reached] = {}

    # EcrPullSecrets

    def subject(self, name: str) -> PullSubject | None:
        """The EcrPullSecret of that name, understood; None: it is not there, or cannot be understood."""
        obj = self._context.store.get(PULL_SECRETS.plural, None, name)
        if obj is None:
            self._subjects.pop(name, None)
            return None
        known = self._subjects.get(name)
        if known is None or known[0] is not obj:
            try:
                known = (obj, PullSubject.of(obj))
            except UnsupportedSpecError:
                known = (obj, None)
            self._subjects[name] = known
        return known[1]

    def subjects(self) -> Iterator[PullSubject]:
        """All that can be understood."""
        for obj in self._context.store.items(PULL_SECRETS.plural):
            subject = self.subject(obj["metadata"]["name"])
            if subject is not None:
                yield subject

    def of(self, subject: PullSubject) -> Handout:
        """The handout of an EcrPullSecret; an empty one for another uid of the same name."""
        handout = self._handouts.get(subject.name)
        if handout is None or handout.uid != subject.uid:
            # After a start the namespaces are looked at before the status says how many are ready.
            handout = Handout(subject.uid, summed_at=self._context.monotonic())
            self._handouts[subject.name] = handout
        return handout

    def untold(self, name: str) -> None:
        """The EcrPullSecret is another now than what its namespaces may have been looked at with."""
        if name in self._handouts:
            self._handouts[name].told = (0, "", "")

    def failing(self) -> list[str]:
        """Those whose last refresh failed; they may try again at once."""
        names = [name for name, handout in self._handouts.items() if handout.failure]
        for name in names:
            self._handouts[name].retry_at = None
        return names

    def forget(self, name: str) -> Handout | None:
        """The EcrPullSecret is gone; returns what was known of it."""
        self._subjects.pop(name, None)
        return self._handouts.pop(name, None)

    def names_account(self, name: str) -> bool:
        """Whether any EcrPullSecret puts its Secret on service accounts of that name."""
        return any(name in subject.service_accounts for subject in self.subjects())

    def is_as_wanted(self, secret: Json) -> bool:
        """Whether a Secret is as its EcrPullSecret wants it: most events are echoes of our own writes."""
        observed = observed_secret(secret)
        subject = self.subject(observed.owner) if observed.owner else None
        if subject is None or not subject.is_active or observed.name != subject.secret_name:
            return False
        wanted = subject.wanted(self.of(subject).content)
        return (
            wanted.data is not None
            and wanted.data.items() <= observed.data.items()
            and wanted.labels.items() <= observed.labels.items()
            and not wanted.retain
            and [one.uid for one in observed.owners if one.is_pull_secret] == [wanted.uid]
        )

    # Namespaces

    def namespaces(self) -> Iterator[Namespace]:
        """All that may hold Secrets."""
        if self._context.settings.watch_namespaces:
            yield from map(Namespace, self._context.settings.watch_namespaces)
            return
        yield from map(namespace_of, self._context.store.items(NAMESPACES.plural))

    def namespace(self, name: str) -> Namespace | None:
        """The namespace of that name; None: there is none."""
        if self._context.settings.watch_namespaces:
            return Namespace(name) if name in self._context.settings.watch_namespaces else None
        obj = self._context.store.get(NAMESPACES.plural, None, name)
        return None if obj is None else namespace_of(obj)

    def selected_by(self, subject: PullSubject) -> frozenset[str]:
        """The namespaces that should hold its Secret."""
        return frozenset(one.name for one in self.namespaces() if subject.selection.selects(one))

    def wanted_in(
        self, namespace: Namespace, observed: ObservedNamespace | None = None
    ) -> list[WantedSecret]:
        """What should be in a namespace, which holds `observed`, over all EcrPullSecrets."""
        secrets = observed.secrets if observed is not None else ()
        return [
            subject.wanted(self.of(subject).content if self._may_get(subject, namespace, secrets) else None)
            for subject in self.subjects()
            if subject.is_active and self._selects(subject, namespace)
        ]

    def _may_get(self, subject: PullSubject, namespace: Namespace, secrets: Iterable[ObservedSecret]) -> bool:
        """Whether a namespace gets what is handed out at present.

        Where the spec asks for other credentials, which are not there yet, or may ask for none, the former
        ones are kept up for those who have them: who was seen with them, or shows their bytes. A label is no
        proof, anybody may write it. Nobody else gets them: the namespace may be selected by the very change
        that takes the former identity away.
        """
        handout = self.of(subject)
        spec = subject.credentials_hash(self._context.registry.region)
        if handout.spec == spec and refusal_of(subject, self._context.settings) is None:
            return True
        if subject.name in self.reached(namespace.name).ready:
            return True
        return good_data(subject.format, (one.data for one in secrets), handout.hash) is not None

    @staticmethod
    def _selects(subject: PullSubject, namespace: Namespace) -> bool:
        if namespace.terminating:
            # Said as a failure: the plan writes nothing there.
            namespace = Namespace(namespace.name, namespace.labels)
        return subject.selection.selects(namespace)

    def reached(self, namespace: str) -> Reached:
        """What has become of a namespace."""
        return self._reached.get(namespace, Reached())

    def set_reached(self, namespace: str, reached: Reached | None) -> frozenset[str]:
        """Record what has become of it (None: it is gone); returns the EcrPullSecrets that it is news for."""
        before = self._reached.pop(namespace, Reached())
        if reached is not None and (reached.ready or reached.failures):
            self._reached[namespace] = reached
        after = reached or Reached()
        return frozenset(
            owner
            for owner in before.owners() | after.owners()
            if before.ready.get(owner) != after.ready.get(owner)
            or _of(before.failures, owner) != _of(after.failures, owner)
        )

    def where(self, owner: str) -> frozenset[str]:
        """The namespaces of which something is known for an EcrPullSecret."""
        return frozenset(name for name, reached in self._reached.items() if owner in reached.owners())

    def mark(self, subject: PullSubject) -> str | None:
        """Of what it wants in namespaces at present, by content and spec; None without credentials."""
        hash = self.of(subject).hash
        return f"{subject.generation}/{hash}" if hash else None

    def ready_in(self, subject: PullSubject) -> Iterable[str]:
        """The namespaces that hold what it hands out at present."""
        mark = self.mark(subject)
        return (
            name
            for name, reached in self._reached.items()
            if mark is not None and reached.ready.get(subject.name) == mark
        )

    def failures_of(self, owner: str) -> Iterable[Failure]:
        """What keeps namespaces from holding its Secret."""
        return (
            failure
            for reached in self._reached.values()
            for failure in reached.failures
            if failure.owner == owner
        )


def _of(failures: Iterable[Failure], owner: str) -> tuple[Failure, ...]:
    return tuple(failure for failure in failures if failure.owner == owner)


def namespace_of(obj: Json) -> Namespace:
    """What selection has to know of the object."""
    metadata = obj["metadata"]
    return Namespace(metadata["name"], metadata.get("labels") or {}, "deletionTimestamp" in metadata)
