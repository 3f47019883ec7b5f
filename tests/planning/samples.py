"""A desired, an observed and a recorded repository that agree with each other: a test changes one thing."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ecr_operator.api.names import OWNER_TAG
from ecr_operator.api.repository import EcrRepositorySpec
from ecr_operator.planning.changes import REPOSITORY
from ecr_operator.planning.desired import DesiredRepository, desired_repository
from ecr_operator.planning.managed import Reads
from ecr_operator.planning.naming import Place
from ecr_operator.planning.ownership import Cluster, ObjectKey
from ecr_operator.planning.plan import Plan
from ecr_operator.planning.repository import ObservedRepository, Recorded, plan_repository

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=30)

CLUSTER = Cluster("prod", previous=("blue", "green"))
METADATA = {"namespace": "team-a", "name": "web"}
OWNER = "prod/team-a/web"
NAME = "team-a/web"
ACCOUNT, REGION = "123456789012", "eu-central-1"
PLACE = Place("aws", REGION, ACCOUNT)
ARN = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{NAME}"

KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
OTHER_KEY_ID = "9876fedc-12ab-34cd-56ef-1234567890ab"
KEYS = f"arn:aws:kms:{REGION}:{ACCOUNT}:"
KEY_ARN, OTHER_KEY_ARN = f"{KEYS}key/{KEY_ID}", f"{KEYS}key/{OTHER_KEY_ID}"


def desired(
    *,
    metadata: Mapping[str, Any] = METADATA,
    default_tags: Mapping[str, str] | None = None,
    max_deletion_policy: str = "DeleteWithImages",
    **spec: Any,
) -> DesiredRepository:
    """What a spec asks for; `spec` holds its fields by their names on the wire."""
    return desired_repository(
        metadata,
        EcrRepositorySpec.from_json({"repositoryName": NAME} | spec),
        cluster=CLUSTER,
        default_tags=default_tags or {},
        max_deletion_policy=max_deletion_policy,
    )


def observed(
    owner: str | None = OWNER, *, tags: Mapping[str, str] | None = None, **fields: Any
) -> ObservedRepository:
    """A repository that AWS made long ago with defaults; `tags` come beside the owner tag."""
    owned = {} if owner is None else {OWNER_TAG: owner}
    basics: dict[str, Any] = {
        "name": NAME,
        "arn": ARN,
        "uri": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{NAME}",
        "registry_id": ACCOUNT,
        "created_at": LONG_AGO,
        "tags": {**(tags or {}), **owned},
        "known": Reads(lifecycle=True, policy=True),
    }
    return ObservedRepository(**basics | fields)


def recorded(*parts: str, **fields: Any) -> Recorded:
    """The memory of an object that has owned its repository for long and manages `parts` of it."""
    basics: dict[str, Any] = {
        "managed": frozenset({REPOSITORY, *parts}),
        "repository_arn": ARN,
        "registry_id": ACCOUNT,
        "region": REGION,
        "created_at": LONG_AGO,
        "owner": OWNER,
        "in_sync": True,
    }
    return Recorded(**basics | fields)


NEW = Recorded()
"""The memory of an object that has never owned anything."""


def plan(
    wanted: DesiredRepository,
    there: ObservedRepository | None,
    memory: Recorded | None = None,
    *,
    now: datetime = NOW,
    gone: Collection[ObjectKey] = (),
) -> Plan:
    """The plan of this cluster."""
    memory = recorded() if memory is None else memory
    return plan_repository(wanted, there, memory, cluster=CLUSTER, place=PLACE, now=now, gone=gone)


def many_tags(count: int, prefix: str = "t") -> dict[str, str]:
    """So many tags."""
    return {f"{prefix}{number}": "x" for number in range(count)}
