"""The kind EcrPullSecret: credentials for registries of ECR, kept fresh in a Secret of each namespace."""

from enum import StrEnum
from typing import Annotated, ClassVar, Final

from pydantic import Field

from ecr_operator.api.aws_values import ROLE_ARN_MAX
from ecr_operator.api.kubernetes_values import DNS_LABEL_MAX, DNS_SUBDOMAIN_MAX, DNS_SUBDOMAIN_PATTERN
from ecr_operator.api.markers import ATOMIC, ListType, Rule, full_match
from ecr_operator.api.meta import ApiModel, CommonSpec, CommonStatus, Message, Time
from ecr_operator.api.pull_secret_auth import PullSecretAccess, PullSecretAuth
from ecr_operator.api.pull_secret_registries import HOSTS_MAX, HostForm, PullSecretRegistry, Registries
from ecr_operator.api.pull_secret_targets import NamespaceSelection, ServiceAccountSelection

__all__ = [
    "EcrPullSecretSpec",
    "EcrPullSecretStatus",
    "HostForm",
    "NamespaceCounts",
    "NamespaceFailure",
    "NamespaceSelection",
    "PullSecretAccess",
    "PullSecretAuth",
    "PullSecretRegistry",
    "RegistryHost",
    "SecretAdoptionPolicy",
    "SecretDeletionPolicy",
    "SecretFormat",
    "ServiceAccountSelection",
]


class SecretFormat(StrEnum):
    """What the Secrets look like, and so who can read them."""

    DOCKER_CONFIG_JSON = "DockerConfigJson"
    DOCKER_CONFIG_FILE = "DockerConfigFile"
    ARGO_CD_REPO_CREDS = "ArgoCDRepoCreds"


class SecretAdoptionPolicy(StrEnum):
    """What to do with a Secret that exists already and is not the object's."""

    REFUSE = "Refuse"
    ADOPT = "Adopt"


class SecretDeletionPolicy(StrEnum):
    """What becomes of the Secrets when the object is deleted."""

    DELETE = "Delete"
    RETAIN = "Retain"


SecretName = Annotated[
    str,
    Field(min_length=1, max_length=DNS_SUBDOMAIN_MAX),
    Rule(
        full_match(DNS_SUBDOMAIN_PATTERN),
        "`secretName` must be the name of a Secret: lower-case letters and digits, with '-' and '.' only "
        "between them; for example 'ecr-pull'",
    ),
]

_FORMAT: Final = f"(has(self.format) ? self.format : '{SecretFormat.DOCKER_CONFIG_JSON}')"


class EcrPullSecretSpec(CommonSpec):
    """Which registries the credentials are for, whose they are, and where they go."""

    cel_rules: ClassVar[tuple[Rule, ...]] = (
        # On the parent: on the optional field itself it would be skipped when the field comes or goes.
        Rule(
            f"{_FORMAT} == {_FORMAT.replace('self.', 'oldSelf.')}",
            "`format` may not be changed: Kubernetes never changes the type of a Secret; write a new "
            "EcrPullSecret with another `secretName`",
            field_path=".format",
        ),
        Rule(
            f"{_FORMAT} != '{SecretFormat.ARGO_CD_REPO_CREDS}' || (size(self.registries) == 1 && "
            "self.registries.all(r, (!has(r.public) || !r.public) && "
            "(!has(r.accounts) || size(r.accounts) == 1) && (!has(r.hosts) || size(r.hosts) == 1)))",
            "`registries` must stand for exactly one host name when `format` is 'ArgoCDRepoCreds': one entry "
            "with at most one of `accounts` and one of `hosts`, and not `public`; write an EcrPullSecret for "
            "each further one",
            field_path=".registries",
        ),
        Rule(
            f"!has(self.serviceAccounts) || {_FORMAT} == '{SecretFormat.DOCKER_CONFIG_JSON}'",
            "`serviceAccounts` may be specified only when `format` is 'DockerConfigJson': of the Secrets in "
            "`imagePullSecrets` the kubelet reads no others",
            field_path=".serviceAccounts",
            reason="FieldValueForbidden",
        ),
    )

    secret_name: SecretName | None = None
    """The name of the Secret in each namespace. It cannot be changed later.

    Defaults to `metadata.name`.
    """
    registries: Registries
    """The registries that the credentials are for. One Secret holds those of all.

    For example `[{region: eu-west-1, accounts: ["123456789012"]}]`. `[{}]` is the registry of the
    credentials' own account in the operator's Region, `[{public: true}]` is Amazon ECR Public.
    """
    auth: Annotated[PullSecretAuth, ATOMIC] | None = None
    """The IAM role that the credentials stand for, narrowed to what pulling needs.

    Left out, they stand for the operator's own identity, with all that it may do in ECR; the operator's
    setting `ECR_OPERATOR_OWN_IDENTITY_TOKENS` may refuse that.
    """
    namespaces: Annotated[NamespaceSelection, ATOMIC]
    """The namespaces that get the Secret: those that `include` and `selector` agree on, without `exclude`.

    Where only one of `include` and `selector` is there, that one decides. For example
    `{include: ["*"], exclude: ["kube-*"]}`, or `{selector: {matchLabels: {team: a}}}`. A namespace that is
    being deleted gets none.
    """
    service_accounts: ServiceAccountSelection | None = None
    """Service accounts that get the Secret among their `imagePullSecrets`.

    Only this entry is added, and it is taken back when it is no longer wanted; others stay. Allowed only with
    the format `DockerConfigJson`. Left out, no service account is touched.
    """
    format: SecretFormat | None = None
    """What the Secrets look like. It cannot be changed later.

    `DockerConfigJson` is what Pods name in `imagePullSecrets`. `DockerConfigFile` has the same text under the
    key `config.json`, for builders that mount it. `ArgoCDRepoCreds` lets Argo CD read Helm charts from one
    host. Defaults to `DockerConfigJson`.
    """
    adoption_policy: SecretAdoptionPolicy | None = None
    """What to do with a Secret of that name that exists already and is not this object's.

    `Refuse` leaves it alone. `Adopt` takes it over when it has the same type and holds no host but those of
    this object. Defaults to `Refuse`.
    """
    deletion_policy: SecretDeletionPolicy | None = None
    """What becomes of the Secrets when this object is deleted.

    `Delete` deletes them, and takes them off the service accounts. `Retain` keeps them and the service
    accounts' entries; the credentials in them expire within hours. Defaults to `Delete`.
    """

    def secret_name_for(self, object_name: str) -> str:
        """Return the Secrets' name, given the object's `metadata.name`."""
        return self.secret_name or object_name

    @property
    def effective_format(self) -> SecretFormat:
        """`format` with its default."""
        return self.format or SecretFormat.DOCKER_CONFIG_JSON

    @property
    def effective_adoption_policy(self) -> SecretAdoptionPolicy:
        """`adoptionPolicy` with its default."""
        return self.adoption_policy or SecretAdoptionPolicy.REFUSE

    @property
    def effective_deletion_policy(self) -> SecretDeletionPolicy:
        """`deletionPolicy` with its default."""
        return self.deletion_policy or SecretDeletionPolicy.DELETE


Count = Annotated[int, Field(ge=0)]


class NamespaceCounts(ApiModel):
    """How many namespaces are in which state."""

    matched: Count
    """Those that are to get the Secret."""
    ready: Count
    """Those that hold the Secret with the newest credentials, and its service accounts name it."""
    failed: Count
    """Those that cannot get it until somebody mends what `failures` says."""


class NamespaceFailure(ApiModel):
    """What keeps one namespace from getting the Secret."""

    namespace: Annotated[str, Field(max_length=DNS_LABEL_MAX)]
    """The namespace."""
    reason: Annotated[str, Field(min_length=1, max_length=64)]
    """One word that says why. The same word stands in events, logs and metrics."""
    message: Message
    """Says for a person what is the case and what to do about it."""


class RegistryHost(ApiModel):
    """One of the host names that the Secrets hold credentials for."""

    host: Annotated[str, Field(max_length=DNS_SUBDOMAIN_MAX)]
    """The host name, for example `123456789012.dkr.ecr.eu-west-1.amazonaws.com`."""


class EcrPullSecretStatus(CommonStatus):
    """The credentials and where they have got to.

    Conditions beside those of every kind: `NamespacesFailed` and `ExpiringSoon`, which are there only while
    they are `True`, and `LeastPrivilege`: `True` when the credentials are narrowed to what `auth` says,
    `Unknown` when they reach as far as the operator's own identity.
    """

    applied_hash: Annotated[str, Field(max_length=128)] | None = None
    """Hash of the part of the spec that the present credentials are for, and of the operator's Region."""
    secret_name: Annotated[str, Field(max_length=DNS_SUBDOMAIN_MAX)] | None = None
    """The name of the Secret in each namespace."""
    expires_at: Time | None = None
    """When the first of the present credentials expires."""
    next_refresh_at: Time | None = None
    """When new credentials are fetched at the latest."""
    content_hash: Annotated[str, Field(max_length=128)] | None = None
    """SHA-256 of the data that each Secret holds."""
    namespaces: NamespaceCounts | None = None
    """How many namespaces have got the Secret."""
    failures: Annotated[tuple[NamespaceFailure, ...], Field(max_length=20), ListType("atomic")] | None = None
    """The namespaces that cannot get the Secret, and why. At most 20 are listed."""
    registries: (
        Annotated[tuple[RegistryHost, ...], Field(max_length=20 * HOSTS_MAX), ListType("atomic")] | None
    ) = None
    """The host names that the Secrets hold credentials for."""
    identity: Annotated[str, Field(max_length=ROLE_ARN_MAX)] | None = None
    """The ARN of the identity that the credentials stand for, where it is known."""
