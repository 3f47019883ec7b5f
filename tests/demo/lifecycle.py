"""The steps about lifecycle policies: held, applied, withdrawn in time."""

from tests.demo.commands import CommandError
from tests.demo.narrator import Narrator
from tests.demo.world import World
from tests.fake_aws.client import ACCOUNT, REGION

MANIFESTS = "tests/demo/manifests"
WAIT = "--timeout=30s"
STORE = "team-a/store"
STORE_IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{STORE}"
TWO_WEEKS = f"{MANIFESTS}/two-weeks.yaml"
IN_USE = "ImagesInUse"
APPLIED = '?(@.type=="LifecyclePolicyApplied")'
AT_RISK = '?(@.type=="ImagesAtRisk")'


class LifecycleStory:
    """`tell` once, in the namespace of the samples."""

    def __init__(self, narrator: Narrator, world: World) -> None:
        self._narrator = narrator
        self._world = world
        self._run = world.commands.run

    def tell(self) -> None:
        """All steps. Raises `CommandError` and `OperatorError`."""
        self.held()
        self.applied()
        self.withdrawn()

    def held(self) -> None:
        """A policy that would take an image in use is not applied."""
        self._step(
            "A lifecycle policy that would delete an image in use is held",
            "ECR deletes what a lifecycle policy expires, for good, and does not know what is in use.",
            f"{STORE} gets three images, pushed 30 days (v1), 10 days (v2) and an hour ago (v3); a Pod uses",
            "the oldest.",
        )
        self._run(f"kubectl apply -f {MANIFESTS}/store.yaml")
        self._run(f"kubectl wait ecrrepo/store --for=condition=Ready {WAIT}")
        self._world.by_hand.push_aged(STORE, {"v1": 30, "v2": 10, "v3": 1 / 24})
        self._run(f"kubectl run old --image={STORE_IMAGE}:v1")
        self._narrator.say(
            "", "An EcrLifecyclePolicy is for many repositories. `simulate` says what it would do:"
        )
        self._world.commands.show(TWO_WEEKS)
        self._run(f"ecr-operator simulate {TWO_WEEKS} --repository {STORE}", until="v1")
        self._narrator.say(
            "", "The operator has AWS preview it, and lists who uses what, before it is applied:"
        )
        self._run(f"kubectl apply -f {TWO_WEEKS}")
        self._lifecycle("Held")
        self._said(APPLIED, until="v1")
        self._narrator.say("", "The policy sums up how it goes on all its repositories:")
        self._run("kubectl get ecrlp/two-weeks", until=IN_USE)
        if self._world.by_hand.has_lifecycle_policy(STORE):
            raise CommandError("the policy was applied")

    def applied(self) -> None:
        """The image is not in use any more."""
        self._step(
            "When nobody uses the image the policy is applied",
            "The Pod goes, and another one uses v2, which may stay for now. What is held is judged again",
            "within half an hour; the annotation asks for it now.",
        )
        self._run(f"kubectl run new --image={STORE_IMAGE}:v2")
        self._run("kubectl delete pod/old --timeout=30s")
        self._run("kubectl annotate ecrrepo/store ecr-operator.dev/reconcile=now-3 --overwrite")
        self._lifecycle("Applied")
        self._run(f"kubectl wait ecrlp/two-weeks --for=condition=Ready {WAIT}")
        self._expired(["v1"])

    def withdrawn(self) -> None:
        """A policy in force comes to endanger an image in use."""
        self._step(
            "A policy in force is withdrawn in time",
            "Three days pass, and v2 is still in use: from tomorrow on ECR would delete it. The policy is",
            "judged two days ahead, whenever images are counted: every 15 minutes, here every 5 seconds.",
        )
        self._world.by_hand.let_pass(STORE, 3)
        self._lifecycle("Withdrawn")
        self._said(AT_RISK, until="v2")
        if self._world.by_hand.has_lifecycle_policy(STORE):
            raise CommandError("the policy was not withdrawn")
        self._narrator.say("", "Two more days pass. v2 is older than the policy allows, and stays:")
        self._world.by_hand.let_pass(STORE, 2)
        self._expired([])
        self._narrator.say(
            "", "The policy is not Ready while an image in use is in danger; the repository is:"
        )
        self._run("kubectl get ecrlp,ecrrepo -A", until=IN_USE)

    def _step(self, title: str, *sentences: str) -> None:
        self._narrator.step(title)
        self._narrator.say(*sentences)

    def _lifecycle(self, state: str) -> None:
        self._run(
            f"kubectl wait ecrrepo/store --for=jsonpath='{{.status.lifecyclePolicy.state}}'={state} {WAIT}"
        )

    def _said(self, condition: str, until: str) -> None:
        message = f"{{.status.conditions[{condition}].message}}"
        self._run(f"kubectl get ecrrepo/store -o jsonpath='{message}'", until=until)

    def _expired(self, tags: list[str]) -> None:
        """Let AWS run its policies, which must expire exactly these images, and show what is left."""
        before = self._world.by_hand.tags(STORE)
        gone = self._world.by_hand.run_lifecycle_policy(STORE)
        self._narrator.say("", "ECR runs lifecycle policies once a day. It does now:")
        left = self._world.by_hand.tags(STORE)
        if gone != tags or left != [tag for tag in before if tag not in tags]:
            raise CommandError(f"AWS has expired {gone}, but should have {tags}")
