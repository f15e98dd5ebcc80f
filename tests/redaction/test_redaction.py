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
    "base64-secret": "W2RlZmF1bHRdCmF3c19hY2Nlc3Nfa2V5X2lkPW1pbmlvCg==",
    "provider-token": "ghp_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789",
    "password-hash": "$2y$05$AbCdEfGhIjKlMnOpQrStUuVwXyZ0123456789",
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
        "PGPASSWORD=hunter2 psql -h db",
        "dbPassword: hunter2",
        "OAUTH_SECRET=hunter2",
        "X-Auth-Token: gAAAAABkAbCd",
        "accessKey: Q3AM3UQ867SPQQA43P2F",
    ],
)
def test_a_value_behind_a_telling_name_is_masked_and_the_name_stays(line: str) -> None:
    got = redacted(line)
    assert got.masked["named-secret"] >= 1
    name = line.split("=")[0].split(":")[0].strip('"{\\ ')
    assert name.split("?")[0].split()[0] in got.text


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("password: 'hunter 2, and more'", "named-secret"),
        (r"{\"password\":\"hunter;2,and&more\"}", "named-secret"),
        ("password=hunter;2,and&more level=info", "named-secret"),
        ('{"auths":{"quay.io":{"auth":"aHVudGVyMg=="}}}', "pull-secret"),
        ("- name: DB_PASSWORD\n  value: hunter2", "environment"),
        ('{"name":"DB_PASSWORD","value":"hunter2"}', "environment"),
        ("EnvVar{Name:DB_PASSWORD,Value:hunter2,ValueFrom:nil,}", "environment"),
        ("Set-Cookie: session=hunter2; Path=/", "cookie"),
        ("curl -k -u admin:hunter2 https://api/", "command-secret"),
        ("oc login https://api -u admin -p hunter2", "command-secret"),
        ("mysqldump -uroot -phunter2 orders", "command-secret"),
        ("CREATE USER x IDENTIFIED BY 'hunter2'", "command-secret"),
        ("machine git.example.com login bot password hunter2", "command-secret"),
        ("mc alias set s http://s --secret-key hunter2", "flag-secret"),
        ("postgres://app:hunt@er2@db:5432/orders", "url-user"),
        ("client-key-data: LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpodW50ZXIy", "private-key"),
    ],
)
def test_a_secret_is_masked_whole_however_it_is_handed_over(line: str, rule: str) -> None:
    got = redacted(line)
    assert got.masked[rule] == 1
    for piece in ("hunt", "er2", "2,and", "more", "aHVudGVyMg", "aHVudGVyMi"):
        assert piece not in got.text


@pytest.mark.parametrize(
    "secret",
    [
        "apiVersion: v1\ndata:\n  cloud: aHVudGVyMg==\n  x: aHVudGVyMg==\nkind: Secret\n",
        "kind: Secret\nstringData:\n    cloud: hunter2\nmetadata:\n    name: cloud-credentials\n",
        "- kind: Secret\n  stringData:\n    cloud: |\n      [x]\n      key = hunter2\n  type: x\n",
        '{"kind":"Secret","data":{"cloud":"aHVudGVyMg==","x":"aHVudGVyMg=="}}',
        r"last-applied: '{\"data\":{\"a\":\"aHVudGVyMg==\"},\"kind\":\"Secret\"}'",
    ],
)
def test_the_data_of_a_secret_is_masked_whatever_its_keys_are_called(secret: str) -> None:
    got = redacted(secret)
    assert got.masked["secret-data"] >= 1
    assert "hunter2" not in got.text
    assert "aHVudGVyMg" not in got.text
    assert "Secret" in got.text


def test_what_is_no_secret_of_a_secret_stays() -> None:
    got = redact("data:\n  cloud: aHVudGVyMg==\nkind: Secret\nmetadata:\n  name: velero\n")
    assert "  cloud: [redacted:secret-data]\nkind: Secret\nmetadata:\n  name: velero\n" in got


def test_a_line_out_of_the_middle_of_a_key_is_masked() -> None:
    body = "MIIEowIBAAKCAQEAx7Zk3T0v1nq8Jm2p9s4cQy5b6uVwXyZaBcDeFgHiJkLmNoPq"
    assert redact(f"a\n    {body}\nb") == "a\n    [redacted:key-line]\nb"


def test_a_whole_certificate_stays_and_what_stands_beside_it_does_not() -> None:
    line = "MIIBJTCBzKADAgECAgEHMAoGCCqGSM49BAMCMBIxEDAOBgNVBAMMB1Nob3AgQ0Ew"
    certificate = f"-----BEGIN CERTIFICATE-----\n{line}\n7Uc2cPjiCXqN\n-----END CERTIFICATE-----\n"
    assert redact(certificate) == certificate
    assert redact(f"{certificate}{line}\n{certificate}") == (
        f"{certificate}[redacted:key-line]\n{certificate}"
    )


def test_a_digest_on_a_line_of_its_own_stays() -> None:
    assert redact("0123456789abcdef" * 4) == "0123456789abcdef" * 4


def test_the_data_of_other_objects_stays() -> None:
    line = "kind: ConfigMap\ndata:\n  RSYNC_LIMIT: '10'\n"
    assert redact(line) == line


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
        "ExpiredToken: The provided token has expired",
        "InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records",
        "SignatureDoesNotMatch: The request signature we calculated does not match",
        "oauth2: cannot fetch token: 400 Bad Request",
        "Requesting bearer token: invalid status code from registry 401 (Unauthorized)",
        'MountVolume.SetUp failed for volume "token" : failed to sync secret cache',
        "unable to retrieve auth token: invalid username/password: authentication required",
        'secrets "cloud-credentials" not found',
        "saSecretRef: {name: remote-sa-token, namespace: openshift-config}",
        "- name: DB_PASSWORD\n  valueFrom:\n    secretKeyRef: {name: db, key: password}",
        "password: ${DB_PASSWORD}",
        "--password-file=/tmp/credentials/velero-repo-credentials",
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


FRAGMENTS = [
    *("password", "token", "DB_SECRET", "dbPassword", "sig", "data", "kind: Secret\n", "auth"),
    *(":", ": ", "=", '"', "'", "\\", '\\"', "{", "}", ",", ";", "&", " ", "\n", "  ", "://", "@"),
    *("a@b", "Bearer ", "eyJ", "curl -u ", "a:", "--token ", "cookie: ", "name", "value", "\n- "),
    *("hunter2hunter2", "[redacted:", "]", "[redacted:jwt]", "-----BEGIN PRIVATE KEY-----"),
]


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=24).map("".join))
def test_redacting_pieces_of_secrets_twice_changes_nothing_more(text: str) -> None:
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
            'password="{}"',
            "DB_PASSWORD={}",
            "name: DB_PASSWORD, value: {}",
            "Set-Cookie: s={}",
            "kind: Secret\nstringData:\n  a: {}\n",
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


@pytest.mark.parametrize("unseen", ["\u200b", "\u202e", "\ufeff", "\xad", "\x1b[1m"])
def test_what_nobody_sees_hides_no_secret(unseen: str) -> None:
    assert redact(f"pass{unseen}word=hun{unseen}ter2") == "password=[redacted:named-secret]"


def test_half_of_a_character_is_gone() -> None:
    assert redact("a\ud800b") == "ab"
