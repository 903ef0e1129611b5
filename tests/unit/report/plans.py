"""Plans of a login, and how Salesforce refuses them."""

from key_material import KeyMaterial

from sfjwt_action.ci.detection import stderr_reporter
from sfjwt_action.inputs.problems import Problems
from sfjwt_action.inputs.settings import read_settings
from sfjwt_action.login import LoginRefused, Plan, RefusedAttempt, plan_login
from sfjwt_action.refusals.refusal import Refusal

CONSUMER_KEY = "3MVG9" + "x" * 70 + "Zend"
NOT_APPROVED = "invalid_grant: user hasn't approved this consumer"


class MakePlan:
    def __init__(self, material: KeyMaterial) -> None:
        self.material = material

    def __call__(self, **inputs: str) -> Plan:
        environ = {
            "SFJWT_CONSUMER_KEY": CONSUMER_KEY,
            "SFJWT_USERNAME": "ci@acme.com",
            "SFJWT_PRIVATE_KEY": self.material.text("pkcs8.pem"),
            **{f"SFJWT_{name.upper()}": value for name, value in inputs.items()},
        }
        problems = Problems()
        return plan_login(read_settings({}, environ, problems), problems, environ=environ, log=stderr_reporter({}))


def refused(plan: Plan, *said: str, clock_skew: float = 0) -> LoginRefused:
    attempts = []
    for audience, words in zip((*plan.audiences, *plan.audiences), said, strict=False):
        error, _, description = words.partition(": ")
        attempts.append(RefusedAttempt(plan.signers[0], audience, Refusal(400, error, description), clock_skew))
    return LoginRefused(attempts)
