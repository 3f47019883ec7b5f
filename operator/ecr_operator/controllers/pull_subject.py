"""An EcrPullSecret that a reconcile works on: the object, and what it means."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ecr_operator.api.meta import echoed_reconcile_value
from ecr_operator.api.names import RECONCILE_ANNOTATION
from ecr_operator.api.pull_secret import (
    EcrPullSecretSpec,
    EcrPullSecretStatus,
    SecretAdoptionPolicy,
    SecretDeletionPolicy,
)
from ecr_operator.api.validation import describe
from ecr_operator.aws.identity import Role
from ecr_operator.controllers.subject import (
    Json,
    UnsupportedSpecError,
    has_finalizer,
    is_deleting,
)
from ecr_operator.planning.label_selector import LabelSelector
from ecr_operator.planning.namespace_selection import NamespaceSelection
from ecr_operator.planning.namespace_state import WantedSecret
from ecr_operator.planning.naming import HostForm
from ecr_operator.planning.pull_registries import RegistryChoice, sources_of
from ecr_operator.planning.pull_secret_record import Facts, Held
from ecr_operator.planning.secret_data import Format, SecretContent
from ecr_operator.planning.session_policy import session_policy


@dataclass(frozen=True, slots=True)
class PullSubject:
    """`obj` is the object as it was last read, the rest derives from it."""

    obj: Json
    spec: EcrPullSecretSpec
    status: EcrPullSecretStatus
    selection: NamespaceSelection
    choices: tuple[RegistryChoice, ...]

    @classmethod
    def of(cls, obj: Json) -> "PullSubject":
        """Raises `UnsupportedSpecError`."""
        try:
            spec = EcrPullSecretSpec.from_json(obj.get("spec"))
        except ValidationError as error:
            raise UnsupportedSpecError(describe(error)) from error
        choices = tuple(
            RegistryChoice(
                one.region,
                one.accounts or (),
                tuple(HostForm(form) for form in one.effective_hosts) if not one.is_public else (),
                one.is_public,
            )
            for one in spec.registries
        )
        selector = spec.namespaces.selector
        selection = NamespaceSelection(
            spec.namespaces.include or (),
            spec.namespaces.exclude or (),
            None if selector is None else LabelSelector.of(selector),
        )
        return cls(obj, spec, EcrPullSecretStatus.from_json(obj.get("status")), selection, choices)

    @property
    def name(self) -> str:
        """`metadata.name`."""
        name: str = self.obj["metadata"]["name"]
        return name

    @property
    def uid(self) -> str:
        """`metadata.uid`."""
        uid: str = self.obj["metadata"]["uid"]
        return uid

    @property
    def generation(self) -> int:
        """`metadata.generation`."""
        generation: int = self.obj["metadata"]["generation"]
        return generation

    @property
    def asked(self) -> str | None:
        """The value of the annotation that asks for a reconcile."""
        annotations = self.obj["metadata"].get("annotations") or {}
        asked: str | None = annotations.get(RECONCILE_ANNOTATION)
        return asked

    @property
    def asks_anew(self) -> bool:
        """Whether somebody asks for new credentials now, by the annotation, and has not been answered yet."""
        if self.asked is None:
            return False
        return self.status.last_handled_reconcile_at != echoed_reconcile_value(self.asked)

    @property
    def secret_name(self) -> str:
        """The name of the Secret in each namespace."""
        return self.spec.secret_name_for(self.name)

    @property
    def format(self) -> Format:
        """What the Secrets look like."""
        return Format(self.spec.effective_format)

    @property
    def service_accounts(self) -> tuple[str, ...]:
        """The service accounts that get the Secret."""
        return self.spec.service_accounts.names if self.spec.service_accounts else ()

    @property
    def retains(self) -> bool:
        """Whether the Secrets outlive the object."""
        return self.spec.effective_deletion_policy == SecretDeletionPolicy.RETAIN

    @property
    def needs_finalizer(self) -> bool:
        """Whether something has to be taken back that no garbage collector takes: entries of accounts."""
        return bool(self.service_accounts) and not self.retains

    @property
    def has_finalizer(self) -> bool:
        """Whether our finalizer is on the object."""
        return has_finalizer(self.obj)

    @property
    def is_deleting(self) -> bool:
        """Whether the object is being deleted."""
        return is_deleting(self.obj)

    @property
    def is_active(self) -> bool:
        """Whether it may write in namespaces."""
        return not self.is_deleting and not self.spec.is_suspended

    def role(self, region: str) -> Role | None:
        """The role whose credentials are handed out; None: the operator's own. `region` is the operator's."""
        auth = self.spec.auth
        if auth is None or auth.role_arn is None:
            return None
        sources = sources_of(self.choices, region)
        policy = session_policy(
            auth.effective_access.value,
            private=any(source.service == "ecr" for source in sources),
            public=any(source.service == "ecr-public" for source in sources),
        )
        return Role(auth.role_arn, auth.external_id, auth.effective_session_name, policy)

    def wanted(self, content: SecretContent | None) -> WantedSecret:
        """The Secret that it wants in a namespace that it selects."""
        metadata = self.obj["metadata"]
        return WantedSecret(
            owner=self.name,
            uid=self.uid,
            created=metadata["creationTimestamp"],
            name=self.secret_name,
            type=content.type if content else "",
            data=content.data if content else None,
            content_labels=content.labels if content else {},
            adopt=self.spec.effective_adoption_policy == SecretAdoptionPolicy.ADOPT,
            retain=self.retains,
            service_accounts=self.service_accounts,
        )

    def facts(self, held: Held | None) -> Facts:
        """What its status says, with the credentials that it hands out."""
        return Facts(self.secret_name, held)

    def credentials_hash(self, region: str) -> str:
        """Of what decides over the credentials themselves, whoever gets them. `region` is the operator's."""
        spec = self.spec.to_json()
        parts = {name: spec.get(name) for name in ("registries", "auth", "format")}
        return _hash({**parts, "region": region})


def what_users_change(obj: Json) -> tuple[object, ...]:
    """The parts of an EcrPullSecret whose change asks for a reconcile."""
    metadata: dict[str, Any] = obj["metadata"]
    annotations = metadata.get("annotations") or {}
    return (
        metadata["uid"],
        metadata["generation"],
        metadata.get("deletionTimestamp"),
        annotations.get(RECONCILE_ANNOTATION),
    )


def is_suspended(obj: Json) -> bool:
    """Of an EcrPullSecret that need not be understood."""
    return bool((obj.get("spec") or {}).get("suspend"))


def _hash(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
