import pytest

from sfjwt_action.inputs.record_id import is_org_id, long_id


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("00D5g00000FaXv7", "00D5g00000FaXv7EAF"),
        ("0055g000008Kq2V", "0055g000008Kq2VAAS"),
        ("000000000000000", "000000000000000AAA"),
        ("AAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAA555"),
        ("Aaaaa0A000aaaaA", "Aaaaa0A000aaaaABCQ"),
    ],
)
def test_the_check_characters_encode_which_letters_are_uppercase(short: str, long: str) -> None:
    assert long_id(short) == long
    assert long_id(long) == long


@pytest.mark.parametrize("text", ["00D5g00000FaXv7", "00D5g00000FaXv7EAF"])
def test_an_org_id(text: str) -> None:
    assert is_org_id(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "00D", "00D5g00000FaXv", "00D5g00000FaXv7E", "00D5g00000FaXv7EA", "00D5g00000FaXv7EAFx"),
        *("00D5g00000FaXv7EAA", "00d5g00000FaXv7", "0055g000008Kq2V", "00D5g00000FaX-7", "00D5g00000FaXv7\n"),
    ],
)
def test_an_invalid_org_id(text: str) -> None:
    assert not is_org_id(text)
