"""The statements of a repository policy, with IAM's own member names, so that a policy can be pasted.

What IAM lets be a string, a list or a map is untyped here: the API server keeps it as written, CEL sees only
whether it is there, and planning checks it. A member that this type does not know is kept, too: were it
pruned, a misspelt `Condition` would leave an unconditional grant behind.
"""

from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_pascal

from ecr_operator.api.markers import ListType, Rule, full_match
from ecr_operator.api.meta import ApiModel

RESERVED_SID_PREFIX: Final = "EcrOperator"
"""How the `Sid` of every statement begins that the operator makes of `access`."""


class Effect(StrEnum):
    """IAM's own values of `Effect`."""

    ALLOW = "Allow"
    DENY = "Deny"


Sid = Annotated[
    str,
    Field(min_length=1, max_length=128),
    Rule(full_match("[A-Za-z0-9 _.-]*"), "`Sid` must consist of letters, digits, spaces, '_', '.' and '-'"),
    Rule(
        f"!self.lowerAscii().startsWith('{RESERVED_SID_PREFIX.lower()}')",
        f"`Sid` may not start with '{RESERVED_SID_PREFIX}': the operator names the statements of `access` so",
    ),
]


class Statement(ApiModel):
    """One statement of an IAM policy, with IAM's own member names.

    Unknown members are kept, here and by the API server, so that planning can refuse them.
    """

    model_config = ConfigDict(
        alias_generator=to_pascal,
        # By IAM's names only: a member `condition` is unknown, not another way to write `Condition`.
        populate_by_name=False,
        extra="allow",
    )
    cel_rules: ClassVar[tuple[Rule, ...]] = tuple(
        Rule(
            # Of a member without a type CEL knows nothing, but `dyn` finds it (tried on Kubernetes 1.36).
            f"has(dyn(self).{member}) != has(dyn(self).Not{member})",
            f"exactly one of `{member}` and `Not{member}` must be specified",
        )
        for member in ("Principal", "Action")
    )

    sid: Sid
    """The statement's name, unique within the repository, for example `AllowAudit`.

    1 to 128 letters, digits, spaces, `_`, `.` and `-`. The operator tells by it which statements are the
    object's.
    """
    effect: Effect
    """`Allow` or `Deny`."""
    principal: Any | None = None
    """Whom the statement is about: `"*"`, or a map such as `AWS: "arn:aws:iam::123456789012:root"`."""
    not_principal: Any | None = None
    """Whom the statement is not about."""
    action: Any | None = None
    """The actions, as a string or a list, for example `ecr:BatchGetImage`."""
    not_action: Any | None = None
    """The actions that the statement is not about."""
    resource: Any | None = None
    """`"*"` or the ARN of the repository itself.

    Both mean the same as leaving it out, and are not sent to ECR.
    """
    condition: Any | None = None
    """IAM's conditions, for example `StringEquals: {aws:PrincipalOrgID: o-a1b2c3d4e5}`."""

    def document(self) -> dict[str, Any]:
        """Return the statement as it was written: IAM's JSON, with the members that are unknown here."""
        return self.to_json()


class RepositoryPolicy(ApiModel):
    """Further statements of the repository's policy."""

    statements: Annotated[
        tuple[Statement, ...],
        Field(min_length=1, max_length=50),
        ListType("atomic"),
        Rule(
            "self.all(a, self.exists_one(b, b.Sid == a.Sid))",
            "`Sid` must be unique among the statements",
            message_expression=(
                '"`Sid` must be unique among the statements; \'" + '
                'self.map(a, !self.exists_one(b, b.Sid == a.Sid), a.Sid)[0] + "\' is there twice"'
            ),
        ),
    ]
    """The statements, 1 to 50, with IAM's own member names, capitalised as in IAM's JSON."""
