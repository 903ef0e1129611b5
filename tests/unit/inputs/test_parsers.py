"""Common mistakes around values, as people reported them."""

import pytest

from sfjwt_action.inputs.parsers import parse_consumer_key, parse_username, parse_word
from sfjwt_action.inputs.problems import InvalidInput, InvalidValue, Problems
from sfjwt_action.inputs.settings import read_settings
from sfjwt_action.salesforce.hosts import parse_login_url

KEY = "3MVG9.consumer.key"
USERNAME = "ci@acme.example"
LOGIN_URL = "acme.my.salesforce.com"
PARSERS = [(parse_consumer_key, KEY), (parse_username, USERNAME), (parse_word, LOGIN_URL), (parse_login_url, LOGIN_URL)]


@pytest.mark.parametrize(("parse", "value"), PARSERS)
@pytest.mark.parametrize("decorate", ['"{}"', "'{}'", "`{}`", '"{}', "{}'", "\N{LEFT DOUBLE QUOTATION MARK}{}"])
def test_quotes_around_a_value(parse: object, value: str, decorate: str) -> None:
    with pytest.raises(InvalidValue) as error:
        parse(decorate.format(value))  # type: ignore[operator]
    assert "quotes" in error.value.found
    assert value not in str(error.value)


@pytest.mark.parametrize(("parse", "value"), PARSERS)
def test_a_stray_dollar(parse: object, value: str) -> None:
    with pytest.raises(InvalidValue) as error:
        parse(f"${value}")  # type: ignore[operator]
    assert "stray `$`" in error.value.found
    assert value not in str(error.value)


def test_a_dollar_is_stray_only_before_letters_and_digits() -> None:
    with pytest.raises(InvalidValue) as error:
        parse_consumer_key("$3MVG9abc")
    assert "stray `$`" in error.value.found
    with pytest.raises(InvalidValue) as error:
        parse_login_url("$SF_LOGIN_URL")
    assert "variable" in error.value.found


@pytest.mark.parametrize("text", ["acme.my", "ACME.my", "acme--uat.sandbox.my", "acme-dev-ed.develop.my"])
def test_part_of_a_my_domain(text: str) -> None:
    with pytest.raises(InvalidValue) as error:
        parse_login_url(text)
    assert f"{text.lower()}.salesforce.com" in error.value.remedy


@pytest.mark.parametrize("url", ["https://acme.my", "https://sales.acme.my/portal"])
def test_a_host_in_malaysia(url: str) -> None:
    assert parse_login_url(url) == url


@pytest.mark.parametrize("name", ["consumer-key", "private-key", "username"])
def test_a_reusable_workflow_without_secrets(name: str) -> None:
    problems = Problems()
    read_settings({}, {"GITHUB_ACTIONS": "true"}, problems)
    with pytest.raises(InvalidInput) as error:
        problems.raise_if_any()
    (problem,) = (problem for problem in error.value.problems if problem.input == name)
    assert "`secrets:`" in problem.hint
