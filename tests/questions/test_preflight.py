"""A look ahead at a plan: pass, warn, fail with the fix, or not checked with the reason.

In: clusters in memory. Out: the answer to each question. Every trouble is also shown absent, so
that a question that always complains fails here too.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cli.preflight_command import preflight_json, preflight_page
from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.port import Denied, NotFound, ObjectRef, Unreachable
from bot.diagnosis.diagnosing import Diagnoser
from bot.diagnosis.probes.room import parse_duration
from bot.diagnosis.surveying import certificate_expiries, token_expiry
from bot.questions.asking import Questions, Unknown
from bot.questions.preflight import QUESTIONS, Check, Preflight, Result, preflight
from knowledge.loading import load_builtin
from knowledge.matching.engine import Engine
from sandbox.clusters.plane import MemoryPlane
from tests.apiserver.certificates import authority
from tests.diagnosis.world import NOW, SHOP, Thing, mtc, plan, plane, thing, true
from tests.knowledge.builtin import builtin_engine
from tests.questions.preflight_cases import (
    ACCOUNT,
    NO_TROUBLE,
    TROUBLES,
    binding,
    migcluster,
    sound,
    token,
    usual,
    volume,
)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return builtin_engine()


@pytest.fixture
def look(engine: Engine) -> Callable[..., Preflight]:
    def looked(
        *host: Thing, source: Iterable[Thing] = (), there: Iterable[Thing] = ()
    ) -> Preflight:
        made = plane(*usual(*host), source=sound(*source), destination=sound(*there))
        return preflight(made, SHOP, engine, NOW)

    return looked


def sides(parts: dict[str, list[Thing]]) -> dict[str, list[Thing]]:
    return {side: parts.get(side, []) for side in ("source", "there")}


def answered(found: Preflight, question: str) -> Check:
    return next(check for check in found.checks if check.id == question)


def entries(check: Check) -> list[str]:
    return [finding.entry.id for finding in check.findings]


def test_a_plan_that_is_fit_passes_every_question(look: Callable[..., Preflight]) -> None:
    found = look()
    assert [(c.id, str(c.result), c.why) for c in found.checks if c.result is not Result.PASS] == []
    assert found.result is Result.PASS
    assert len(found.checks) == len(QUESTIONS)


@pytest.mark.parametrize(("question", "entry", "result", "parts"), TROUBLES)
def test_a_trouble_is_named_with_its_fix(
    look: Callable[..., Preflight],
    question: str,
    entry: str,
    result: Result,
    parts: dict[str, list[Thing]],
) -> None:
    found = look(*parts.get("host", ()), **sides(parts))
    check = answered(found, question)
    assert (check.result, entries(check)) == (result, [entry])
    assert all(finding.steps("en") and finding.steps("zh") for finding in check.findings)
    titles = [f.title("en") + f.title("zh") + f.cause("en") for f in check.findings]
    assert not any("<" in title for title in titles)
    others = [c.id for c in found.checks if c.result is not Result.PASS and c.id != question]
    assert set(others) <= {"timeouts", "namespaces"}


@pytest.mark.parametrize(("question", "parts"), NO_TROUBLE)
def test_what_only_looks_like_it_passes(
    look: Callable[..., Preflight], question: str, parts: dict[str, list[Thing]]
) -> None:
    found = look(*parts.get("host", ()), **sides(parts))
    assert answered(found, question).result is Result.PASS


class TestWhatMtcWouldRefuse:
    """A migration would be refused or fail at once, while the plan itself has no bad condition."""

    def onto_itself(self, namespace: str = "shop", kind: str = "NamespaceMigrationPlan") -> Thing:
        identified = true("MigrationTypeIdentified", reason=kind)
        return plan(
            volume(),
            srcMigClusterRef={"name": "host", "namespace": MTC_NAMESPACE},
            namespaces=[namespace],
            conditions=[true("Ready", "Required"), identified],
        )

    def test_a_closed_plan(self, look: Callable[..., Preflight]) -> None:
        check = answered(look(plan(volume(), closed=True)), "plan")
        assert (check.result, entries(check)) == (Result.FAIL, ["migmigration-plan-closed"])

    def test_a_plan_from_namespaces_into_themselves(self, look: Callable[..., Preflight]) -> None:
        check = answered(look(self.onto_itself()), "plan")
        assert (check.result, entries(check)) == (Result.FAIL, ["migmigration-same-namespaces"])

    @pytest.mark.parametrize(
        ("namespace", "kind"),
        [("shop:shop2", "NamespaceMigrationPlan"), ("shop", "StorageConversionPlan")],
    )
    def test_one_within_a_cluster_for_which_it_is_made_passes(
        self, look: Callable[..., Preflight], namespace: str, kind: str
    ) -> None:
        check = answered(look(self.onto_itself(namespace, kind)), "plan")
        assert check.result is Result.PASS

    def test_a_store_behind_one_that_never_answers(self, look: Callable[..., Preflight]) -> None:
        def untouched(name: str, minute: int) -> Thing:
            made = {"creationTimestamp": f"2026-03-01T11:{minute}:00Z"}
            return mtc("MigStorage", name, metadata=made)

        host = (untouched("silent", 20), untouched("store", 21), plan(volume()))
        check = answered(look(*host), "storage")
        assert (check.result, entries(check)) == (Result.FAIL, ["store-unanswering"])
        assert check.findings[0].subject.name == "silent"


class TestNotChecked:
    def test_a_source_that_cannot_be_read_leaves_its_questions_open(self, engine: Engine) -> None:
        made = plane(*usual(), source=sound(), destination=sound())
        made.clusters["ocp3"].fail_with(Unreachable("dial tcp: i/o timeout", cluster="ocp3"))
        found = preflight(made, SHOP, engine, NOW)
        assert answered(found, "clusters").result is Result.FAIL
        check = answered(found, "dependencies")
        assert check.result is Result.NOT_CHECKED
        assert check.why is not None
        assert "i/o timeout" in check.why.en
        assert "源集群" in check.why.zh
        assert answered(found, "storage-classes").result is Result.PASS

    def test_a_secret_that_may_not_be_read_is_no_failure(self, engine: Engine) -> None:
        made = plane(*usual(), source=sound(), destination=sound())
        found = preflight(Refusing(made), SHOP, engine, NOW)
        check = answered(found, "credentials")
        assert check.result is Result.NOT_CHECKED
        assert check.why is not None
        assert "forbidden" in check.why.en

    def test_a_rate_that_was_never_seen_is_not_guessed(
        self, look: Callable[..., Preflight]
    ) -> None:
        check = answered(look(plan(volume(), indirectVolumeMigration=True)), "timeouts")
        assert check.result is Result.NOT_CHECKED

    def test_volumes_that_were_never_measured_are_not_called_good(self, engine: Engine) -> None:
        host = [o for o in usual() if o["kind"] != "MigAnalytic"]
        made = plane(*host, source=sound(), destination=sound())
        assert answered(preflight(made, SHOP, engine, NOW), "capacity").result is Result.NOT_CHECKED

    def test_classes_that_are_only_in_the_plans_status_are_enough(self, engine: Engine) -> None:
        noted = {"destStorageClasses": [{"name": "thin", "default": True}]}
        bare = [o for o in sound() if o["kind"] != "StorageClass"]
        made = plane(*usual(plan(volume(), status=noted)), source=sound(), destination=bare)
        check = answered(preflight(made, SHOP, engine, NOW), "storage-classes")
        assert entries(check) == ["destination-storage-class-missing"]
        made = plane(*usual(), source=sound(), destination=bare)
        check = answered(preflight(made, SHOP, engine, NOW), "storage-classes")
        assert check.result is Result.NOT_CHECKED


class Refusing:
    """A control plane whose control cluster shows nobody its secrets."""

    def __init__(self, behind: MemoryPlane) -> None:
        self.name = behind.name
        self.host = _NoSecrets(behind.host)
        self.remote = behind.remote


class _NoSecrets:
    def __init__(self, behind: Any) -> None:
        self._behind = behind

    def __getattr__(self, name: str) -> Any:
        return getattr(self._behind, name)

    def get(self, kind: k.Kind, name: str, namespace: str = "") -> Any:
        if kind is k.SECRET:
            raise Denied("secrets is forbidden: User cannot get resource", cluster="host")
        return self._behind.get(kind, name, namespace)


class TestSaying:
    def test_the_page_tells_it_in_both_languages(self, look: Callable[..., Preflight]) -> None:
        found = look(plan(volume(storage_class="thin")))
        english, chinese = preflight_page(found, "en"), preflight_page(found, "zh")
        assert "✗ The chosen storage classes are there" in english
        assert "fail 1" in english
        assert "未通过 1" in chinese
        assert "oc get storageclass" in english
        assert preflight_json(found, "en")["result"] == "fail"

    def test_a_token_is_never_shown(self, look: Callable[..., Preflight]) -> None:
        secret = token(NOW + timedelta(days=3))
        found = look(thing("v1", "Secret", "ocp3", "openshift-config", data={"saToken": secret}))
        shown = preflight_page(found, "en") + json.dumps(preflight_json(found, "zh"))
        assert secret not in shown
        assert base64.b64decode(secret).decode() not in shown

    def test_a_plan_is_asked_for_by_name(self, engine: Engine) -> None:
        made = plane(*usual(), source=sound(), destination=sound())
        questions = Questions([made], Diagnoser(engine, lambda: NOW), load_builtin, lambda: NOW)
        assert questions.preflight("shop").target.name == "shop"
        assert questions.preflight("`migplan/shop@prod`").result is Result.PASS
        for odd in ("shopp", "migcluster/ocp3"):
            with pytest.raises(Unknown):
                questions.preflight(odd)

    def test_a_plan_that_is_not_there_is_not_found(self, engine: Engine) -> None:
        with pytest.raises(NotFound):
            preflight(plane(), ObjectRef("MigPlan", "nope"), engine, NOW)


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


class TestCertificates:
    def test_a_bundle_that_ends_soon_is_told_and_one_that_lasts_is_not(
        self, look: Callable[..., Preflight]
    ) -> None:
        lasting = encoded(authority().pem)
        ends = certificate_expiries(lasting)
        assert ends is not None
        found = look(migcluster(caBundle=lasting))
        expected = Result.PASS if ends[0] > NOW + timedelta(days=14) else Result.FAIL
        assert answered(found, "credentials").result is expected

    def test_what_is_no_bundle_is_not_checked(self, look: Callable[..., Preflight]) -> None:
        found = look(migcluster(caBundle=encoded(b"not a certificate")))
        assert answered(found, "credentials").result is Result.NOT_CHECKED


class TestOddInput:
    @settings(max_examples=25, deadline=None)
    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=8),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["spec", "status", "selection", "capacity", "pvc", "name"]),
                    inner,
                    max_size=3,
                )
            ),
            max_leaves=8,
        )
    )
    def test_any_plan_and_any_object_are_survived(self, engine: Engine, odd: Any) -> None:
        made = plane(
            plan(odd, odd, status={"destStorageClasses": odd, "incompatibleNamespaces": odd}),
            mtc("MigAnalytic", "a", metadata={"labels": {"migplan": "shop"}}, status=odd),
            source=sound(thing("v1", "PodVolumeBackup", "x", status=odd), binding("x", ACCOUNT)),
            destination=sound(thing("v1", "ResourceQuota", "q", "shop", status=odd)),
        )
        found = preflight(made, SHOP, engine, NOW)
        assert len(found.checks) == len(QUESTIONS)
        assert preflight_page(found, "zh")

    @given(st.text(max_size=60) | st.binary(max_size=60).map(encoded))
    def test_any_token_and_any_bundle_are_survived(self, value: str) -> None:
        assert token_expiry(value) is None
        assert certificate_expiries(value) is None

    @pytest.mark.parametrize(
        ("said", "hours"),
        [
            ("1h", 1.0),
            ("3h30m", 3.5),
            ("90m", 1.5),
            ("3600s", 1.0),
            ("1h0m0s", 1.0),
            ("", None),
            ("1", None),
            ("1d", None),
            (60, None),
            ("h", None),
        ],
    )
    def test_a_duration_is_read_as_go_writes_it(self, said: object, hours: float | None) -> None:
        span = parse_duration(said)
        assert (span.total_seconds() / 3600 if span else None) == hours
