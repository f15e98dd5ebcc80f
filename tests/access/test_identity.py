"""Whom a Slack user is on the clusters: never more than a plain name, never the system itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.access.cluster_identity import identity_of
from bot.access.people import Person
from bot.access.policy import ClusterIdentity

EMAIL = ClusterIdentity(user="{email}", groups=("S0APPROVE1=migration-approvers",))
LOCAL = ClusterIdentity(user="{local}", domains=("example.com",))


def test_an_address_becomes_a_user_and_user_groups_become_groups() -> None:
    anna = Person("U0ANNA0001", "anna@example.com", frozenset({"S0APPROVE1", "S0OTHER001"}))
    found = identity_of(anna, EMAIL)
    assert found is not None
    assert (found.user, found.groups) == ("anna@example.com", ("migration-approvers",))


@pytest.mark.parametrize(
    "email",
    [
        "system:admin",
        "system:serviceaccount:openshift-migration:migration-controller",
        "anna@example.com\r\nImpersonate-Group: system:masters",
        "anna@example.com\n",
        "anna @example.com",
        "anna@example.com,system:masters",
        "ann\u0430@example.com",
        "anna@@example.com",
        "<anna@example.com>",
        "anna@example",
        "",
        "\x00anna@example.com",
        "a" * 300 + "@example.com",
    ],
)
def test_what_would_do_harm_in_a_header_is_nobody(email: str) -> None:
    assert identity_of(Person("U0EVIL0001", email), EMAIL) is None


@pytest.mark.parametrize(
    "name",
    ["system:admin", "System:Masters", "system:serviceaccount:a:b", "a b", "a\nb", "", " a", "ä"],
)
def test_a_table_cannot_name_the_system_or_odd_names(name: str) -> None:
    table = ClusterIdentity(table={"U0EVIL0001": name})
    assert identity_of(Person("U0EVIL0001"), table) is None


@pytest.mark.parametrize("template", ["system:{local}", "system:serviceaccount:x:{local}"])
def test_nor_can_a_template(template: str) -> None:
    mapping = ClusterIdentity(user=template, domains=("example.com",))
    assert identity_of(Person("U0ANNA0001", "admin@example.com"), mapping) is None


def test_the_same_local_part_elsewhere_is_somebody_else() -> None:
    ours = identity_of(Person("U0ANNA0001", "admin@example.com"), LOCAL)
    assert ours is not None
    assert ours.user == "admin"
    for email in ("admin@evil.example", "admin@example.com.evil.example"):
        assert identity_of(Person("U0EVIL0001", email), LOCAL) is None


def test_guests_are_nobody() -> None:
    guest = Person("U0GUEST001", "guest@example.com", trusted=False)
    assert identity_of(guest, EMAIL) is None
    assert identity_of(guest, ClusterIdentity(table={"U0GUEST001": "anna"})) is None


@given(st.text(max_size=60))
def test_whatever_stands_in_slack_a_header_stays_one_line(email: str) -> None:
    found = identity_of(Person("U0ANNA0001", email), EMAIL)
    if found is not None:
        assert found.user.isascii()
        assert found.user.isprintable()
        assert " " not in found.user
        assert not found.user.lower().startswith("system:")
