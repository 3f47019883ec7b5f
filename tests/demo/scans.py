"""The steps about scans: their findings are on the resource, and stop a pipeline and a Pod, until mended."""

from collections.abc import Mapping
from typing import Any

from tests.demo.commands import CommandError
from tests.demo.narrator import Narrator
from tests.demo.world import World
from tests.fake_aws.client import ACCOUNT, REGION

MANIFESTS = "tests/demo/manifests"
WAIT = "--timeout=30s"
CART = "team-a/cart"
CART_IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{CART}"
NAMESPACE = "samples"
LABEL = "ecr-operator.dev/scan-admission"
POLICY = "ecr-operator-scan-admission"
SCAN_PASSED = '?(@.type=="ScanPassed")'
BREAKS_POLICY = 2
"""The exit code of `ecr-operator gate`."""
ADMISSION_SECONDS = 45.0
"""At most: the API server looks for new kinds, those of parameters too, every 30 s, and the policy was
applied in the first step, which is longer ago.
"""
_DEBIAN = "https://security-tracker.debian.org/tracker"
CRITICAL: Mapping[str, Any] = {
    "name": "CVE-2026-1234",
    "severity": "CRITICAL",
    "package": "openssl",
    "version": "3.0.1",
    "uri": f"{_DEBIAN}/CVE-2026-1234",
}
HIGH: Mapping[str, Any] = {
    "name": "CVE-2026-2345",
    "severity": "HIGH",
    "package": "zlib",
    "version": "1.2.13",
    "uri": f"{_DEBIAN}/CVE-2026-2345",
}


class ScanStory:
    """`tell` once, in the namespace of the samples, with the admission policy applied long before."""

    def __init__(self, narrator: Narrator, world: World) -> None:
        self._narrator = narrator
        self._world = world
        self._run = world.commands.run

    def tell(self) -> None:
        """All steps. Raises `CommandError` and `OperatorError`."""
        self.found()
        self.gate()
        self.refused()
        self.mended()

    def found(self) -> None:
        """A scan finds more than the repository's policy allows."""
        self._step(
            "What a scan finds is on the resource, with a verdict",
            "ECR scans images when they are pushed. None of this repository may have a critical finding:",
        )
        self._world.commands.show(f"{MANIFESTS}/cart.yaml")
        self._run(f"kubectl apply -f {MANIFESTS}/cart.yaml")
        self._run(f"kubectl wait ecrrepo/cart --for=condition=Ready {WAIT}")
        self._narrator.say(
            "", f"{CART}:1.0 is pushed, and its scan finds one. It is read with the inventory:"
        )
        self._world.by_hand.push_scanned(CART, "1.0", [CRITICAL, HIGH])
        self._run(f"kubectl wait ecrrepo/cart --for=condition=ScanPassed=false {WAIT}")
        self._run("kubectl get ecrrepo/cart")
        self._verdict(until="1.0 has 1 critical finding")
        self._run("kubectl events --for ecrrepo/cart", until=str(CRITICAL["name"]))

    def gate(self) -> None:
        """A pipeline judges by the same policy."""
        self._step(
            "A pipeline stops at it",
            "`gate` waits until an image is scanned, and fails where it breaks the policy, here that of the",
            "EcrRepository. The exit code is 2.",
        )
        gate = f"ecr-operator gate {CART_IMAGE}:1.0 --policy-from {NAMESPACE}/cart"
        said = self._run(gate, exits=BREAKS_POLICY)
        if str(CRITICAL["name"]) not in said or str(HIGH["name"]) in said:
            raise CommandError("the gate does not list the finding that breaks the policy, and no other")

    def refused(self) -> None:
        """The cluster does not run that image."""
        self._step(
            "A Pod with that image is refused",
            "deploy/admission was applied in the first step: a policy that the API server evaluates by",
            "itself, in namespaces that ask for it, by what the EcrRepositories there say.",
        )
        self._run(f"kubectl label namespace/{NAMESPACE} {LABEL}=deny")
        bad = f"kubectl run cart --image={CART_IMAGE}:1.0"
        with self._narrator.waiting("The API server learns of the label"):
            self._world.commands.wait_until_refused(f"{bad} --dry-run=server", ADMISSION_SECONDS)
        said = self._run(bad, exits=1)
        if POLICY not in said or "1 critical, 1 high" not in said:
            raise CommandError("the refusal does not say what was found")

    def mended(self) -> None:
        """The next image has no critical finding."""
        self._step(
            "The image that mends it is let in",
            "1.1 is without the critical finding. At admission each image is judged by itself: the old one",
            "does not keep the new one out.",
        )
        self._world.by_hand.push_scanned(CART, "1.1", [HIGH])
        self._images(until="1.1 passed: True")
        self._run(f"kubectl run cart --image={CART_IMAGE}:1.1")
        self._narrator.say(
            "", "ScanPassed is about all images that are reported. The old one goes, and a pipeline may wait:"
        )
        self._world.by_hand.delete_images(CART, "1.0")
        self._run(f"kubectl wait ecrrepo/cart --for=condition=ScanPassed=true {WAIT}")
        self._run("kubectl get ecrrepo/cart")
        self._verdict(until="1.1")

    def _step(self, title: str, *sentences: str) -> None:
        self._narrator.step(title)
        self._narrator.say(*sentences)

    def _verdict(self, until: str) -> None:
        message = f"{{.status.conditions[{SCAN_PASSED}].message}}"
        self._run(f"kubectl get ecrrepo/cart -o jsonpath='{message}'", until=until)

    def _images(self, until: str) -> None:
        image = '{range .status.scan.images[*]}{.tag} passed: {.passed} {.severityCounts}{"\\n"}{end}'
        self._run(f"kubectl get ecrrepo/cart -o jsonpath='{image}'", until=until)
