"""Whose rights decide on real clusters: never the bot's, always the person's, at every moment."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from bot.access.policy import parse_policy
from bot.clusters import kinds as k
from bot.clusters.kinds import MTC_NAMESPACE
from bot.clusters.live import open_api
from bot.clusters.port import AccessRequest, ClusterReader, Denied
from bot.remediation.refusals import Refused
from bot.store.approval_records import Approval
from bot.store.database import Database
from tests.apiserver.loading import namespace
from tests.apiserver.rights import TOKENS
from tests.remediation.live.conftest import Pair
from tests.remediation.live.site import Site, versions
from tests.remediation.stories import STORIES
from tests.remediation.test_offers import by_action, diagnosis, finding, offers
from tests.remediation.things import controller, secret
from tests.remediation.world import AMIR, ANNA, OLIVIA, POLICY

pytestmark = pytest.mark.apiserver
MAY_SET = AccessRequest("patch", k.MIGRATIONCONTROLLER.group, "migrationcontrollers", MTC_NAMESPACE)
BOTH = (("host", MAY_SET), ("ocp3", MAY_SET))


def ask_for_time(site: Site, person: str = OLIVIA) -> Approval:
    """Ask for a longer time-out, which is set on both clusters."""
    return site.ask("set-restic-timeout", params={"timeout": "4h"}, person=person)


def with_controllers(site: Site) -> Site:
    STORIES["set-restic-timeout"].prepare(site)
    return site


def timeouts(site: Site) -> list[str]:
    found = [
        cluster.find(k.MIGRATIONCONTROLLER, "migration-controller", MTC_NAMESPACE)
        for cluster in (site.host, site.source)
    ]
    return [(obj or {})["spec"].get("restic_timeout", "") for obj in found]


class TestTheBotItself:
    @pytest.fixture
    def accounts(self, pair: Pair) -> list[ClusterReader]:
        """Both clusters, as the bot's account sees them."""
        return [
            open_api(cluster.api.url, token, cluster.api.ca.pem).host
            for cluster, token in ((pair.host, pair.token), (pair.source, pair.source_token))
        ]

    @pytest.mark.parametrize("verb", ["create", "update", "patch", "delete", "deletecollection"])
    def test_it_may_write_nothing(self, accounts: list[ClusterReader], verb: str) -> None:
        asked = [
            AccessRequest(verb, kind.group, kind.plural, where)
            for kind in k.KINDS
            for where in (MTC_NAMESPACE, "shop")
        ]
        assert [a for account in accounts for a in asked if account.allowed(a).allowed] == []

    def test_it_may_act_for_people_and_the_groups_that_policy_gives_and_for_nobody_else(
        self, accounts: list[ClusterReader]
    ) -> None:
        for account in accounts:
            for resource, name, may in (
                ("users", "olivia@example.com", True),
                ("groups", "migration-approvers", True),
                ("groups", "system:masters", False),
                ("groups", "cluster-admins", False),
                ("serviceaccounts", "migration-controller", False),
                ("uids", "7", False),
                ("userextras", "scopes", False),
            ):
                asked = AccessRequest("impersonate", "", resource, name=name)
                assert account.allowed(asked).allowed is may, resource

    def test_it_may_read_the_new_token_and_no_other_secret(
        self, accounts: list[ClusterReader]
    ) -> None:
        for name, may in (("new-token", True), ("cloud-credentials", False), ("", False)):
            asked = AccessRequest("get", "", "secrets", MTC_NAMESPACE, name)
            assert [account.allowed(asked).allowed for account in accounts] == [may, may]


class TestThePerson:
    def test_a_right_that_is_gone_on_the_remote_cluster_stops_what_was_approved(
        self, site: Site
    ) -> None:
        with_controllers(site).grant(BOTH)
        approval = site.decide(ask_for_time(site))
        site.source.revoke(site.user, MAY_SET)
        ended = site.carry_out(approval)
        assert ended.state == "stale"
        assert "may not patch migrationcontrollers" in ended.outcome
        assert timeouts(site) == ["1h", ""]

    def test_a_right_that_goes_between_two_clusters_stops_there_and_the_record_says_where(
        self, site: Site
    ) -> None:
        with_controllers(site).grant(BOTH)
        approval = site.decide(ask_for_time(site))
        site.later(minutes=5)  # what the operators said last is not about this change
        site.runner.turn()
        assert timeouts(site) == ["1h", "4h"]
        site.host.revoke(site.user, MAY_SET)
        ended = site.carry_out(approval, lambda: STORIES["set-restic-timeout"].settle(site))
        assert ended.state == "failed"
        assert "step 3 of 4 failed" in ended.outcome
        assert "may not patch migrationcontrollers" in ended.outcome
        assert timeouts(site) == ["1h", "4h"]
        assert site.audit.verify() == ()

    def test_a_fix_is_offered_to_whom_both_clusters_let_do_it(self, site: Site) -> None:
        failed = diagnosis(finding("podvolumebackup-timeout"))
        for denied in ("ocp3", "host"):
            offer = by_action(offers(with_controllers(site))(OLIVIA, failed))["set-restic-timeout"]
            assert offer.reason is not None
            assert f"may not patch migrationcontrollers in {MTC_NAMESPACE} on {denied}" in str(
                offer.reason.en
            )
            assert not offer.allowed
            site.grant([(denied, MAY_SET)])
        assert by_action(offers(site)(OLIVIA, failed))["set-restic-timeout"].allowed

    def test_a_group_that_policy_gives_counts_on_both_clusters_and_only_for_its_members(
        self, site: Site
    ) -> None:
        with_controllers(site)
        for cluster in site.clusters.values():
            cluster.grant("migration-approvers", MAY_SET, subject="Group")
        with pytest.raises(Refused, match="may not patch migrationcontrollers"):
            ask_for_time(site)
        approval = site.decide(ask_for_time(site, AMIR), ANNA)
        done = site.carry_out(approval, lambda: STORIES["set-restic-timeout"].settle(site))
        assert (done.state, timeouts(site)) == ("done", ["4h", "4h"])

    def test_the_roles_of_the_example_for_people_are_enough(self, site: Site, pair: Pair) -> None:
        with_controllers(site)
        STORIES["rsync-privileged"].prepare(site)
        label = AccessRequest("patch", "", "namespaces", "shop", "shop")
        pay = [AccessRequest("patch", "", "namespaces", name, name) for name in ("pay", "pay-new")]
        for cluster in site.clusters.values():
            for right in pay:  # as the example does for shop
                namespace(cluster.api, right.name)
                cluster.grant("migration-approvers", right, subject="Group")
        with pair.roles_of("rbac-people.example.yaml", label, MAY_SET):
            for action in ("rsync-privileged", "set-restic-timeout", "rerun-migration"):
                params = STORIES[action].params
                assert site.ask(action, params=params, person=AMIR).state == "pending"

    def test_a_group_that_the_bot_may_not_give_is_refused_by_the_cluster(self, site: Site) -> None:
        with_controllers(site)
        site.policy = parse_policy(POLICY.replace("=migration-approvers", "=cluster-owners"))
        for cluster in site.clusters.values():
            cluster.grant("cluster-owners", MAY_SET, subject="Group")
        with pytest.raises(Refused, match=r"cannot impersonate resource \"groups\""):
            ask_for_time(site, AMIR)
        assert timeouts(site) == ["1h", ""]

    def test_nobody_is_the_system_and_no_service_account(self, site: Site) -> None:
        with_controllers(site)
        for name in ("system:admin", f"system:serviceaccount:{MTC_NAMESPACE}:migration-controller"):
            site.policy = parse_policy(POLICY + f'  table: {{{OLIVIA}: "{name}"}}\n')
            with pytest.raises(Refused, match="not known who you are"):
                ask_for_time(site)

    def test_what_admission_would_deny_is_refused_before_anybody_approves(
        self, site: Site, no_long_timeouts: None
    ) -> None:
        with_controllers(site).grant(BOTH)
        with pytest.raises(Refused, match=r"would refuse patch of migrationcontroller.*no 4h here"):
            ask_for_time(site)
        assert timeouts(site) == ["1h", ""]
        assert site.approvals.open() == ()

    @pytest.fixture
    def no_long_timeouts(self, pair: Pair) -> Iterator[None]:
        unless = "!has(object.spec.restic_timeout) || object.spec.restic_timeout != '4h'"
        with pair.source.denying(controller(restic_timeout="4h"), unless, "no 4h here"):
            yield


class TestTheToken:
    """Of the remote cluster, which MTC keeps."""

    def site(self, pair: Pair, database: Database, token: str) -> Site:
        return with_controllers(
            Site(
                database,
                host=pair.host,
                source=pair.source,
                token=pair.token,
                source_token=token,
            )
        )

    def test_that_of_mtc_with_cluster_admin_as_mtc_demands_it_is_enough(
        self, pair: Pair, database: Database
    ) -> None:
        site = self.site(
            pair, database, pair.source.account("migration-controller", "cluster-admin")
        )
        with pytest.raises(Refused, match="may not patch migrationcontrollers"):
            ask_for_time(site)
        site.grant(BOTH)
        approval = site.decide(ask_for_time(site))
        done = site.carry_out(approval, lambda: STORIES["set-restic-timeout"].settle(site))
        assert (done.state, timeouts(site)) == ("done", ["4h", "4h"])

    def test_one_that_only_reads_cannot_ask_for_others_and_the_answer_names_the_right(
        self, pair: Pair, database: Database
    ) -> None:
        site = self.site(pair, database, pair.source.account("reader", "mtc-bot"))
        STORIES["rsync-privileged"].prepare(site)
        before = versions(site.content())
        with pytest.raises(Denied, match=r"create on subjectaccessreviews\.authorization\.k8s\.io"):
            site.ask("rsync-privileged")
        assert versions(site.content()) == before

    def test_one_in_a_secret_that_the_bot_may_not_read_is_refused_with_a_way_out(
        self, site: Site
    ) -> None:
        site.host.put(secret("another", token="x"))
        with pytest.raises(Refused, match="Call it new-token"):
            site.ask("renew-sa-token", "ocp3", "MigCluster", params={"secret": "another"})

    def test_a_new_one_is_in_use_once_it_was_approved(self, pair: Pair, database: Database) -> None:
        site = self.site(pair, database, "refused")
        site.host.put(secret("new-token", token=pair.source_token))
        change = AccessRequest("patch", "", "secrets", TOKENS, "ocp3")
        read = AccessRequest("get", "", "secrets", MTC_NAMESPACE, "new-token")
        site.grant((("host", change), ("host", read)))
        approval = site.ask("renew-sa-token", "ocp3", "MigCluster", params={"secret": "new-token"})
        done = site.carry_out(site.decide(approval))
        assert done.state == "done", done.outcome
        held = site.host.find(k.SECRET, "ocp3", TOKENS)
        assert held is not None
        assert base64.b64decode(held["data"]["saToken"]).decode() == pair.source_token
        assert site.plane.remote("ocp3").list(k.BSL, MTC_NAMESPACE).items == ()
        assert pair.source_token not in str(done)
