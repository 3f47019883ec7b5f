"""Whom AWS is called as: the operator's own identity, or a role that it assumes."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field

import botocore.session
from botocore.exceptions import BotoCoreError, UnknownRegionError

SESSION_NAME = "ecr-operator"

Identity = Callable[[], botocore.session.Session]
"""Makes the botocore session that the operator's own credentials come from."""
DEFAULT_IDENTITY: Identity = botocore.session.Session
"""botocore's own chain: environment, files, web identity, pod identity."""


class ConfigurationError(Exception):
    """AWS's configuration cannot be used: no region, no such profile, an unreadable file."""


@dataclass(frozen=True, slots=True)
class Role:
    """A role to assume, and the session that is asked for. Two that differ in anything share nothing."""

    arn: str
    """``arn:<partition>:iam::<account>:role/<path and name>``"""
    external_id: str | None = None
    """What the role's trust policy may ask for; no secret."""
    session_name: str = SESSION_NAME
    """Names the session in AWS CloudTrail, and ends its ARN."""
    policy: str | None = field(default=None, repr=False)
    """The session policy's JSON text, which narrows the session; None: it has all rights of the role."""

    @property
    def partition(self) -> str:
        """The partition of the role's account."""
        return self.arn.split(":")[1]

    @property
    def parameters(self) -> dict[str, str]:
        """What AssumeRole is given.

        No duration: a chained role allows one hour at most, which is the default (IAM, "Role chaining").
        """
        given = {"RoleArn": self.arn, "RoleSessionName": self.session_name}
        if self.external_id is not None:
            given["ExternalId"] = self.external_id
        if self.policy is not None:
            given["Policy"] = self.policy
        return given


def home_region(core: botocore.session.Session, region: str | None = None) -> str:
    """The region that the operator works in: the one given, else the configured one.

    Raises `ConfigurationError`.
    """
    # boto3 itself reads AWS_DEFAULT_REGION only; every other SDK, and EKS, says AWS_REGION.
    try:
        found = region or os.environ.get("AWS_REGION") or core.get_config_variable("region")
        # Read now, that a wrong profile or file is told at the start.
        core.get_scoped_config()
    except BotoCoreError as error:
        raise ConfigurationError(str(error)) from None
    if not found:
        raise ConfigurationError("No AWS region: set AWS_REGION to the region of the repositories")
    return str(found)


def partition_of(core: botocore.session.Session, region: str) -> str:
    """``aws``, ``aws-cn`` and so on, by botocore's table of Regions; a Region that it lacks is in ``aws``."""
    try:
        return str(core.get_partition_for_region(region))
    except UnknownRegionError:
        return "aws"
