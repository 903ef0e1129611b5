import errno
from pathlib import Path

import pytest

from sfjwt_action.inputs.files import MAX_FILE_BYTES, read_file
from sfjwt_action.inputs.problems import InvalidInput, Problems
from sfjwt_action.inputs.settings import read_settings


def test_a_file_of_the_largest_size_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * MAX_FILE_BYTES)
    assert len(read_file(str(tmp_path / "file"))) == MAX_FILE_BYTES


def test_a_larger_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * (MAX_FILE_BYTES + 1))
    with pytest.raises(OSError, match="large") as error:
        read_file(str(tmp_path / "file"))
    assert error.value.errno == errno.EFBIG


def test_a_device_without_an_end_is_bad_input() -> None:
    problems = Problems()
    read_settings({}, {"SFJWT_PRIVATE_KEY_FILE": "/dev/zero"}, problems)
    with pytest.raises(InvalidInput) as error:
        problems.raise_if_any("private-key")
    assert "/dev/zero" in error.value.problems[0].found
