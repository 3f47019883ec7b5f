"""Where the Secrets of an EcrPullSecret go: namespaces, and service accounts in them."""

from typing import Annotated, ClassVar, Final

from pydantic import Field

from ecr_operator.api.kubernetes_values import DNS_LABEL_MAX, DNS_SUBDOMAIN_MAX, DNS_SUBDOMAIN_PATTERN
from ecr_operator.api.label_selector import LabelSelector
from ecr_operator.api.markers import ATOMIC, ListType, Rule, full_match, no_duplicates
from ecr_operator.api.meta import ApiModel

NAMESPACE_GLOB_PATTERN: Final = "[a-z0-9*?]([-a-z0-9*?]*[a-z0-9*?])?"
"""The name of a namespace, in which `*` stands for any characters and `?` for one."""


def _namespace_glob(field: str) -> Rule:
    return Rule(
        full_match(NAMESPACE_GLOB_PATTERN),
        f"`{field}` must hold names of namespaces: lower-case letters, digits and '-', with '*' for any "
        "characters and '?' for one; for example 'team-*'",
    )


ServiceAccountName = Annotated[
    str,
    Field(min_length=1, max_length=DNS_SUBDOMAIN_MAX),
    Rule(
        full_match(DNS_SUBDOMAIN_PATTERN),
        "`names` must hold names of service accounts: lower-case letters and digits, with '-' and '.' only "
        "between them; for example 'default'",
    ),
]


class NamespaceSelection(ApiModel):
    """Which namespaces get the Secret: those that `include` and `selector` agree on, without `exclude`.

    Where only one of `include` and `selector` is there, that one decides. A namespace that is being deleted
    never gets one.
    """

    cel_rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "has(self.include) || has(self.selector)",
            "at least one of `include` and `selector` must be specified; '*' in `include` stands for every "
            "namespace",
            reason="FieldValueRequired",
        ),
    )

    include: (
        Annotated[
            tuple[
                Annotated[str, Field(min_length=1, max_length=DNS_LABEL_MAX), _namespace_glob("include")], ...
            ],
            Field(min_length=1, max_length=100),
            ListType("atomic"),
            no_duplicates("include"),
        ]
        | None
    ) = None
    """Namespaces by name, for example `team-a`, `team-*` or `*`.

    `*` stands for any characters, `?` for one.
    """
    exclude: (
        Annotated[
            tuple[
                Annotated[str, Field(min_length=1, max_length=DNS_LABEL_MAX), _namespace_glob("exclude")], ...
            ],
            Field(min_length=1, max_length=100),
            ListType("atomic"),
            no_duplicates("exclude"),
        ]
        | None
    ) = None
    """Namespaces that get no Secret whatever else selects them, in the same form, for example `kube-*`."""
    selector: Annotated[LabelSelector, ATOMIC] | None = None
    """Namespaces by their labels. `{}` selects all; left out, labels do not matter."""


class ServiceAccountSelection(ApiModel):
    """The service accounts whose Pods pull with the Secret without naming it."""

    names: Annotated[
        tuple[ServiceAccountName, ...],
        Field(min_length=1, max_length=50),
        ListType("atomic"),
        no_duplicates("names"),
    ]
    """The service accounts by name, for example `default`, in each namespace that gets the Secret.

    Those that are not there are waited for.
    """
