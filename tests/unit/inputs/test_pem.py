"""PEM blocks in text: found, normalized, and bounded."""

import base64

import pytest

from sfjwt_action.inputs.pem import DER, Block, decode_base64, find_blocks, header_length, is_cut_off

BODY = "QUJD" * 32  # two lines of 64
PEM = f"-----BEGIN PRIVATE KEY-----\n{BODY[:64]}\n{BODY[64:]}\n-----END PRIVATE KEY-----\n"


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def labels(text: str) -> list[str]:
    return [block.label for block in find_blocks(text)]


@pytest.mark.parametrize("between", ["", " ", "\n", r"\n", r"\r\n", "%0A", "\N{NO-BREAK SPACE}", "\u200b\n"])
def test_a_block_is_normalized_to_lines_of_64(between: str) -> None:
    assert find_blocks(between.join(PEM.splitlines())) == [Block("PRIVATE KEY", PEM.encode())]


@pytest.mark.parametrize("backslashes", [1, 2, 8])
def test_line_breaks_that_were_escaped_twice(backslashes: int) -> None:
    text = ("\\" * backslashes + "n").join(PEM.splitlines())
    assert find_blocks(text) == [Block("PRIVATE KEY", PEM.encode())]


@pytest.mark.parametrize(("dashes", "found"), [(0, False), (1, True), (5, True)])
def test_dashes(dashes: int, *, found: bool) -> None:
    assert bool(find_blocks(PEM.replace("-----", "-" * dashes).replace(BODY, ""))) == found


@pytest.mark.parametrize(("length", "found"), [(1, True), (41, True), (42, False)])
def test_labels_are_bounded(length: int, *, found: bool) -> None:
    label = "A" * length
    assert labels(f"-----BEGIN {label}-----\n-----END {label}-----") == ([label] if found else [])


@pytest.mark.parametrize(
    ("squeezed", "label"), [("RSAPRIVATEKEY", "RSA PRIVATE KEY"), ("CERTIFICATEREQUEST", "CERTIFICATE REQUEST")]
)
def test_a_label_without_spaces(squeezed: str, label: str) -> None:
    assert labels(f"-----BEGIN{squeezed}-----QUJD-----END{squeezed}-----") == [label]


@pytest.mark.parametrize(
    ("cipher", "salt", "kept"),
    [("DES-EDE3-CBC", 16, True), ("AES-256-CBC", 32, True), ("AES-256-CBC", 31, False), ("DES-EDE3-CBC", 15, False)],
)
def test_the_headers_of_an_encrypted_key(cipher: str, salt: int, *, kept: bool) -> None:
    header = f"DEK-Info: {cipher},{'A' * salt}"
    text = f"-----BEGIN RSA PRIVATE KEY----- Proc-Type: 4,ENCRYPTED {header} {BODY} -----END RSA PRIVATE KEY-----"
    (block,) = find_blocks(text)
    assert (f"Proc-Type: 4,ENCRYPTED\n{header}\n\n{BODY[:64]}\n".encode() in block.data) == kept


@pytest.mark.parametrize(("length", "header"), [(0, 2), (127, 2), (128, 3), (255, 3), (256, 4), (65535, 4), (65536, 5)])
def test_consecutive_der_values(length: int, header: int) -> None:
    sizes = length.to_bytes(max(header - 2, 1))
    value = b"\x30" + (bytes([0x80 + header - 2]) if header > 2 else b"") + sizes + b"\x05" * length
    assert header_length(value) == header
    assert find_blocks(b64(value + value + b"rest")) == [Block(DER, value), Block(DER, value)]


def test_der_without_a_length_is_one_value() -> None:
    assert find_blocks(b64(b"\x30\x80\x02\x01")) == [Block(DER, b"\x30\x80\x02\x01")]


@pytest.mark.parametrize("start", [b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce"])
def test_a_java_keystore_is_one_value(start: bytes) -> None:
    store = start + b"\x30\x02\x01\x01"
    assert find_blocks(b64(store)) == [Block(DER, store)]


@pytest.mark.parametrize("times", [1, 2, 3])
def test_base64_of_base64(times: int) -> None:
    text = PEM
    for _ in range(times):
        text = b64(text.encode())
    assert find_blocks(text) == [Block("PRIVATE KEY", PEM.encode())]


@pytest.mark.parametrize("text", ["", "hunter2", "3MVG9.consumer.key", b64(b"something else")])
def test_a_word_is_not_a_block(text: str) -> None:
    assert find_blocks(text) == []
    assert not is_cut_off(text)


def test_a_block_without_an_end_line() -> None:
    start = PEM[:60]
    assert find_blocks(start) == []
    assert is_cut_off(start)
    assert is_cut_off(b64(start.encode()))
    assert is_cut_off(PEM + start)
    assert not is_cut_off(PEM)


@pytest.mark.parametrize(
    ("content", "label"),
    [
        (b"\x30\x03\x02\x01\x00", DER),  # a version comes first
        (b"\x30\x04\x30\x02\x06\x00", DER),  # an algorithm comes first
        (b"\xfe\xed\xfe\xed\x00", DER),
        (b"\x30\x04\x30\x02\xa0\x00", "CERTIFICATE"),
        (b"\x30\x05\x30\x03\x02\x01\x00", "CERTIFICATE"),
        (PEM.encode(), "PRIVATE KEY"),
        (b"hello", "CERTIFICATE"),
    ],
)
def test_a_key_that_certutil_labels_as_a_certificate(content: bytes, label: str) -> None:
    assert labels(f"-----BEGIN CERTIFICATE-----\n{b64(content)}\n-----END CERTIFICATE-----") == [label]


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("QUJD", b"ABC"),
        ("QUI", b"AB"),
        ("QQ==", b"A"),
        ("_-8", b"\xff\xef"),
        ("'QU\nJD',", b"ABC"),
        ("A", b""),
        ("é", b""),
    ],
)
def test_base64(text: str, data: bytes) -> None:
    assert decode_base64(text) == data
