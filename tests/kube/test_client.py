"""The client against the real API server: requests, errors and lists."""

import pytest

from ecr_operator.kube.client import KubeClient
from ecr_operator.kube.errors import KubeError
from ecr_operator.kube.paths import object_path, resource_path
from tests.kube.conftest import GROUP_VERSION, Gadgets


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (resource_path("v1", "namespaces"), "/api/v1/namespaces"),
        (resource_path("v1", "pods", "team-a"), "/api/v1/namespaces/team-a/pods"),
        (resource_path("apps/v1", "deployments"), "/apis/apps/v1/deployments"),
        (
            object_path(
                {
                    "apiVersion": "ecr-operator.dev/v1alpha1",
                    "kind": "EcrLifecyclePolicy",
                    "metadata": {"name": "a", "namespace": "n"},
                },
                "status",
            ),
            "/apis/ecr-operator.dev/v1alpha1/namespaces/n/ecrlifecyclepolicies/a/status",
        ),
        (
            object_path({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}),
            "/api/v1/namespaces/n",
        ),
        (
            object_path({"apiVersion": "x/v1", "kind": "Ingress", "metadata": {"name": "n"}}),
            "/apis/x/v1/ingresses/n",
        ),
    ],
)
def test_paths(path: str, expected: str) -> None:
    assert path == expected


def test_objects_are_created_read_changed_and_deleted(gadgets: Gadgets) -> None:
    async def test(client: KubeClient) -> None:
        created = await gadgets.create(client, "a")
        path = object_path(created)
        assert path == f"{gadgets.path}/a"
        assert (await client.get(path))["metadata"]["uid"] == created["metadata"]["uid"]
        assert (await client.patch(path, {"spec": {"size": 2}}))["spec"] == {"size": 2}
        changed = await client.json_patch(path, [{"op": "replace", "path": "/spec/size", "value": 3}])
        assert changed["spec"] == {"size": 3}
        replaced = await client.put(path, {**changed, "spec": {"size": 4}})
        assert replaced["spec"] == {"size": 4}
        applied = await client.apply(path, {**gadgets.manifest("a"), "spec": {"colour": "red"}})
        assert applied["spec"] == {"size": 4, "colour": "red"}
        managers = {entry["manager"] for entry in applied["metadata"]["managedFields"]}
        assert managers == {"ecr-operator"}
        await client.delete(path)
        with pytest.raises(KubeError) as caught:
            await client.get(path)
        assert (caught.value.status, caught.value.reason) == (404, "NotFound")

    gadgets.run(test)


def test_a_delete_meant_for_another_object_of_that_name_is_refused(gadgets: Gadgets) -> None:
    async def test(client: KubeClient) -> None:
        created = await gadgets.create(client, "a")
        path = object_path(created)
        for refused in (client.delete(path, uid="another"), client.delete(path, resource_version="1")):
            with pytest.raises(KubeError) as caught:
                await refused
            assert caught.value.status == 409
        await client.delete(object_path(created), uid=created["metadata"]["uid"])

    gadgets.run(test)


def test_a_put_of_a_state_that_is_over_is_refused(gadgets: Gadgets) -> None:
    async def test(client: KubeClient) -> None:
        created = await gadgets.create(client, "a")
        await client.put(object_path(created), {**created, "spec": {"size": 2}})
        with pytest.raises(KubeError) as caught:
            await client.put(object_path(created), {**created, "spec": {"size": 3}})
        assert (caught.value.status, caught.value.reason) == (409, "Conflict")

    gadgets.run(test)


def test_an_error_says_what_the_server_said_and_which_fields_it_refused(gadgets: Gadgets) -> None:
    async def test(client: KubeClient) -> None:
        with pytest.raises(KubeError) as caught:
            await gadgets.create(client, "Not_A_Name")
        assert (caught.value.status, caught.value.reason) == (422, "Invalid")
        assert caught.value.causes == ("metadata.name",)
        assert "Not_A_Name" in str(caught.value)

        await gadgets.create(client, "a")
        with pytest.raises(KubeError) as caught:
            await gadgets.create(client, "a")
        assert (caught.value.status, caught.value.reason) == (409, "AlreadyExists")

        with pytest.raises(KubeError) as caught:
            await client.get(f"/apis/{GROUP_VERSION}/nothing-of-this-name")
        assert caught.value.status == 404

    gadgets.run(test)


def test_an_error_about_a_secret_does_not_hold_it(gadgets: Gadgets) -> None:
    async def test(client: KubeClient) -> None:
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "pull"},
            "type": "kubernetes.io/dockerconfigjson",
            "data": {".dockerconfigjson": "aHVudGVyMg=="},
            "stringData": {"extra": "hunter2"},
        }
        with pytest.raises(KubeError) as caught:
            await client.post(resource_path("v1", "secrets", gadgets.namespace), secret)
        assert caught.value.status == 422
        for text in (str(caught.value), repr(caught.value)):
            assert "hunter2" not in text
            assert "aHVudGVyMg" not in text

    gadgets.run(test)


def test_a_list_comes_in_pages_all_of_one_moment(gadgets: Gadgets) -> None:
    async def test(client: KubeClient) -> None:
        for number in range(7):
            await gadgets.create(client, f"g-{number}")
        pages: list[list[str]] = []
        versions = set()
        async for page in client.pages(gadgets.path, limit=3):
            if not pages:
                await gadgets.create(client, "late")
            pages.append([item["metadata"]["name"] for item in page["items"]])
            versions.add(page["metadata"]["resourceVersion"])
        assert pages == [["g-0", "g-1", "g-2"], ["g-3", "g-4", "g-5"], ["g-6"]]
        assert len(versions) == 1

    gadgets.run(test)


def test_a_list_may_be_narrowed_by_labels(gadgets: Gadgets) -> None:
    async def test(client: KubeClient) -> None:
        await gadgets.create(client, "a", labels={"team": "x"})
        await gadgets.create(client, "b")
        found = [
            page async for page in client.pages(gadgets.path, params={"labelSelector": "team in (x, y)"})
        ]
        assert [item["metadata"]["name"] for page in found for item in page["items"]] == ["a"]

    gadgets.run(test)
