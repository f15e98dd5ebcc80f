"""Who gets a right, and by what: bindings, addresses, groups, windows, separation. Denied else."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.access.deciding import Question, Right, decide, needed, sees
from bot.access.people import Person
from bot.access.policy import Policy, PolicyError, load_policy, parse_policy
from bot.access.reloading import PolicyFile

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
ANNA = Person("U0ANNA0001", "anna@sre.example.com", frozenset({"S0APPROVE1"}))
CUTOVER = Question("rerun-migration", 3, "wave-1", "shop", ("shop", "pay"))


def may(
    text: str, person: Person = ANNA, asked: Question = CUTOVER, right: Right = "request"
) -> bool:
    return decide(parse_policy(text), person, right, asked, NOW).allowed


def bound(who: str, role: str = "approver", where: str = "") -> str:
    return f"bindings: [{{role: {role}, {who}{where}}}]"


class TestDenyByDefault:
    def test_an_empty_policy_grants_nothing(self) -> None:
        assert not may("bindings: []")
        assert not sees(Policy(), ANNA, "wave-1", "shop")

    @given(st.text(max_size=30), st.text(max_size=30), st.integers(-1, 5))
    def test_whoever_asks_for_whatever(self, person: str, action: str, risk: int) -> None:
        asked = Question(action, risk, "wave-1", "shop", ("shop",))
        who = Person(person, f"{person}@example.com", frozenset({person}))
        assert not decide(Policy(), who, "request", asked, NOW).allowed
        assert not decide(Policy(), who, "approve", asked, NOW).allowed

    def test_guests_bots_and_the_deactivated_have_no_rights_whatever_is_bound(self) -> None:
        guest = Person(ANNA.id, ANNA.email, ANNA.groups, trusted=False)
        for who in ("users: [U0ANNA0001]", 'emails: ["*@sre.example.com"]', "groups: [S0APPROVE1]"):
            assert may(bound(who))
            assert not may(bound(who), guest)


class TestAddresses:
    PATTERN = bound('emails: ["anna@sre.example.com"]')
    DOMAIN = bound('emails: ["*@sre.example.com"]')

    @pytest.mark.parametrize(
        "email",
        [
            "anna+admin@sre.example.com",
            "anna@sre.example.com.evil.example",
            "anna@sre-example.com",
            "anna@evil.example",
            "anna@sub.sre.example.com",
            "anna@sre.example.com@evil.example",
            "anna@sre.еxample.com",  # a Cyrillic letter
            "anna@sre.example.com\n",
            " anna@sre.example.com",
            "an\u00adna@sre.example.com",
            "",
            "@sre.example.com",
        ],
    )
    def test_that_only_look_like_the_one_that_is_bound(self, email: str) -> None:
        assert not may(self.PATTERN, Person("U0EVIL0001", email))

    @pytest.mark.parametrize(
        "email",
        [
            "anna@sre.example.com.evil.example",
            "anna@xsre.example.com",
            "anna@sre.example.com@evil.example",
            "evil@sub.sre.example.com",
            "sre.example.com",
            "\u212aevin@sre.example.com",
            "anna@sre.ex\u0430mple.com",
            "anna@sre.example.com\r\nx: y",
        ],
    )
    def test_of_another_domain_than_the_one_that_is_bound(self, email: str) -> None:
        assert not may(self.DOMAIN, Person("U0EVIL0001", email))

    def test_a_letter_that_becomes_ascii_when_lowered(self) -> None:
        text = bound('emails: ["*@bank.example.com"]')
        assert not may(text, Person("U0EVIL0001", "anna@ban\u212a.example.com"))

    def test_case_does_not_matter(self) -> None:
        assert may(self.PATTERN, Person("U0ANNA0001", "Anna@SRE.Example.com"))

    @pytest.mark.parametrize(
        "pattern", ["*", "*@*", "*@*.example.com", "*@example", "@example.com", "a@b.com\\n", ""]
    )
    def test_a_pattern_for_any_domain_is_not_taken(self, pattern: str) -> None:
        with pytest.raises(PolicyError, match="whole domain"):
            parse_policy(f'bindings: [{{role: viewer, emails: ["{pattern}"]}}]')


class TestGroupsAndIds:
    def test_a_group_counts_by_its_id_never_by_its_name(self) -> None:
        named = Person("U0EVIL0001", "", frozenset({"approvers", "s0approve1", "S0APPROVE10"}))
        assert not may(bound("groups: [S0APPROVE1]"), named)
        with pytest.raises(PolicyError):
            parse_policy("bindings: [{role: approver, groups: [approvers]}]")

    def test_a_display_name_gives_nothing(self) -> None:
        evil = Person("U0EVIL0001", name="U0ANNA0001")
        assert not may(bound("users: [U0ANNA0001]"), evil)

    def test_a_binding_without_anybody_is_refused(self) -> None:
        with pytest.raises(PolicyError, match="names users, groups or emails"):
            parse_policy("bindings: [{role: admin}]")


class TestWhere:
    @pytest.mark.parametrize(
        ("where", "granted"),
        [
            (", control: wave-1", True),
            (", control: wave-2", False),
            (", plans: [shop]", True),
            (", plans: [sho]", False),
            (', plans: ["sh*"]', True),
            (", namespaces: [shop, pay]", True),
            (", namespaces: [shop]", False),
        ],
    )
    def test_all_of_control_namespaces_and_plan_must_fit(self, where: str, granted: bool) -> None:
        assert may(bound("users: [U0ANNA0001]", where=where)) is granted

    def test_who_is_bound_to_plans_gets_nothing_that_has_none(self) -> None:
        cluster = Question("refresh-cluster", 1, "wave-1")
        assert may(bound("users: [U0ANNA0001]"), asked=cluster)
        assert not may(bound("users: [U0ANNA0001]", where=", plans: [shop]"), asked=cluster)
        assert not may(bound("users: [U0ANNA0001]", where=", namespaces: [shop]"), asked=cluster)

    def test_roles_reach_as_far_as_their_risk_and_actions(self) -> None:
        own = "roles: {night: {request: R2, actions: [restart-*]}}\n"
        text = own + bound("users: [U0ANNA0001]", "night")
        assert may(text, asked=Question("restart-velero", 2, "wave-1", "shop", ("shop",)))
        assert not may(text, asked=Question("restart-velero", 3, "wave-1", "shop", ("shop",)))
        assert not may(text, asked=Question("rerun-migration", 2, "wave-1", "shop", ("shop",)))
        assert not may(text, right="approve")


class TestSeparation:
    @pytest.mark.parametrize("what", ["R3", "data_destroyed"])
    def test_what_is_dangerous_is_never_decided_alone(self, what: str) -> None:
        with pytest.raises(PolicyError, match="somebody else than the requester"):
            parse_policy(f"separation: {{{what}: {{requester_may: true}}}}")

    def test_destroying_data_takes_two_whatever_its_risk(self) -> None:
        for risk in (1, 2, 3):
            asked = Question("x", risk, "c", destroys_data=True)
            assert needed(Policy(), asked).people == 2


class TestWindows:
    NIGHT = (
        bound("users: [U0ANNA0001]")
        + "\nwindows: [{name: night, kind: allow, from: '22:00', to: '06:00', days: [sat]}]"
    )

    @pytest.mark.parametrize(
        ("moment", "open_then"),
        [
            ("2026-02-28T21:59:00+00:00", False),
            ("2026-02-28T22:00:00+00:00", True),
            ("2026-03-01T05:59:00+00:00", True),
            ("2026-03-01T06:00:00+00:00", False),
            ("2026-03-01T22:30:00+00:00", False),
        ],
    )
    def test_one_over_midnight_belongs_to_the_day_it_began(
        self, moment: str, open_then: bool
    ) -> None:
        now = datetime.fromisoformat(moment)
        policy = parse_policy(self.NIGHT)
        assert decide(policy, ANNA, "request", CUTOVER, now).allowed is open_then

    def test_a_freeze_beats_an_open_window_and_spares_small_risks(self) -> None:
        text = (
            bound("users: [U0ANNA0001]") + "\nwindows: [{name: a, kind: allow},"
            " {name: f, kind: freeze, first: 2026-02-01T00:00:00Z, last: 2026-04-01T00:00:00Z}]"
        )
        assert not may(text)
        assert may(text, asked=Question("refresh-plan", 1, "wave-1", "shop", ("shop",)))


class TestTheFile:
    GOOD = bound("users: [U0ANNA0001]")

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "[]",
            "bindings: [",
            "bindings: [{role: nobody-knows, users: [U0ANNA0001]}]",
            "bindings: [{role: viewer, users: [U0ANNA0001], plan: [shop]}]",
            "roles: {admin: {request: R3}}",
            "identity: {user: '{name}'}",
            "identity: {groups: ['S0APPROVE1=system:masters']}",
            "identity: {user: '{local}'}",
            "expiry_minutes: 0",
            "!!python/object/apply:os.system ['true']",
            "a: &a [*a, *a]",
            "windows: [{name: x, kind: freeze, timezone: Mars/Base}]",
        ],
    )
    def test_a_mistake_anywhere_refuses_all_of_it(self, text: str) -> None:
        with pytest.raises(PolicyError):
            parse_policy(text)

    def test_it_is_read_again_when_it_changes(self, tmp_path: Path) -> None:
        file = tmp_path / "policy.yaml"
        policy = PolicyFile(file)
        assert policy().bindings == ()
        file.write_text(self.GOOD)
        assert len(policy().bindings) == 1
        file.write_text("bindings: []")
        assert policy().bindings == ()

    def test_a_broken_version_is_told_once_and_the_last_good_one_stays(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        file = tmp_path / "policy.yaml"
        file.write_text(self.GOOD)
        policy = PolicyFile(file)
        good = policy()
        for broken in ("bindings: [", "bindings: 7"):
            file.write_text(broken)
            assert [policy() for _ in range(3)] == [good] * 3
        file.write_bytes(b"\xff\xfe")
        assert policy() == good
        told = [r for r in caplog.records if "last good policy stays" in r.message]
        assert len(told) == 3

    def test_without_a_file_nobody_may_anything_even_if_there_was_one(self, tmp_path: Path) -> None:
        file = tmp_path / "policy.yaml"
        file.write_text(self.GOOD)
        policy = PolicyFile(file)
        policy()
        file.unlink()
        assert policy() == Policy()

    def test_one_that_cannot_be_read_is_said_so(self, tmp_path: Path) -> None:
        with pytest.raises(PolicyError, match="cannot be read"):
            load_policy(tmp_path)
