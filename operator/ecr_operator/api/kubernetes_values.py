"""Names and labels of Kubernetes: its own patterns and bounds for them.

As k8s.io/apimachinery has them, in pkg/util/validation and pkg/apis/meta/v1/validation.
"""

from typing import Final

DNS_LABEL_PATTERN: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
"""The name of a Namespace. At most 63 characters."""
DNS_LABEL_MAX: Final = 63
DNS_SUBDOMAIN_PATTERN: Final = rf"{DNS_LABEL_PATTERN}(\.{DNS_LABEL_PATTERN})*"
"""The name of most other objects. At most 253 characters."""
DNS_SUBDOMAIN_MAX: Final = 253

LABEL_KEY_PATTERN: Final = rf"({DNS_SUBDOMAIN_PATTERN}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{{0,61}}[A-Za-z0-9])?"
"""`<name>` or `<prefix>/<name>`, the name of at most 63 characters."""
LABEL_KEY_MAX: Final = DNS_SUBDOMAIN_MAX + 1 + 63
LABEL_VALUE_PATTERN: Final = "([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?"
LABEL_VALUE_MAX: Final = 63
