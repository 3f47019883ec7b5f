"""What was taken for deleted: the next list has the last word, one that is under way has not."""

from typing import Any

import pytest

from ecr_operator.kube.store import Store
from tests.kube.test_store import KIND, Obj, names, obj

UID = "uid-of-a"


@pytest.fixture(params=[(), (KIND,)], ids=["", "seen by label"])
def store(request: pytest.FixtureRequest) -> Store:
    return Store([KIND], selected=request.param)


def version(store: Store) -> Any:
    held = store.get(KIND, "team-a", "a")
    return held and held["metadata"]["resourceVersion"]


def test_a_list_that_began_later_brings_back_what_was_never_deleted() -> None:
    store = Store([KIND])
    store.put(KIND, obj("a", 5))
    store.remove(KIND, "team-a", "a", UID)
    told: list[tuple[Obj | None, Obj | None]] = []
    store.on_change(lambda kind, old, new: told.append((old, new)))
    result = store.replace(KIND, [obj("a", 5)], store.begin(KIND))
    assert result.changed == {("team-a", "a")}
    assert told == [(None, obj("a", 5))]
    # And from then on the watch is believed again.
    assert store.put(KIND, obj("a", 6)).changed


def test_a_list_that_was_under_way_does_not(store: Store) -> None:
    store.put(KIND, obj("a", 5))
    token = store.begin(KIND)
    store.add_page(token, [obj("b", 5)])
    store.remove(KIND, "team-a", "a", UID)
    store.add_page(token, [obj("a", 5)])
    store.finish(token)
    assert names(store) == ["b"]


def test_nor_does_one_whose_object_was_replaced_meanwhile(store: Store) -> None:
    store.put(KIND, obj("a", 5, uid="first"))
    token = store.begin(KIND)
    store.put(KIND, obj("a", 8, uid="second"))
    store.remove(KIND, "team-a", "a", "second")
    store.replace(KIND, [obj("a", 5, uid="first")], token)
    assert names(store) == []


def test_what_the_watch_has_shown_while_the_list_ran_may_be_newer() -> None:
    store = Store([KIND])
    store.put(KIND, obj("a", 5))
    store.remove(KIND, "team-a", "a", UID)
    token = store.begin(KIND)
    assert not store.put(KIND, obj("a", 7)).changed
    store.replace(KIND, [obj("a", 6)], token)
    assert version(store) == "7"


def test_one_that_was_buried_before_gives_way_to_a_newer_one_of_its_name() -> None:
    store = Store([KIND])
    store.put(KIND, obj("a", 5, uid="first"))
    store.remove(KIND, "team-a", "a", "first")
    token = store.begin(KIND)
    store.put(KIND, obj("a", 8, uid="second"))
    store.replace(KIND, [obj("a", 6, uid="first")], token)
    assert store.get(KIND, "team-a", "a") == obj("a", 8, uid="second")


def test_an_object_whose_label_came_back_while_the_list_ran_stays() -> None:
    store = Store([KIND], selected=[KIND])
    store.put(KIND, obj("a", 5))
    token = store.begin(KIND)
    store.remove(KIND, "team-a", "a", UID)
    store.put(KIND, obj("a", 7))
    result = store.replace(KIND, [obj("a", 5)], token)
    assert version(store) == "7"
    assert not result.removed
