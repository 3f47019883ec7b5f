"""The steps of the demo, in the order in which they are told."""

from tests.demo.commands import CommandError
from tests.demo.narrator import Narrator
from tests.demo.world import World

MANIFESTS = "tests/demo/manifests"
WAIT = "--timeout=30s"
READY = '?(@.type=="Ready")'


class Story:
    """`tell` once, in a fresh world."""

    def __init__(self, narrator: Narrator, world: World) -> None:
        self._narrator = narrator
        self._world = world
        self._run = world.commands.run

    def tell(self) -> None:
        """All steps. Raises `CommandError` and `OperatorError`."""
        self.install()
        self.samples()
        self.mistake()
        self.not_ours()
        self.drift()
        self.retain()
        self.held_deletion()
        self.calls()

    def install(self) -> None:
        """CRDs, operator."""
        self._step(
            "Install",
            "A real kube-apiserver runs here, without nodes, and a fake AWS. The operator comes now, as a",
            "process of its own; its credentials open nothing but the fake.",
        )
        self._run("kubectl version")
        self._run("kubectl apply --server-side -k crds/")
        self._world.show_operator()
        with self._narrator.waiting("Starting the operator"):
            self._world.start_operator()

    def samples(self) -> None:
        """Objects become repositories."""
        self._step(
            "Objects become repositories",
            "Three repositories are in AWS before: platform/base, which another tool manages, will only be",
            "observed; legacy/payments will be adopted; legacy/orders comes later.",
        )
        for name in ("platform/base", "legacy/payments", "legacy/orders"):
            self._world.by_hand.create(name)
        self._run("kubectl apply -k deploy/samples/")
        self._run("kubectl config set-context --current --namespace=samples")
        self._run(f"kubectl wait ecrrepo --all --for=condition=Ready {WAIT}")
        self._run("kubectl get ecrrepo -o wide")

    def mistake(self) -> None:
        """Refused by the API server."""
        self._step("A mistake is refused at once", "kubectl says what to write; nothing reaches AWS.")
        self._world.commands.show(f"{MANIFESTS}/refused-at-apply.yaml")
        self._run(f"kubectl apply -f {MANIFESTS}/refused-at-apply.yaml", fails=True)

    def not_ours(self) -> None:
        """Refused by the operator, then allowed."""
        self._step(
            "What is not ours is left alone",
            "legacy/orders exists, and nobody said that it may be taken over: it is not touched.",
        )
        self._run(f"kubectl apply -f {MANIFESTS}/not-ours.yaml")
        self._run(f"kubectl wait ecrrepo/orders --for=condition=Stalled {WAIT}")
        self._message("orders")
        self._narrator.say("", "Now it is said:")
        self._run("""kubectl patch ecrrepo/orders --type=merge -p '{"spec": {"adoptionPolicy": "Adopt"}}'""")
        self._run(f"kubectl wait ecrrepo/orders --for=condition=Ready {WAIT}")
        self._events("orders", "RepositoryUpdated")

    def drift(self) -> None:
        """Somebody changes AWS; the operator changes it back."""
        self._step(
            "Drift is healed",
            "Somebody makes all tags of team-a/api mutable. Everything is compared with AWS once an hour;",
            "the annotation, with any new value, asks for it now.",
        )
        self._world.by_hand.set_mutability("team-a/api", "MUTABLE")
        self._reconcile("api", "now-1")
        self._run(
            f"kubectl wait ecrrepo/api --for=jsonpath='{{.status.lastHandledReconcileAt}}'=now-1 {WAIT}"
        )
        self._events("api", "RepositoryUpdated")
        if self._world.by_hand.mutability("team-a/api") != "IMMUTABLE_WITH_EXCLUSION":
            raise CommandError("the drift was not healed")

    def retain(self) -> None:
        """Deletion of an object whose policy is Retain."""
        self._step(
            "Deleting an object keeps the repository", "`deletionPolicy: Retain` is the default (here: web)."
        )
        self._run("kubectl delete ecrrepo/web --timeout=30s")
        self._in_aws("web", there=True)

    def held_deletion(self) -> None:
        """Images hold a deletion."""
        self._step(
            "Images hold a deletion",
            "`deletionPolicy: Delete` deletes only an empty repository. Two images are pushed to team-a/api.",
        )
        self._world.by_hand.push("team-a/api", "v1", "v2")
        self._run("kubectl delete ecrrepo/api --wait=false")
        self._run(
            f"kubectl wait ecrrepo/api --for=jsonpath='{{.status.conditions[{READY}].reason}}'"
            f"=RepositoryNotEmpty {WAIT}"
        )
        self._message("api")
        self._world.by_hand.delete_images("team-a/api", "v1", "v2")
        self._reconcile("api", "now-2")
        self._run(f"kubectl wait ecrrepo/api --for=delete {WAIT}")
        self._in_aws("team-a/api", there=False)

    def calls(self) -> None:
        """What all this cost."""
        self._step("What the operator asked of AWS in all")
        counted = self._world.by_hand.operators_calls()
        for operation in sorted(counted):
            self._narrator.output(f"{counted[operation]:3}  {operation}")

    def _step(self, title: str, *sentences: str) -> None:
        self._narrator.step(title)
        self._narrator.say(*sentences)

    def _message(self, name: str) -> None:
        self._run(f"kubectl get ecrrepo/{name}")
        self._run(f"kubectl get ecrrepo/{name} -o jsonpath='{{.status.conditions[{READY}].message}}'")

    def _events(self, name: str, until: str) -> None:
        self._run(f"kubectl events --for ecrrepo/{name}", until=until)

    def _reconcile(self, name: str, value: str) -> None:
        self._run(f"kubectl annotate ecrrepo/{name} ecr-operator.dev/reconcile={value} --overwrite")

    def _in_aws(self, name: str, *, there: bool) -> None:
        if (name in self._world.by_hand.names()) != there:
            raise CommandError(f"repository {name} is {'gone' if there else 'still there'}")
