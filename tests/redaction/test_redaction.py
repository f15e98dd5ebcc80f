"""Secrets by their form or by the name they stand behind: masked, counted, and only they."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.redaction import redact, redacted

TOKEN_CHARS = string.ascii_letters + string.digits
SECRETS = {
    "jwt": "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW0ifQ.c2lnbmF0dXJlLWJ5dGVz",
    "openshift-token": "sha256~Zm9vYmFyYmF6cXV4cXV1eGZvb2JhcmJhenF1eA",
    "slack-token": "xoxb-123456789012-abcdefGHIJKL",
    "aws-key-id": "AKIAIOSFODNN7EXAMPLE",
    "private-key": "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nAbCd\n-----END RSA PRIVATE KEY-----",
}


@pytest.mark.parametrize("rule", SECRETS)
@pytest.mark.parametrize(
    "around", ["{}", "token is {} now", 'level=error error="{}"', '{{"a":"{}"}}', "a\n{}\nb"]
)
def test_a_secret_known_by_its_form_is_masked_wherever_it_stands(rule: str, around: str) -> None:
    got = redacted(around.format(SECRETS[rule]))
    assert SECRETS[rule] not in got.text
    assert got.masked[rule] == 1
    assert f"[redacted:{rule}]" in got.text


@pytest.mark.parametrize(
    "line",
    [
        "password=hunter2hunter2",
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        '"saToken":"c2VjcmV0LXRva2VuLXZhbHVl"',
        'error="login with client_secret: s3cr3tvalue failed"',
        r"{\"accessToken\":\"abcdef123456\"}",
        "https://storage/x?sig=Abc%2Fdef%3D&se=2026",
        "X-Amz-Signature=0123456789abcdef",
    ],
)
def test_a_value_behind_a_telling_name_is_masked_and_the_name_stays(line: str) -> None:
    got = redacted(line)
    assert got.masked["named-secret"] >= 1
    name = line.split("=")[0].split(":")[0].strip('"{\\ ')
    assert name.split("?")[0].split()[0] in got.text


def test_user_information_in_a_url_is_masked_and_the_host_stays() -> None:
    got = redact("dial https://admin:pa55w0rd@registry.example.com:5000/v2/")
    assert got == "dial https://[redacted:url-user]@registry.example.com:5000/v2/"


@pytest.mark.parametrize(
    "line",
    [
        'level=error msg="Error backing up item" error="timed out waiting for PodVolumeBackups"',
        "serviceAccountSecretRef token is invalid",
        "the server has asked for the client to provide credentials",
        "x509: certificate signed by unknown authority",
        "tokens: true",
        "image-registry.openshift-image-registry.svc:5000/openshift/jenkins@sha256:0a1b2c",
    ],
)
def test_ordinary_lines_stay_as_they_are(line: str) -> None:
    assert redact(line) == line


def test_what_a_terminal_would_obey_is_gone() -> None:
    assert redact("a\x1b[31mred\x1b[0m\x07b\x00c\td\ne") == "aredbc\td\ne"


@given(st.text(alphabet=string.printable + "日本\x1b\x07", max_size=300))
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


@given(
    secret=st.text(alphabet=TOKEN_CHARS, min_size=24, max_size=60),
    before=st.text(alphabet=string.ascii_lowercase + " :=\"'\n", max_size=30),
    after=st.text(alphabet=string.ascii_lowercase + " :=\"'\n", max_size=30),
    shape=st.sampled_from(
        [
            "password={}",
            "Authorization: Bearer {}",
            "sha256~{}",
            "xoxb-{}",
            "saToken: {}",
            "ftp://u:{}@h/x",
            "--token={}",
        ]
    ),
)
def test_a_secret_never_survives_its_surroundings(
    secret: str, before: str, after: str, shape: str
) -> None:
    assert secret not in redact(f"{before} {shape.format(secret)} {after}")


@given(st.text(max_size=2000))
def test_any_text_can_be_redacted(text: str) -> None:
    got = redacted(text)
    assert len(got.text) <= len(text) + 40 * (sum(got.masked.values()) + 1)


@given(st.text(alphabet=st.characters(), max_size=200))
def test_what_comes_out_can_always_be_written(text: str) -> None:
    redact(text).encode("utf-8")


def test_half_of_a_character_is_gone() -> None:
    assert redact("a\ud800b") == "ab"
