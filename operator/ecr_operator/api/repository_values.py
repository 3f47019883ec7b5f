"""The names, owners and tags of an EcrRepository: AWS's rules for these strings, as types.

The rules are CEL with a message, not `pattern`: the API server answers a broken pattern with the regular
expression, and a person has to write these values.
"""

from typing import Annotated, Final

from pydantic import Field

from ecr_operator.api.markers import ATOMIC, Rule, full_match, key_rule

REPOSITORY_NAME_PATTERN: Final = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*"
"""The pattern of RepositoryName in botocore's model of ECR. 2 to 256 characters."""

RepositoryName = Annotated[
    str,
    Field(min_length=2, max_length=256),
    Rule(
        full_match(REPOSITORY_NAME_PATTERN),
        "`repositoryName` must consist of lower-case letters and digits, with '.', '_', '__' or hyphens only "
        "between them, in parts separated by '/'; for example 'team-a/web'",
    ),
]

_CLUSTER: Final = "[A-Za-z0-9._-]{1,60}"
_NAMESPACE: Final = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_OBJECT_NAME: Final = "[a-z0-9]([-a-z0-9.]{0,126}[a-z0-9])?"
OWNER_VALUE_PATTERN: Final = f"{_CLUSTER}/{_NAMESPACE}/{_OBJECT_NAME}"
"""`<cluster>/<namespace>/<name>`. At most 253 characters, of the 256 that an AWS tag's value may have."""

OwnerValue = Annotated[
    str,
    Field(min_length=5, max_length=253),
    Rule(
        full_match(OWNER_VALUE_PATTERN),
        "`adoptFrom` must be the present owner as '<cluster>/<namespace>/<name>': "
        "the value of the repository's tag 'ecr-operator.dev/owner'",
    ),
]

TAG_PATTERN: Final = r"[\p{L}\p{Z}\p{N}_.:/=+@-]*"
r"""The characters of AWS tags (ECR User Guide, "Tagging"). Python's `re` does not know `\p`."""

_TAG_CHARACTERS: Final = "must consist of letters, digits, spaces and the characters _ . : / = + - @"

TagValue = Annotated[
    str,
    Field(max_length=256),
    Rule(full_match(TAG_PATTERN), f"a value of `tags` {_TAG_CHARACTERS}"),
]

# AWS allows 50 tags; one is the owner tag, and the operator's default tags need room.
Tags = Annotated[
    dict[str, TagValue],
    Field(max_length=45),
    ATOMIC,
    Rule("self.all(k, size(k) >= 1 && size(k) <= 128)", "a key of `tags` must have 1 to 128 characters"),
    key_rule(full_match(TAG_PATTERN, "k"), f"a key of `tags` {_TAG_CHARACTERS}"),
    key_rule(
        "!k.matches('^[aA][wW][sS]:')",
        "a key of `tags` may not start with 'aws:': AWS reserves it; choose another prefix",
    ),
    key_rule(
        "!k.startsWith('ecr-operator.dev/')",
        "a key of `tags` may not start with 'ecr-operator.dev/': the operator keeps its own tags there",
    ),
]
