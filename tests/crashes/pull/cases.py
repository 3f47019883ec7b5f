"""One EcrPullSecret on its way through a scenario, and what became of it and around it."""

from tests.crashes.cases import Ending
from tests.crashes.pull.scenarios import Scenario
from tests.crashes.stale import Older
from tests.pull_secrets import KIND
from tests.sequences.pull.driver import Driver
from tests.sequences.pull.look import Look, passwords_of, told
from tests.sequences.pull.steps import CASE, LABEL, AddNamespace, Spec
from tests.sequences.pull.world import PullWorld


class Case:
    """Names are new, so that many cases go side by side. See `tests.crashes.cases.Case`."""

    def __init__(self, world: PullWorld, scenario: Scenario) -> None:
        self.world = world
        self.scenario = scenario
        self.driver = Driver(world)
        self.name = self.driver.name
        self.older: list[Older] = []
        """The object, its Secrets and service accounts before the scenario's last step."""

    def begin(self) -> None:
        """The namespaces that are there at first."""
        for letter in ("a", "b"):
            self.driver.take(AddNamespace(letter, {LABEL: CASE}))

    def prepare(self) -> None:
        """The steps before."""
        for step in self.scenario.before:
            self.driver.take(step)
            self.driver.settle()
        self.older = self._seen()

    def act(self) -> None:
        """What the scenario is about."""
        self.driver.take(self.scenario.then)

    def apply(self, spec: Spec) -> None:
        """Apply a spec."""
        self.driver.apply(spec)

    def delete(self) -> None:
        """Ask for the object's deletion."""
        self.driver.delete()

    def killed(self) -> None:
        """Look which Secrets there are: the next operator keeps them."""
        self.driver.note()

    def has_ended(self) -> bool:
        """Whether all is as it should be in the end."""
        obj = self.world.cluster.find(KIND, None, self.name)
        if obj is not None and obj["status"]["observedGeneration"] != obj["metadata"]["generation"]:
            # Most of the time, and cheap to see.
            return False
        return not self.driver.problems()

    def ending(self) -> Ending:
        """Wait for the end and look. Raises `Divergence`."""
        self.driver.is_settled = False
        self.driver.settle()
        look = Look(self.world, self.driver.model)
        secrets = {
            letter: secret
            and {
                "hosts": sorted(passwords_of(secret["data"])),
                "labels": secret["metadata"].get("labels"),
                "owners": [one["kind"] for one in secret["metadata"].get("ownerReferences", ())],
            }
            for letter, secret in look.secrets.items()
        }
        entries = {key: (account or {}).get("imagePullSecrets") for key, account in look.accounts.items()}
        said = look.obj and told(look.obj)
        text = repr((secrets, entries, said)).replace(self.name, CASE)
        return Ending(None, {"all": text.replace(self.driver.model.account, "<account>") if said else text})

    def clean(self) -> None:
        """Leave nothing behind."""
        self.driver.clean()

    def _seen(self) -> list[Older]:
        look = Look(self.world, self.driver.model)
        found = [Older(KIND, None, self.name, look.obj)]
        for letter, secret in look.secrets.items():
            found.append(Older("Secret", f"{self.name}-{letter}", self.driver.model.secret or "ecr", secret))
        for (letter, name), account in look.accounts.items():
            found.append(Older("ServiceAccount", f"{self.name}-{letter}", name, account))
        return found
