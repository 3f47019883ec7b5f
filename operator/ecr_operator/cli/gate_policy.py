"""What `ecr-operator gate` judges by: limits of the command line, or those of an EcrRepository."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from ecr_operator.api.vulnerability_policy import OnUnscanned, VulnerabilityPolicy

if TYPE_CHECKING:
    from ecr_operator.cli.cluster_link import ClusterLink

COMMAND_LINE: Final = "the command line"
_FORBIDDEN: Final = 403


class Unscanned(StrEnum):
    """What `--on-unscanned` takes."""

    FAIL = "fail"
    PASS = "pass"  # noqa: S105 - a word, no password
    UNKNOWN = "unknown"


class PolicyError(Exception):
    """The policy cannot be read. The message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class GatePolicy:
    """`source` is where it is from, for people."""

    limits: VulnerabilityPolicy
    source: str = COMMAND_LINE


@dataclass(frozen=True, slots=True)
class Flags:
    """The limits of the command line; None: not given."""

    max_critical: int | None = None
    max_high: int | None = None
    max_medium: int | None = None
    max_scan_age_days: int | None = None
    on_unscanned: Unscanned | None = None

    @property
    def given(self) -> str | None:
        """One that was given, as it is written; None: none was."""
        names = ("max_critical", "max_high", "max_medium", "max_scan_age_days", "on_unscanned")
        given = (name for name in names if getattr(self, name) is not None)
        return next((f"--{name.replace('_', '-')}" for name in given), None)

    def policy(self) -> GatePolicy:
        """Without a limit for them, no critical finding is allowed: who limits others only forgot it."""
        return GatePolicy(
            VulnerabilityPolicy(
                max_critical=0 if self.max_critical is None else self.max_critical,
                max_high=self.max_high,
                max_medium=self.max_medium,
                max_scan_age_days=self.max_scan_age_days,
                on_unscanned=OnUnscanned(self.on_unscanned.capitalize()) if self.on_unscanned else None,
            )
        )


async def policy_of(link: "ClusterLink", namespace: str, name: str) -> GatePolicy:
    """The `vulnerabilityPolicy` of an EcrRepository in a cluster. Raises `PolicyError`."""
    # Costs half a second.
    from pydantic import ValidationError

    from ecr_operator.cli.kubeconfig import KubeconfigError
    from ecr_operator.kube.errors import KubeError, says_absent
    from ecr_operator.kube.paths import resource_path
    from ecr_operator.kube.resources import REPOSITORIES

    wanted = f"EcrRepository {namespace}/{name}"
    if not link.is_there:
        raise PolicyError(f"there is no kubeconfig to read the {wanted} by; set KUBECONFIG or --kubeconfig")
    path = resource_path(REPOSITORIES.api_version, REPOSITORIES.plural, namespace, name)
    try:
        client = await link.client()
        obj = await client.get(path)
    except KubeconfigError as error:
        raise PolicyError(str(error)) from error
    except KubeError as error:
        if says_absent(error, name):
            raise PolicyError(f"the {wanted} does not exist in the cluster at {link.api_server}") from error
        if error.status == _FORBIDDEN:
            raise PolicyError(
                f"the right to `get` {REPOSITORIES.plural} in the namespace {namespace} is missing: "
                f"{error.message}"
            ) from error
        raise PolicyError(f"the {wanted} cannot be read: {error.message or error}") from error
    given = (obj.get("spec") or {}).get("vulnerabilityPolicy")
    if given is None:
        raise PolicyError(f"the {wanted} has no `vulnerabilityPolicy`; add one, or give limits by --max-...")
    try:
        return GatePolicy(VulnerabilityPolicy.from_json(given), wanted)
    except ValidationError as error:
        fields = ", ".join(".".join(str(part) for part in one["loc"]) for one in error.errors())
        raise PolicyError(
            f"the `vulnerabilityPolicy` of the {wanted} holds what this version does not know ({fields})"
        ) from error
