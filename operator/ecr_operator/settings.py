"""The operator's settings: environment variables, read once at the start.

Each is documented here and nowhere else; `run --help` and the documentation take the text from here.
"""

import os
import re
import secrets
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

CLUSTER_NAME_PATTERN = re.compile(r"[A-Za-z0-9._-]{1,60}")


def _comma_list(value: object) -> object:
    """``a, b`` as ``("a", "b")``; anything but a string is left to the type's own check."""
    if isinstance(value, str):
        return tuple(item.strip() for item in value.split(",") if item.strip())
    return value


def _key_values(value: object) -> object:
    """``a=1,b=2`` as ``{"a": "1", "b": "2"}``."""
    if not isinstance(value, str):
        return value
    pairs = {}
    for item in filter(None, (part.strip() for part in value.split(","))):
        key, separator, text = item.partition("=")
        if not separator:
            raise ValueError(f"{item!r} must be written key=value")
        pairs[key.strip()] = text.strip()
    return pairs


STORAGE_CLASSES = ("standard", "archive")


def _prices(value: object) -> object:
    """``standard=0.10,archive=0.10`` as prices by storage class; refuses what is none."""
    pairs = _key_values(value)
    if not isinstance(pairs, dict):
        return pairs
    for name, text in pairs.items():
        if name not in STORAGE_CLASSES:
            raise ValueError(f"{name!r} is no storage class: {' or '.join(STORAGE_CLASSES)}")
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", str(text)):
            raise ValueError(f"{name}={text} must be a price such as 0.10")
    if pairs and "standard" not in pairs:
        raise ValueError("the price of the storage class standard is missing")
    return pairs


CommaList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_comma_list)]
KeyValues = Annotated[dict[str, str], NoDecode, BeforeValidator(_key_values)]
Prices = Annotated[dict[str, Decimal], NoDecode, BeforeValidator(_prices)]


class Settings(BaseSettings):
    """`ECR_OPERATOR_<NAME>` for each field; raises pydantic's ValidationError on a bad value."""

    model_config = SettingsConfigDict(
        env_prefix="ECR_OPERATOR_", frozen=True, use_attribute_docstrings=True, extra="ignore"
    )

    cluster_name: str | None = None
    """Names this cluster in the owner tag. Defaults to the short form of the uid of the namespace
    `kube-system`; set it, because a rebuilt cluster has a new uid. At most 60 of `[A-Za-z0-9._-]`.
    Never give two running clusters one name: each would own, and could delete, the other's
    repositories."""

    previous_cluster_names: CommaList = ()
    """Comma list. An owner tag that begins with one of these is read as if it began with the present
    cluster name; the object's own repository is taken back and its tag rewritten."""

    repository_names: CommaList = ("*",)
    """Comma list of globs: the repository names that a namespace may claim. `{namespace}` stands for
    the namespace's name. The annotation `ecr-operator.dev/repository-names` on a Namespace wins."""

    adoption: Literal["Annotated", "Everywhere"] = "Annotated"
    """`Annotated`: adopting needs the annotation `ecr-operator.dev/adoption: Allowed` on the Namespace.
    `Everywhere`: it does not."""

    max_deletion_policy: Literal["Retain", "Delete", "DeleteWithImages"] = "DeleteWithImages"
    """The strongest `deletionPolicy` that objects may ask for; a stronger one counts as this one."""

    default_tags: KeyValues = Field(default_factory=dict)
    """`key=value,...`: tags on every managed repository. A key in an object's `spec.tags` wins."""

    role_arn: str | None = None
    """A role to assume for all calls to ECR, for example in a central registry account."""

    own_identity_tokens: bool = True
    """Whether an `EcrPullSecret` without `auth.roleArn` may hand out credentials of the operator's own
    identity, with all that it may do in ECR."""

    service_accounts: bool = True
    """Whether service accounts are watched. Without it `serviceAccounts` of an `EcrPullSecret` is refused."""

    images_in_use: bool = True
    """Whether Pods and workload templates are listed, to protect the images that they use. Without it nobody
    knows what is in use: `imagesInUse: Hold` holds whatever would let images go (`UsageUnknown`)."""

    watch_namespaces: CommaList = ()
    """Comma list of namespaces to watch. Defaults to all of them. `ECR_OPERATOR_CLUSTER_NAME` must be
    set with it."""

    leader_elect: bool = True
    """Whether a Lease decides which replica acts. The Lease `ecr-operator` is in the namespace of the
    environment variable `POD_NAMESPACE`, by default `default`. Without it no two operators may run."""

    lease_seconds: float = Field(default=15, ge=1)
    """How long after its last sign of life another replica takes over from the leader, which itself stops
    after two thirds of it."""

    http_port: int = Field(default=8080, ge=0, le=65535)
    """Port of `/healthz`, `/readyz` and `/metrics`; 0 picks a free one."""

    workers: int = Field(default=20, ge=1, le=200)
    """Reconciles at once."""

    resync_seconds: float = Field(default=3600, gt=0)
    """How often everything is compared with AWS, +-20 %."""

    in_use_seconds: float = Field(default=60, ge=0)
    """How old the list of images in use may be that a status goes by, and a policy in force is judged by.
    What lets images go, goes by a list of its own."""

    inventory_seconds: float = Field(default=900, gt=0)
    """How often the images of a repository are counted, +-10 %."""

    inventory_calls_per_minute: int = Field(default=300, ge=1)
    """How many calls a minute may be spent on counting images, of which a repository takes one for each 1,000
    images, and on reading their scans. Where they do not suffice, images are counted less often: see the
    metric `ecr_operator_inventory_interval_seconds`."""

    scan_seconds: float = Field(default=21600, gt=0)
    """How often the findings of an image that enhanced scanning watches are read again, up to a fifth later;
    those of a basic scan are read again after four times as long. The calls count in
    `ECR_OPERATOR_INVENTORY_CALLS_PER_MINUTE`."""

    scan_poll_seconds: float = Field(default=20, gt=0)
    """How long after a scan was found running it is looked at again, and then ever less often."""

    image_quota: int = Field(default=100_000, ge=1)
    """How many active images AWS lets a repository hold: the account's quota "Images per repository"."""

    prices: Prices = Field(default_factory=dict)
    """`standard=0.10,archive=0.10`: what a GB costs a month in USD, by storage class, for
    `status.estimatedMonthlyCostUSD`, where it is taken as 10^9 bytes. Without `archive` the archive costs the
    same; without prices no costs are reported."""

    stalled_recheck_seconds: float = Field(default=1200, gt=0)
    """How often an object is looked at again that waits for a person, +-50 %."""

    waiting_recheck_seconds: float = Field(default=30, gt=0)
    """How often a waiting object is looked at again, for example a deletion that images hold."""

    backoff_max_seconds: float = Field(default=300, gt=0)
    """The longest pause between two tries after transient errors."""

    circuit_probe_seconds: float = Field(default=5, gt=0)
    """How often AWS is asked whether it answers again, after it has not answered several calls in a row;
    everything else waits meanwhile."""

    preview_seconds: float = Field(default=5, gt=0)
    """How long after a preview of a lifecycle policy was started AWS is first asked for its result, and then
    ever less often."""

    summary_seconds: float = Field(default=5, ge=0)
    """How often at most the status of an `EcrLifecyclePolicy` is written while its repositories are worked
    on."""

    put_back_seconds: float = Field(default=3600, ge=0)
    """How long a lifecycle policy that was taken off must endanger no image in use before it is put back."""

    propagation_seconds: float = Field(default=120, ge=0)
    """How long AWS may deny knowing a repository that it has just created."""

    adoption_seconds: float = Field(default=10, ge=0)
    """The pause between writing an owner tag and reading it again, when a repository is adopted."""

    transient_seconds: float = Field(default=300, ge=0)
    """How long a passing failure leaves `Ready=True` on an object that was in sync."""

    list_seconds: float = Field(default=600, gt=0)
    """How often the objects are listed anew, to drop what the watch missed."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """`debug`, `info`, `warning` or `error`."""

    log_format: Literal["json", "text"] = "json"
    """`json` or `text`."""

    @field_validator("cluster_name", mode="before")
    @classmethod
    def _cluster_name_is_short(cls, value: object) -> object:
        if value == "":
            return None
        if isinstance(value, str) and not CLUSTER_NAME_PATTERN.fullmatch(value):
            raise ValueError("must be 1 to 60 of the characters A-Z a-z 0-9 . _ -")
        return value

    @model_validator(mode="after")
    def _namespaced_needs_a_name(self) -> Self:
        if self.watch_namespaces and not self.cluster_name:
            raise ValueError("ECR_OPERATOR_CLUSTER_NAME must be set where ECR_OPERATOR_WATCH_NAMESPACES is")
        return self


def pod_name() -> str:
    """The Pod's name, or the host's: who reports events."""
    return os.environ.get("POD_NAME") or os.uname().nodename


def pod_namespace() -> str:
    """The namespace of the Pod: where its Lease is."""
    return os.environ.get("POD_NAMESPACE") or "default"


def lease_identity() -> str:
    """Names this process among its replicas: a restarted container keeps its name."""
    return os.environ.get("POD_NAME") or f"{os.uname().nodename}_{secrets.token_hex(4)}"
