"""The store: the newest state wins, deletions stay, listings tell what is gone."""

import random
from typing import Any

import pytest

from ecr_operator.kube.store import Store

Obj = dict[str, Any]
KIND = "ecrrepositories"


def obj(name: str, version: int, uid: str | None = None, **more: Any) -> Obj:
    metadata = {
        "name": name,
        "namespace": "team-a",
        "uid": uid or f"uid-of-{name}",
        "resourceVersion": str(version),
        **more.pop("metadata", {}),
    }
    return {"apiVersion": "v1", "kind": "Thing", "metadata": metadata, "spec": {"version": version}, **more}


@pytest.fixture
def store() -> Store:
    return Store([KIND])


@pytest.fixture
def changes(store: Store) -> list[tuple[str | None, str | None]]:
    """Old and new resourceVersion of every change that was told."""
    told: list[tuple[str | None, str | None]] = []

    def version(seen: Obj | None) -> str | None:
        return None if seen is None else seen["metadata"]["resourceVersion"]

    store.on_change(lambda kind, old, new: told.append((version(old), version(new))))
    return told


def names(store: Store) -> list[str]:
    return sorted(item["metadata"]["name"] for item in store.items(KIND))


def listed(store: Store, *objects: Obj) -> Any:
    return store.replace(KIND, objects, store.begin(KIND))


class TestPut:
    def test_a_new_object_is_held_and_told(self, store: Store, changes: list[Any]) -> None:
        assert store.put(KIND, obj("a", 5)) == (None, True)
        assert store.get(KIND, "team-a", "a") == obj("a", 5)
        assert (store.count(KIND), changes) == (1, [(None, "5")])

    def test_a_newer_state_replaces_the_older_and_returns_it(self, store: Store, changes: list[Any]) -> None:
        store.put(KIND, obj("a", 9))
        assert store.put(KIND, obj("a", 10)) == (obj("a", 9), True)
        assert changes == [(None, "9"), ("9", "10")]

    def test_an_older_state_is_ignored_by_number_not_by_text(self, store: Store, changes: list[Any]) -> None:
        store.put(KIND, obj("a", 10))
        assert store.put(KIND, obj("a", 9)).changed is False
        assert store.get(KIND, "team-a", "a") == obj("a", 10)
        assert changes == [(None, "10")]

    def test_the_same_state_again_is_no_change(self, store: Store, changes: list[Any]) -> None:
        store.put(KIND, obj("a", 5))
        assert store.put(KIND, obj("a", 5)).changed is False
        assert len(changes) == 1

    def test_a_state_that_differs_in_version_and_managed_fields_alone_is_held_but_no_change(
        self, store: Store, changes: list[Any]
    ) -> None:
        store.put(KIND, obj("a", 5, spec={}))
        assert store.put(KIND, obj("a", 6, spec={}, metadata={"managedFields": [{}]})).changed is False
        held = store.get(KIND, "team-a", "a")
        assert held is not None
        assert held["metadata"]["resourceVersion"] == "6"
        assert len(changes) == 1

    def test_another_uid_is_the_end_of_one_object_and_the_start_of_another(
        self, store: Store, changes: list[Any]
    ) -> None:
        store.put(KIND, obj("a", 5, uid="first"))
        store.put(KIND, obj("a", 8, uid="second"))
        assert changes == [(None, "5"), ("5", None), (None, "8")]
        store.put(KIND, obj("a", 6, uid="first"))
        store.put(KIND, obj("a", 9, uid="first"))
        assert store.get(KIND, "team-a", "a") == obj("a", 8, uid="second")

    def test_what_nobody_reads_is_left_out_and_the_given_object_untouched(self, store: Store) -> None:
        last = "kubectl.kubernetes.io/last-applied-configuration"
        given = obj("a", 5, metadata={"managedFields": [{}], "annotations": {last: "{}", "kept": "x"}})
        store.put(KIND, given)
        store.put(KIND, obj("b", 5, metadata={"annotations": {last: "{}"}}))
        assert store.get(KIND, "team-a", "a") == obj("a", 5, metadata={"annotations": {"kept": "x"}})
        assert store.get(KIND, "team-a", "b") == obj("b", 5)
        assert given["metadata"]["managedFields"] == [{}]
        assert last in given["metadata"]["annotations"]

    def test_cluster_scoped_objects_have_no_namespace(self, store: Store) -> None:
        namespace = obj("team-a", 5)
        del namespace["metadata"]["namespace"]
        store.put("namespaces", namespace)
        assert store.get("namespaces", None, "team-a") == store.get("namespaces", "", "team-a") == namespace

    def test_a_failing_subscriber_keeps_nothing_from_the_others(
        self, store: Store, caplog: pytest.LogCaptureFixture
    ) -> None:
        told: list[str] = []

        def broken(kind: str, old: Obj | None, new: Obj | None) -> None:
            raise ZeroDivisionError

        store.on_change(broken)
        store.on_change(lambda kind, old, new: told.append(kind))
        store.put(KIND, obj("a", 5))
        assert told == [KIND]
        assert "team-a/a" in caplog.text


class TestRemove:
    def test_a_removed_object_is_returned_and_told(self, store: Store, changes: list[Any]) -> None:
        store.put(KIND, obj("a", 5))
        assert store.remove(KIND, "team-a", "a", "uid-of-a") == obj("a", 5)
        assert store.remove(KIND, "team-a", "a", "uid-of-a") is None
        assert changes == [(None, "5"), ("5", None)]

    def test_an_object_of_the_same_name_and_another_uid_stays(self, store: Store) -> None:
        store.put(KIND, obj("a", 8, uid="second"))
        assert store.remove(KIND, "team-a", "a", "first") is None
        assert names(store) == ["a"]

    def test_without_a_uid_whatever_is_held_is_removed(self, store: Store) -> None:
        store.put(KIND, obj("a", 8, uid="second"))
        assert store.remove(KIND, "team-a", "a") is not None
        assert store.remove(KIND, "team-a", "a") is None
        store.put(KIND, obj("a", 8, uid="second"))
        assert names(store) == []

    def test_the_late_answer_to_a_write_brings_no_object_back(self, store: Store) -> None:
        store.put(KIND, obj("a", 5))
        store.remove(KIND, "team-a", "a", "uid-of-a")
        assert store.put(KIND, obj("a", 6)) == (None, False)
        assert names(store) == []

    def test_what_is_remembered_of_deleted_objects_is_bounded(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ecr_operator.kube.store._BURIED", 2)
        for number in range(3):
            store.remove(KIND, "team-a", "a", f"uid-{number}")
        assert list(store._buried) == ["uid-1", "uid-2"]


class TestListing:
    def test_what_is_not_listed_is_dropped_and_the_rest_compared(
        self, store: Store, changes: list[Any]
    ) -> None:
        for name in ("same", "changed", "gone"):
            store.put(KIND, obj(name, 5))
        changes.clear()
        result = listed(store, obj("same", 5), obj("changed", 7), obj("new", 8))
        assert result.changed == {("team-a", "changed"), ("team-a", "new")}
        assert result.removed == {("team-a", "gone")}
        assert changes == [("5", "7"), (None, "8"), ("5", None)]

    def test_an_object_deleted_while_the_list_ran_stays_deleted(self, store: Store) -> None:
        store.put(KIND, obj("a", 5))
        token = store.begin(KIND)
        store.remove(KIND, "team-a", "a", "uid-of-a")
        store.remove(KIND, "team-a", "never-seen", "uid-of-never-seen")
        result = store.replace(KIND, [obj("a", 5), obj("never-seen", 4)], token)
        assert names(store) == []
        assert not result.changed
        assert not result.removed

    def test_an_object_deleted_and_created_anew_while_the_list_ran_is_the_new_one(self, store: Store) -> None:
        store.put(KIND, obj("a", 5, uid="first"))
        token = store.begin(KIND)
        store.remove(KIND, "team-a", "a", "first")
        store.put(KIND, obj("a", 8, uid="second"))
        store.replace(KIND, [obj("a", 5, uid="first")], token)
        assert store.get(KIND, "team-a", "a") == obj("a", 8, uid="second")

    def test_an_object_created_while_the_list_ran_is_kept(self, store: Store) -> None:
        token = store.begin(KIND)
        store.put(KIND, obj("late", 9))
        assert store.replace(KIND, [], token).removed == set()
        assert names(store) == ["late"]

    def test_an_object_changed_while_the_list_ran_keeps_the_newer_state(self, store: Store) -> None:
        store.put(KIND, obj("a", 5))
        token = store.begin(KIND)
        store.put(KIND, obj("a", 9))
        store.replace(KIND, [obj("a", 5)], token)
        assert store.get(KIND, "team-a", "a") == obj("a", 9)

    def test_a_list_with_lower_versions_is_believed_because_etcd_was_restored(self, store: Store) -> None:
        store.put(KIND, obj("a", 900))
        listed(store, obj("a", 5))
        assert store.get(KIND, "team-a", "a") == obj("a", 5)

    def test_pages_are_held_as_they_come_and_nothing_is_dropped_before_the_last(self, store: Store) -> None:
        store.put(KIND, obj("gone", 5))
        token = store.begin(KIND)
        store.add_page(token, [obj("a", 5)])
        assert names(store) == ["a", "gone"]
        store.add_page(token, [obj("b", 5)])
        store.finish(token)
        assert names(store) == ["a", "b"]

    def test_a_list_that_failed_drops_nothing_and_does_not_count(self, store: Store) -> None:
        store.put(KIND, obj("a", 5))
        token = store.begin(KIND)
        store.add_page(token, [obj("b", 5)])
        store.abandon(token)
        assert names(store) == ["a", "b"]
        assert not store.synced.is_set()

    def test_a_second_list_takes_the_place_of_the_first(self, store: Store) -> None:
        first = store.begin(KIND)
        second = store.begin(KIND)
        store.add_page(second, [obj("a", 5)])
        store.add_page(first, [obj("ghost", 5)])
        assert not store.finish(first).removed
        assert names(store) == ["a"]
        store.abandon(first)
        assert not store.synced.is_set()
        store.finish(second)
        assert store.synced.is_set()

    def test_a_token_is_for_its_kind(self, store: Store) -> None:
        with pytest.raises(ValueError, match="not namespaces"):
            store.replace("namespaces", [], store.begin(KIND))

    def test_synced_when_every_expected_kind_was_listed_and_not_after_one_is_gone(self) -> None:
        store = Store([KIND, "namespaces"])
        listed(store, obj("a", 5))
        assert not store.synced.is_set()
        store.replace("namespaces", [], store.begin("namespaces"))
        assert store.synced.is_set()
        store.reset(KIND)
        assert not store.synced.is_set()
        listed(store)
        assert store.synced.is_set()

    def test_reset_drops_the_objects_and_ends_a_list_under_way(
        self, store: Store, changes: list[Any]
    ) -> None:
        store.put(KIND, obj("a", 5))
        token = store.begin(KIND)
        store.reset(KIND)
        assert changes == [(None, "5"), ("5", None)]
        store.replace(KIND, [obj("a", 5)], token)
        assert names(store) == []
        assert not store.synced.is_set()

    @pytest.mark.parametrize("seed", range(50))
    def test_whatever_overtakes_what_the_end_is_the_truth(self, seed: int) -> None:
        """A server that changes while its lists are read in pages and its events come late, but in order."""
        chance = random.Random(seed)
        store = Store([KIND])
        truth: dict[str, Obj] = {}
        events: list[tuple[str, Obj]] = []
        version = 0

        def step() -> None:
            nonlocal version
            version += 1
            name = chance.choice("abcdef")
            if name in truth and chance.random() < 0.4:
                events.append(("DELETED", {**truth.pop(name)}))
            else:
                uid = truth[name]["metadata"]["uid"] if name in truth else f"{name}-{version}"
                truth[name] = obj(name, version, uid=uid)
                events.append(("MODIFIED", truth[name]))

        def deliver(count: int) -> None:
            for _ in range(min(count, len(events))):
                kind, seen = events.pop(0)
                if kind == "DELETED":
                    store.remove(KIND, "team-a", seen["metadata"]["name"], seen["metadata"]["uid"])
                else:
                    store.put(KIND, seen)

        for _ in range(10):
            token = store.begin(KIND)
            snapshot = list(truth.values())
            for page in (snapshot[:2], snapshot[2:4], snapshot[4:]):
                for _ in range(chance.randrange(4)):
                    step()
                    deliver(chance.randrange(3))
                store.add_page(token, page)
            store.finish(token)
        deliver(len(events))
        assert {item["metadata"]["name"]: item for item in store.items(KIND)} == truth


class TestIndex:
    def test_it_follows_every_change(self, store: Store) -> None:
        store.put(KIND, obj("early", 1, labels=["x"]))
        store.add_index(KIND, "label", lambda o: o.get("labels", ()))
        store.put(KIND, obj("a", 2, labels=["x", "y"]))
        assert store.by_index(KIND, "label", "x") == [("team-a", "early"), ("team-a", "a")]
        store.put(KIND, obj("a", 3, labels=["y", "z"]))
        assert store.by_index(KIND, "label", "x") == [("team-a", "early")]
        assert store.by_index(KIND, "label", "z") == [("team-a", "a")]
        store.remove(KIND, "team-a", "a", "uid-of-a")
        listed(store)
        assert [store.by_index(KIND, "label", value) for value in "xyz"] == [[], [], []]
        assert store._indexes[KIND]["label"].keys == {}

    def test_a_subscriber_sees_it_up_to_date(self, store: Store) -> None:
        seen: list[list[Any]] = []
        store.add_index(KIND, "spec", lambda o: [o["spec"]["version"]])
        store.on_change(lambda kind, old, new: seen.append(store.by_index(KIND, "spec", 5)))
        store.put(KIND, obj("a", 5))
        assert seen == [[("team-a", "a")]]

    def test_an_object_that_it_cannot_read_is_held_all_the_same(
        self, store: Store, caplog: pytest.LogCaptureFixture
    ) -> None:
        store.add_index(KIND, "label", lambda o: o["labels"])
        store.put(KIND, obj("odd", 5))
        store.put(KIND, obj("fine", 5, labels=["x"]))
        assert names(store) == ["fine", "odd"]
        assert store.by_index(KIND, "label", "x") == [("team-a", "fine")]
        assert "odd" in caplog.text


def test_an_object_that_is_seen_by_its_label_may_vanish_and_come_back() -> None:
    store = Store([KIND], selected=[KIND])
    store.put(KIND, obj("a", 1))
    store.remove(KIND, "team-a", "a", "uid-of-a")
    assert store.get(KIND, "team-a", "a") is None

    # Its label is there again: the same object.
    assert store.put(KIND, obj("a", 3)).changed
    assert store.get(KIND, "team-a", "a") is not None
