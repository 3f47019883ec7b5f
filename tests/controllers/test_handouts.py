"""Credentials that the spec does not ask for any more get no further than they have got."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from ecr_operator.api.names import MANAGED_BY, MANAGED_BY_LABEL, PULL_SECRET_LABEL
from ecr_operator.controllers.handouts import Reached
from ecr_operator.planning.namespace_selection import Namespace
from ecr_operator.planning.namespace_state import ObservedNamespace, ObservedSecret
from ecr_operator.planning.secret_data import DOCKER_KEY, DOCKER_TYPE
from tests.controllers.world import NAME, World, pull_secret

ROLE = {"auth": {"roleArn": "arn:aws:iam::111111111111:role/pull-images"}}
NAMESPACE = Namespace("team-a")


def holding(*secrets: tuple[str, Mapping[str, str]]) -> ObservedNamespace:
    """The namespace with Secrets, each labelled as an EcrPullSecret's, with its data."""
    found = [
        ObservedSecret(
            name=f"s{number}",
            uid=f"u{number}",
            resource_version="1",
            type=DOCKER_TYPE,
            data=data,
            labels={MANAGED_BY_LABEL: MANAGED_BY, PULL_SECRET_LABEL: owner},
            owners=(),
        )
        for number, (owner, data) in enumerate(secrets)
    ]
    return ObservedNamespace(NAMESPACE.name, False, tuple(found), ())


def given(world: World, *secrets: tuple[str, Mapping[str, str]]) -> bool:
    """Whether the namespace is given credentials, when it holds these."""
    (wanted,) = world.handouts.wanted_in(NAMESPACE, holding(*secrets))
    return wanted.data is not None


def test_what_the_spec_asks_for_is_given_to_all() -> None:
    async def main() -> None:
        world = World()
        world.hand_out(world.have(pull_secret()))
        assert given(world)
        # Nothing in this is about credentials.
        world.have(pull_secret(2, generation=2, namespaces={"include": ["team-*"]}, secretName="other"))
        assert given(world)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("settings", "change"),
    [
        ({}, ROLE),
        ({}, {"registries": [{"region": "us-east-1"}]}),
        ({"service_accounts": False}, {"serviceAccounts": {"names": ["default"]}}),
        ({"watch_namespaces": ["team-a"], "cluster_name": "c"}, {"namespaces": {"include": ["team-*"]}}),
    ],
    ids=["a role", "a Region", "service accounts, refused", "globs, refused"],
)
def test_what_it_asked_for_before_stays_with_those_who_have_it(
    settings: dict[str, Any], change: dict[str, Any]
) -> None:
    async def main() -> None:
        world = World(**settings)
        before = {"namespaces": {"include": ["team-a"]}}
        handout = world.hand_out(world.have(pull_secret(**before)))
        assert given(world)
        assert handout.content is not None
        world.have(pull_secret(2, generation=2, **{**before, **change}))
        assert not given(world)
        assert given(world, (NAME, handout.content.data))
        # A label is no proof, and anybody may write it.
        assert not given(world, (NAME, {DOCKER_KEY: "e30="}))

        # Who was seen with them keeps them, whatever has become of the Secret.
        world.handouts.set_reached(NAMESPACE.name, Reached(ready={NAME: "1/hash"}))
        assert given(world, (NAME, {DOCKER_KEY: "e30="}))
        assert given(world)

    asyncio.run(main())


def test_namespaces_are_told_when_the_same_bytes_are_what_is_asked_for() -> None:
    """What AWS gives may be what was there before: those who were given nothing get it then."""

    async def main() -> None:
        world = World(watch_namespaces=["team-a"], cluster_name="c")
        there = {"namespaces": {"include": ["team-a"]}}
        world.hand_out(world.have(pull_secret(**there)))
        await world.controller.reconcile(NAME)
        subject = world.have(pull_secret(9, generation=2, **there, registries=[{"region": "eu-central-1"}]))
        await world.controller.reconcile(NAME)
        assert world.tokens.asked == 1
        world.told.clear()
        world.hand_out(subject)
        await world.controller.reconcile(NAME)
        assert world.told == ["team-a"]

    asyncio.run(main())
