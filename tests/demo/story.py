"""The steps of the demo, in the order in which they are told."""

from tests.demo.commands import CommandError
from tests.demo.lifecycle import LifecycleStory
from tests.demo.narrator import Narrator
from tests.demo.scans import ScanStory
from tests.demo.world import World

MANIFESTS = "tests/demo/manifests"
WAIT = "--timeout=30s"
READY = '?(@.type=="Ready")'

CHANGES, REFUSED = 2, 3
"""The exit codes of `ecr-operator plan`."""

SHARED = "team-a/shared"
PULL_CREDENTIALS = f"{MANIFESTS}/pull-credentials.yaml"
LIFE = 20.0
"""Of a token, in seconds: it is refreshed at half of it."""
MORE_ACCESS = f"{MANIFESTS}/more-access.yaml"
BY_LAMBDA = {
    "Sid": "LambdaECRImageRetrievalPolicy",
    "Effect": "Allow",
    "Principal": {"Service": "lambda.amazonaws.com"},
    "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
    "Condition": {"StringLike": {"aws:sourceArn": "arn:aws:lambda:eu-west-1:111111111111:function:*"}},
}
"""What Lambda writes by itself when a function of the same account is made of an image."""


class Story:
    """`tell` once, in a fresh world."""

    def __init__(self, narrator: Narrator, world: World) -> None:
        self._narrator = narrator
        self._world = world
        self._run = world.commands.run

    def tell(self) -> None:
        """All steps. Raises `CommandError` and `OperatorError`."""
        self.install()
        self.plan()
        self.samples()
        self.mistake()
        self.not_ours()
        self.drift()
        self.grants()
        self.policy_typos()
        self.retain()
        self.held_deletion()
        self.pull_credentials()
        LifecycleStory(self._narrator, self._world).tell()
        ScanStory(self._narrator, self._world).tell()
        self.calls()

    def install(self) -> None:
        """CRDs, admission policy, operator."""
        self._step(
            "Install",
            "A real kube-apiserver runs here, without nodes, and a fake AWS. The operator comes now, as a",
            "process of its own; its credentials open nothing but the fake.",
        )
        self._run("kubectl version")
        self._run("kubectl apply --server-side -k crds/")
        self._narrator.say("", "A policy that refuses images, for namespaces that ask for it; none does yet:")
        self._run("kubectl apply -k deploy/admission/")
        self._world.show_operator()
        with self._narrator.waiting("Starting the operator"):
            self._world.start_operator()

    def plan(self) -> None:
        """What would happen, before it does."""
        self._step(
            "A plan says what an apply would do",
            "It reads manifests and AWS, writes nothing, and needs no cluster. Three repositories are in AWS",
            "before: platform/base, which another tool manages, will only be observed; legacy/payments will",
            "be adopted; legacy/orders comes later.",
        )
        for name in ("platform/base", "legacy/payments", "legacy/orders"):
            self._world.by_hand.create(name)
        self._run("ecr-operator plan -f deploy/samples/ -n samples", exits=CHANGES)
        self._narrator.say("", "The exit code is 2: there are changes.")
        if "CreateRepository" in self._world.by_hand.operators_calls():
            raise CommandError("the plan has written to AWS")

    def samples(self) -> None:
        """Objects become repositories."""
        self._step("Objects become repositories", "The apply does what the plan has said.")
        self._run("kubectl apply -k deploy/samples/")
        self._run("kubectl config set-context --current --namespace=samples")
        self._run(f"kubectl wait ecrrepo --all --for=condition=Ready {WAIT}")
        self._run("kubectl get ecrrepo -o wide")

    def mistake(self) -> None:
        """Refused by the API server."""
        self._step("A mistake is refused at once", "kubectl says what to write; nothing reaches AWS.")
        self._world.commands.show(f"{MANIFESTS}/refused-at-apply.yaml")
        self._run(f"kubectl apply -f {MANIFESTS}/refused-at-apply.yaml", exits=1)

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

    def grants(self) -> None:
        """Grants change; a statement that is not ours survives."""
        self._step(
            "Grants change, and a statement that is not ours stays",
            f"Somebody makes a Lambda function of an image in {SHARED}, and Lambda writes a statement of",
            "its own into the repository's policy:",
        )
        self._world.by_hand.add_statement(SHARED, BY_LAMBDA)
        self._narrator.say("", "Then the grants change:")
        self._world.commands.show(MORE_ACCESS)
        self._run(f"ecr-operator plan -f {MORE_ACCESS} -n samples", exits=CHANGES)
        self._run(f"kubectl apply -f {MORE_ACCESS}")
        self._run(f"kubectl wait ecrrepo/shared --for=condition=Ready {WAIT}")
        self._events("shared", "RepositoryUpdated")
        wanted = ["EcrOperatorPullOrganizations", "EcrOperatorPush", BY_LAMBDA["Sid"]]
        if self._world.by_hand.sids(SHARED) != wanted:
            raise CommandError("the policy does not hold the new grants and Lambda's statement")
        self._run(
            "kubectl get ecrrepo/shared -o jsonpath='kept: {.status.foreignStatements}'",
            until=str(BY_LAMBDA["Sid"]),
        )

    def policy_typos(self) -> None:
        """Refused by the API server, by `plan`, and by the operator."""
        misspelt = f"{MANIFESTS}/misspelt-condition.yaml"
        self._step(
            "A typo in a policy is refused",
            "An account of 11 digits is seen at apply. A misspelt member of a statement is never ignored,",
            "because a grant without its condition is open: `plan` refuses it, and so does the operator.",
        )
        self._run(f"kubectl apply -f {MANIFESTS}/eleven-digits.yaml", exits=1)
        self._world.commands.show(misspelt)
        self._run(f"ecr-operator plan -f {MORE_ACCESS} -f {misspelt} -n samples", exits=REFUSED)
        self._run(f"kubectl apply -f {misspelt}")
        self._run(f"kubectl wait ecrrepo/misspelt --for=condition=Stalled {WAIT}")
        self._message("misspelt", until="InvalidPolicy")

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

    def pull_credentials(self) -> None:
        """Secrets in namespaces that want them: new ones, edited ones, refreshed ones."""
        self._step(
            "Pull credentials go to every namespace that wants them",
            "An EcrPullSecret puts a Secret into namespaces, here by a label, and its name on a service",
            "account. AWS is asked for one token, however many namespaces there are. It lives for 12 hours;",
            f"for this step the fake AWS gives it {LIFE:.0f} seconds.",
        )
        self._world.by_hand.shorten_tokens(LIFE)
        self._world.commands.show(PULL_CREDENTIALS)
        self._run(f"kubectl apply -f {PULL_CREDENTIALS}")
        self._run(f"kubectl wait ecrps/shops --for=condition=Ready {WAIT}")
        self._narrator.say("", "Beside it are those of the samples; most of these match no namespace here.")
        self._run("kubectl get ecrps -o wide")
        described = self._run("kubectl describe secret/shops -n shop-a")
        self._narrator.say(
            "", "A namespace that comes later gets the Secret at once, and so does its account:"
        )
        self._run("kubectl create namespace shop-c")
        self._run("kubectl label namespace/shop-c example.com/shop=true")
        self._run(f"kubectl wait secret/shops -n shop-c --for=create {WAIT}")
        self._run(
            "kubectl get serviceaccount/default -n shop-c -o jsonpath='{.imagePullSecrets}'", until='"shops"'
        )
        self._narrator.say("", "Somebody empties one; it is restored, without another token:")
        nothing = """-p '{"data": {".dockerconfigjson": "e30="}}'"""
        self._run(f"kubectl patch secret/shops -n shop-a --type=merge {nothing}")
        self._run("kubectl describe secret/shops -n shop-a", until=described.strip().splitlines()[-1])
        self._narrator.say(
            "", "At half of its life the token is replaced. The Secrets stay the same objects:"
        )
        columns = "NAMESPACE:.metadata.namespace,UID:.metadata.uid,VERSION:.metadata.resourceVersion"
        secrets = f"kubectl get secrets -A -l ecr-operator.dev/pull-secret=shops -o custom-columns={columns}"
        before = self._run(secrets)
        after = self._world.commands.run_until_changed(secrets, before, timeout=LIFE)
        if _first_two(after) != _first_two(before):
            raise CommandError("the Secrets were replaced")
        self._world.by_hand.shorten_tokens(None)

    def calls(self) -> None:
        """What all this cost."""
        self._step(
            "What was asked of AWS in all",
            "By the operator and by the commands `plan`, `simulate` and `gate`. Most of it counts images,",
            "which is done every 5 seconds here (DescribeImages).",
        )
        counted = self._world.by_hand.operators_calls()
        for operation in sorted(counted):
            self._narrator.output(f"{counted[operation]:3}  {operation}")

    def _step(self, title: str, *sentences: str) -> None:
        self._narrator.step(title)
        self._narrator.say(*sentences)

    def _message(self, name: str, until: str = "") -> None:
        self._run(f"kubectl get ecrrepo/{name}", until=until)
        self._run(f"kubectl get ecrrepo/{name} -o jsonpath='{{.status.conditions[{READY}].message}}'")

    def _events(self, name: str, until: str) -> None:
        self._run(f"kubectl events --for ecrrepo/{name}", until=until)

    def _reconcile(self, name: str, value: str) -> None:
        self._run(f"kubectl annotate ecrrepo/{name} ecr-operator.dev/reconcile={value} --overwrite")

    def _in_aws(self, name: str, *, there: bool) -> None:
        if (name in self._world.by_hand.names()) != there:
            raise CommandError(f"repository {name} is {'gone' if there else 'still there'}")


def _first_two(table: str) -> list[list[str]]:
    """The first two columns of a table."""
    return [line.split()[:2] for line in table.splitlines()]
