import pytest
from key_material import KeyMaterial
from unit.report.plans import MakePlan


@pytest.fixture
def make_plan(material: KeyMaterial) -> MakePlan:
    return MakePlan(material)
