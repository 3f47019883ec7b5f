"""Policy documents for tests, with as few words as they allow."""

from __future__ import annotations

import json
from typing import Any


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    """A document of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(actions: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    """A statement that allows actions."""
    return {"Effect": "Allow", "Action": actions, "Resource": resource, **more}


def sized(size: int) -> str:
    """The text of a document that is so long."""
    text = json.dumps(document(allow("ecr:*", "arn:aws:ecr:eu-west-1:222222222222:repository/x")))
    return text.replace("repository/x", "repository/x" + "x" * (size - len(text)))


PULL = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
"""What a pull needs, but for the token."""

TOKEN = allow("ecr:GetAuthorizationToken")
"""What a token needs."""
