"""Clients of boto3 for one account and region of a fake AWS."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import cache
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config

ACCOUNT = "111111111111"
REGION = "eu-west-1"
SECRET = "opens-nothing"


def key_of(account: str, unseen: bool = False) -> str:
    """The access key id of an account's user; the calls of an unseen one leave no trace."""
    return f"AKIA{account}{'LOOK' if unseen else 'TEST'}"


MAKING = threading.Lock()
"""A session of boto3 makes one client at a time."""


@cache
def shared_session() -> Any:
    """One boto3 session for all clients: what costs time is its service models."""
    return boto3.Session()


def client_with(url: str, credentials: Mapping[str, str] | None, service: str, region: str) -> Any:
    """A client with credentials as STS writes them, or (None) one that signs nothing; it never retries."""
    keys = {} if credentials is None else {name: credentials[member] for name, member in MEMBERS.items()}
    signature = {"signature_version": UNSIGNED} if credentials is None else {}
    config = Config(retries={"total_max_attempts": 1}, **signature)
    with MAKING:
        return shared_session().client(service, region_name=region, endpoint_url=url, config=config, **keys)


MEMBERS = {
    "aws_access_key_id": "AccessKeyId",
    "aws_secret_access_key": "SecretAccessKey",
    "aws_session_token": "SessionToken",
}
"""boto3's names of the members of STS's Credentials."""


class Session:
    """One account and region of a fake AWS, with ``client()`` as a boto3.Session has it."""

    def __init__(self, url: str, account: str, region: str, unseen: bool = False) -> None:
        self.url = url
        self.account = account
        self.region_name = region
        self.key = key_of(account, unseen)

    def client(self, service: str, **options: Any) -> Any:
        """A client of `service`; botocore never retries unless a `config` says so."""
        config = Config(retries={"total_max_attempts": 1}).merge(options.pop("config", Config()))
        with MAKING:
            return shared_session().client(
                service,
                region_name=self.region_name,
                endpoint_url=self.url,
                aws_access_key_id=self.key,
                aws_secret_access_key=SECRET,
                config=config,
                **options,
            )
