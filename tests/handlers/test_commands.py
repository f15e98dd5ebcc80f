"""What people get when they ask, through Slack."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from bot.clusters.port import Unreachable
from handlers.workers import Workers
from sandbox.slack import BOT_USER_ID, MANAGER, OPERATOR, VIEWER
from tests.handlers.checking import shown
from tests.handlers.conftest import ROOM, House

Start = Callable[..., Any]


def test_diagnose_names_the_cause_with_proof_and_steps(house: House, start: Start) -> None:
    start()
    assert house.sandbox.run_command(OPERATOR.id, ROOM, "/mtc diagnose shop-1").ok
    answer = house.wait_answer(OPERATOR.id, "shop-1: failed")
    assert "The backup of plan shop was not made" in answer
    assert "shop-1: backup was given up" in answer
    assert "Read the Velero log." in answer


def test_answer_is_seen_by_the_one_who_asked_only(house: House, start: Start) -> None:
    start()
    house.sandbox.run_command(OPERATOR.id, ROOM, "/mtc diagnose shop-1")
    house.wait_answer(OPERATOR.id, "shop-1: failed")
    assert house.posted() == []
    assert house.answers(VIEWER.id) == []


def test_person_with_a_chinese_profile_is_answered_in_chinese(house: House, start: Start) -> None:
    start()
    house.sandbox.run_command(MANAGER.id, ROOM, "/mtc diagnose shop-1")
    answer = house.wait_answer(MANAGER.id, "shop-1：失败")
    assert "计划 shop 的备份没有完成" in answer
    assert "shop-1: backup was given up" in answer


def test_preflight_of_a_plan_says_what_would_fail_and_what_could_not_be_checked(
    house: House, start: Start
) -> None:
    start()
    house.sandbox.run_command(OPERATOR.id, ROOM, "/mtc preflight shop")
    answer = house.wait_answer(OPERATOR.id, "migplan/shop: ")
    assert "Not checked" in answer
    assert "not all could be checked" in answer or "a migration would fail" in answer
    house.sandbox.run_command(OPERATOR.id, ROOM, "/mtc preflight shpo")
    assert "shop" in house.wait_answer(OPERATOR.id, "shpo")
    house.sandbox.run_command(OPERATOR.id, ROOM, "/mtc 预检")
    house.wait_answer(OPERATOR.id, "/mtc preflight shop")


def test_language_can_be_chosen(house: House, start: Start) -> None:
    start()
    house.sandbox.run_command(OPERATOR.id, ROOM, "/mtc lang zh")
    house.wait_answer(OPERATOR.id, "从现在起")
    house.sandbox.run_command(OPERATOR.id, ROOM, "/mtc help")
    house.wait_answer(OPERATOR.id, "可用命令")


def test_list_shows_what_needs_attention_and_offers_to_diagnose_it(
    house: House, start: Start
) -> None:
    start()
    house.sandbox.run_command(OPERATOR.id, ROOM, "/mtc list")
    answer = house.wait_answer(OPERATOR.id, "Diagnose shop-1")
    assert "cart-1" in answer
    assert "Diagnose cart-1" not in answer


def test_button_of_the_list_asks_for_the_diagnosis(house: House, start: Start) -> None:
    start()
    house.sandbox.run_command(OPERATOR.id, ROOM, "/mtc list failed")
    house.wait_answer(OPERATOR.id, "Diagnose shop-1")
    listed = house.sandbox.ephemerals(OPERATOR.id)[0]
    assert house.sandbox.click(OPERATOR.id, ROOM, listed["ts"], "ask_0").ok
    house.wait_answer(OPERATOR.id, "The backup of plan shop was not made")


def test_status_shows_plan_clusters_and_what_mtc_reports(house: House, start: Start) -> None:
    start()
    house.sandbox.run_command(OPERATOR.id, ROOM, "/mtc status shop-1")
    answer = house.wait_answer(OPERATOR.id, "shop-1: failed")
    assert "`ocp3` → `host`" in answer
    assert "Failed: The migration has failed." in answer


def test_unknown_name_gets_the_closest_as_buttons(house: House, start: Start) -> None:
    start()
    house.sandbox.run_command(OPERATOR.id, ROOM, "/mtc status shpo-1")
    house.wait_answer(OPERATOR.id, "Nothing here is called shpo-1.")
    asked = house.sandbox.ephemerals(OPERATOR.id)[0]
    assert house.sandbox.click(OPERATOR.id, ROOM, asked["ts"], "ask_0").ok
    house.wait_answer(OPERATOR.id, "shop-1: failed")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", "What you can ask"),
        ("help", "What you can ask"),
        ("帮助", "What you can ask"),
        ("whoami", f"<@{OPERATOR.id}>"),
        ("kb", "4 entries"),
        ("kb killed", "restic was killed"),
        ("kb storage-refused", "How to see that it worked"),
        ("kb zzzzzz", "Nothing in the knowledge base fits zzzzzz"),
        ("status", "Which one?"),
        ("lang fr", "Which language?"),
        ("diagnoze shop-1", "There is no /mtc diagnoze command."),
        ("shop-1", "The backup of plan shop was not made"),
        ("why did shop-1 fail?", "I know shop-1"),
        ("what about migplan/shop", "I know migplan/shop"),
        ("hello", "What you can ask"),
        ("你好！", "What you can ask"),
        ("诊段 shop-1", "/mtc diagnose shop-1"),
        ("list nothing-like-it", "No migration fits nothing-like-it"),
        ("status shop-1@nowhere", "There is no control cluster of that name: shop-1@nowhere."),
    ],
)
def test_every_subcommand_answers(house: House, start: Start, typed: str, expected: str) -> None:
    start()
    assert house.sandbox.run_command(OPERATOR.id, ROOM, f"/mtc {typed}").ok
    house.wait_answer(OPERATOR.id, expected)


@pytest.mark.parametrize(
    ("typed", "meant", "offered"),
    [
        ("diagnoze shop-1", True, ["/mtc diagnose shop-1"]),
        ("why did shop-1 fail?", False, ["/mtc diagnose shop-1", "/mtc status shop-1"]),
        ("what now", False, []),
        ("status shop-1@nowhere", True, ["shop-1@hub"]),
        ("status kiosk", False, []),
        ("status", False, ["List migrations"]),
    ],
)
def test_what_is_not_understood_offers_what_may_be_meant_and_nothing_else(
    house: House, start: Start, typed: str, meant: bool, offered: list[str]
) -> None:
    start()
    house.sandbox.run_command(OPERATOR.id, ROOM, f"/mtc {typed}")
    asked = house.sandbox.wait_for(lambda: house.sandbox.ephemerals(OPERATOR.id))[0]
    rows = [block["elements"] for block in asked["blocks"] if block["type"] == "actions"]
    assert [button["text"]["text"] for row in rows for button in row] == offered
    assert ("Did you mean" in shown(asked)) is meant


def test_list_can_be_narrowed_down_by_what_it_shows(house: House, start: Start) -> None:
    start()
    house.sandbox.run_command(MANAGER.id, ROOM, "/mtc list 失败")
    answer = house.wait_answer(MANAGER.id, "shop-1")
    assert "cart-1" not in answer


def test_cluster_that_cannot_be_read_is_a_sentence_with_a_next_step(
    house: House, start: Start
) -> None:
    start()
    refused = Unreachable("dial tcp: token=abcdef0123456789 i/o timeout")
    house.cluster.fail_with(refused)
    house.sandbox.run_command(OPERATOR.id, ROOM, "/mtc diagnose shop-1")
    answer = house.wait_answer(OPERATOR.id, "Cluster hub does not answer.")
    assert "Check that its API server answers" in answer
    assert "abcdef0123456789" not in answer


def test_unexpected_error_gives_an_id_that_is_in_the_log(
    house: House, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    start()
    house.database.close()
    house.sandbox.run_command(OPERATOR.id, ROOM, "/mtc diagnose shop-1")
    answer = house.wait_answer(OPERATOR.id, "Something went wrong inside the bot")
    error_id = answer.split("give the id ")[1].split()[0]
    assert any(error_id in record.getMessage() for record in caplog.records)


def test_mention_is_answered_in_its_thread_for_all(house: House, start: Start) -> None:
    start()
    asked = house.sandbox.post(OPERATOR.id, ROOM, f"Hey <@{BOT_USER_ID}>, diagnose shop-1")
    reply = house.sandbox.wait_for(
        lambda: next((m for m in house.posted(asked["ts"]) if "failed" in m["text"]), None), 8
    )
    assert reply["thread_ts"] == asked["ts"]


def test_rate_limit_delays_an_answer_for_all(house: House, start: Start) -> None:
    start()
    house.sandbox.rate_limit("chat.postMessage", retry_after=1)
    asked = house.sandbox.post(OPERATOR.id, ROOM, f"<@{BOT_USER_ID}> whoami")
    house.sandbox.wait_for(lambda: len(house.posted(asked["ts"])) == 2, 8)


def test_answer_whose_blocks_are_refused_comes_as_plain_text(house: House, start: Start) -> None:
    start()
    house.sandbox.fail("chat.postMessage", "invalid_blocks", times=2)
    asked = house.sandbox.post(OPERATOR.id, ROOM, f"<@{BOT_USER_ID}> diagnose shop-1")
    reply = house.sandbox.wait_for(
        lambda: next((m for m in house.posted(asked["ts"]) if "failed" in m["text"]), None), 8
    )
    assert reply.get("blocks", []) == []


def test_direct_message_is_answered_like_a_command(house: House, start: Start) -> None:
    start()
    direct = house.sandbox.dm(VIEWER.id)
    house.sandbox.post(VIEWER.id, direct, "status shop-1")
    house.sandbox.wait_for(
        lambda: [m for m in house.sandbox.messages(direct) if "shop-1: failed" in m["text"]], 8
    )


def test_command_is_answered_where_the_bot_is_no_member(house: House, start: Start) -> None:
    start()
    assert house.sandbox.run_command(OPERATOR.id, "C0GENERAL1", "/mtc whoami").ok
    house.wait_answer(OPERATOR.id, f"<@{OPERATOR.id}>")


class TestSlowQuestions:
    def test_are_acknowledged_at_once_and_say_that_they_are_worked_on(
        self, house: House, start: Start
    ) -> None:
        start(slow_after=0.2)
        house.cluster.gate.clear()
        began = time.monotonic()
        assert house.sandbox.run_command(OPERATOR.id, ROOM, "/mtc diagnose shop-1").ok
        assert time.monotonic() - began < 1.5
        house.wait_answer(OPERATOR.id, "Working on it")
        house.cluster.gate.set()
        house.wait_answer(OPERATOR.id, "shop-1: failed")

    def test_do_not_delay_the_acknowledgement_of_others(self, house: House, start: Start) -> None:
        start(slow_after=30)
        house.cluster.gate.clear()
        for _ in range(16):
            assert house.sandbox.run_command(OPERATOR.id, ROOM, "/mtc diagnose shop-1").ok
        began = time.monotonic()
        assert house.sandbox.run_command(VIEWER.id, ROOM, "/mtc diagnose shop-1").ok
        assert time.monotonic() - began < 1.5

    def test_too_many_are_refused_with_a_sentence(self, house: House, start: Start) -> None:
        start(slow_after=30, workers=Workers(threads=1, waiting=1))
        house.cluster.gate.clear()
        for _ in range(4):
            assert house.sandbox.run_command(OPERATOR.id, ROOM, "/mtc diagnose shop-1").ok
        texts = [m["text"] for m in house.sandbox.ephemerals(OPERATOR.id)]
        assert any("too many questions" in text for text in texts)
