import time
from collections.abc import Callable
from itertools import count

import pytest

from sfjwt_action.signing.kms.lease import Lease


@pytest.fixture
def grant() -> Callable[[], int]:
    return count(1).__next__


@pytest.mark.parametrize(("age", "expected"), [(0, 1), (240, 1), (241, 2), (1800, 2)])
def test_credentials_are_granted_again_before_they_expire(
    age: float, expected: int, grant: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    lease: Lease[int] = Lease()
    start = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: start)
    assert lease.get(grant) == 1
    monkeypatch.setattr(time, "monotonic", lambda: start + age)
    assert lease.get(grant) == expected


def test_a_failed_grant_is_retried(grant: Callable[[], int]) -> None:
    lease: Lease[int] = Lease()

    def fail() -> int:
        raise OSError

    with pytest.raises(OSError, match=r"^$"):
        lease.get(fail)
    assert lease.get(grant) == 1
