"""The outbox on its way to Slack: nothing lost, nothing twice.

Each message carries the incident and the outbox item in its metadata. Where an earlier try may
have reached Slack (a lost reply, a time-out, a crash between the post and its record), the
message is looked for in the channel before it is posted again. Limits and outages put an item
off. So does a channel that takes nothing, until it, the configuration or the bot's membership is
mended; only what Slack refuses for good is set aside. Both are said in the log.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from slack_sdk import WebClient

from bot.incidents.model import Incident
from bot.incidents.ports import OutboxItem
from bot.redaction import redact
from bot.store.approval_records import Approval
from handlers.clients import make_client
from handlers.delivery import ChannelRefused, Channels, Gone, Limited, Refused, Uncertain, Unsure
from handlers.renewing import Renewals
from handlers.request_posts import Place, newest_undo, place_of
from handlers.services import Services
from handlers.views.card import card
from handlers.views.kit import Message
from handlers.views.request_card import request_card
from handlers.views.request_notes import request_note
from handlers.views.rollup import rollup
from handlers.views.stories import Entries
from handlers.views.thread import reply
from knowledge.texts import Lang

POLL_SECONDS = 0.5
_LONGEST_POLL = 10.0
_LONGEST = timedelta(minutes=5)
_LATE = timedelta(minutes=6)
"""How long after a message was sent an earlier try of it is still looked for after a restart."""
_BATCH = 10
_BATCH_SECONDS = 20.0
"""A claim is a promise for a time; what is not begun by then is given back."""
_BEGUN_SECONDS = 28.0
"""A post that looked first begins within this time of its claim, and ends before the claim does."""

_HELD = timedelta(minutes=1)
"""How long a channel that takes nothing is left alone."""
_HELD_AT_MOST = timedelta(days=7)
"""What a channel did not take for so long is set aside: nobody waits for it any more."""

_log = logging.getLogger(__name__)


class Poster:
    """Drains the outbox, in a thread of its own or step by step."""

    def __init__(
        self, client: WebClient, services: Services, *, poll_seconds: float = POLL_SECONDS
    ) -> None:
        """Post with the token, address and time-out of ``client``, without its retries."""
        own = make_client(client.token, client.base_url, client.timeout)
        self._channels = Channels(own)
        self._services = services
        self._unsure = Unsure(self._channels, own.timeout)
        self._renewals = Renewals(own.timeout)
        self._refusing: set[str] = set()
        self._poll = poll_seconds
        self._claimed = 0.0
        self._stopping = threading.Event()
        self._awake = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Drain from now on in the background, and look after what a former process sent."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="slack-poster", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Look into the outbox now, since something may be owed. Returns at once."""
        self._awake.set()

    def stop(self) -> None:
        """Finish the message at hand and stop; what is owed stays owed."""
        self._stopping.set()
        self._awake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def drain_once(self) -> int:
        """Send what is due; return how many items were taken up."""
        self._unsure.settle()
        for shown in self._renewals.due():
            self._services.outbox.renew(shown, self._services.clock())
        self._claimed = time.monotonic()
        items = self._services.outbox.claim(self._services.clock(), _BATCH)
        wait: timedelta | None = None
        held: set[str] = set()
        for item in items:
            if wait is None and time.monotonic() - self._claimed > _BATCH_SECONDS:
                wait = timedelta()
            if item.channel in held:
                self._put_off(item, _HELD, "its channel takes nothing now", tried=False)
            elif wait is None:
                try:
                    wait = self._handle(item)
                except ChannelRefused as error:
                    self._hold(item, str(error))
                    held.add(item.channel)
            else:
                self._put_off(item, wait, "Slack is slow, down or asks to wait", tried=False)
        return len(items)

    def resume(self) -> None:
        """Take up what a former process left: messages put off, and tries that may arrive late."""
        now = self._services.clock()
        self._services.outbox.release(now)
        for each in self._services.outbox.resent(now - _LATE):
            where = self._place(each.item)
            if where is not None:
                self._unsure.watch(each.item, *where, each.ts)
                self._renewals.watch(each.item)

    def _place(self, item: OutboxItem) -> Place | None:
        """Return where a message was posted; None where that is not known any more."""
        if item.kind == "approval":
            remediation = self._services.remediation
            approval = remediation.approvals.get(item.incident_id) if remediation else None
            if approval is None:
                return None
            place = place_of(approval, self._services.incidents.get(approval.incident_id))
            under = "" if item.topic == "card" else approval.message_ts
            return Place(approval.channel, place.thread_ts or under)
        incident = self._services.incidents.get(item.incident_id)
        if item.kind == "thread":
            return Place(incident.channel, incident.message_ts) if incident else None
        return Place(incident.channel if incident else item.channel, "")

    def _run(self) -> None:
        wait = self._poll
        resumed = False
        while not self._stopping.is_set():
            try:
                if not resumed:
                    self.resume()
                    resumed = True
                taken = self.drain_once()
            except Exception as error:
                _log.error("the outbox could not be drained now: %s", redact(repr(error)))
                taken, wait = 0, min(2 * wait, _LONGEST_POLL)
            else:
                wait = self._poll
            if not taken:
                self._awake.wait(wait)
            self._awake.clear()

    def _handle(self, item: OutboxItem) -> timedelta | None:
        """Send one item; return how long the rest should wait, where it found Slack unwell.

        Raises ``ChannelRefused``.
        """
        outbox = self._services.outbox
        try:
            channel, ts = self._deliver(item)
        except Limited as error:
            self._put_off(item, error.after, str(error))
            return error.after
        except Uncertain as error:
            after = min(timedelta(seconds=2 ** min(item.attempts, 8)), _LONGEST)
            self._put_off(item, max(after, error.after), str(error))
            return error.after
        except ChannelRefused:
            raise
        except Refused as error:
            self._give_up(item, str(error))
        else:
            outbox.sent(item, channel, ts, self._services.clock())
            if item.channel in self._refusing:
                self._refusing.discard(item.channel)
                _log.warning("what waited for channel %s can be told", item.channel or "(none)")
            if item.attempts:
                self._renewals.watch(item)
        return None

    def _deliver(self, item: OutboxItem) -> tuple[str, str]:
        if item.kind == "rollup":
            found = (self._services.incidents.get(each) for each in item.detail.split())
            named = [incident for incident in found if incident is not None]
            message = self._made(lambda e, lang: rollup(named, e, lang))
            return self._post(item, message, other=self._route(named[0]) if named else "")
        if item.kind == "approval":
            return self._about_request(item)
        incident = self._services.incidents.get(item.incident_id)
        if incident is None:
            raise Refused("its incident is no longer there")
        now = self._services.clock()
        fixes = self._services.remediation is not None
        if item.kind == "card":
            return self._card(
                item, incident, self._made(lambda e, lang: card(incident, e, lang, now, fixes))
            )
        if not incident.message_ts:
            raise Refused("its card was never posted, so there is no thread to reply in")
        message = self._made(lambda e, lang: reply(item.topic, item.detail, incident, e, lang, now))
        return self._post(item, message, incident.channel, incident.message_ts)

    def _about_request(self, item: OutboxItem) -> tuple[str, str]:
        """Post or change the card of a request, or put a note under it."""
        remediation = self._services.remediation
        approval = remediation.approvals.get(item.incident_id) if remediation else None
        if remediation is None or approval is None:
            raise Refused("its request is not known, or remediation is off")
        policy = remediation.policy()
        place = place_of(approval, self._services.incidents.get(approval.incident_id))
        if item.topic != "card":
            if not approval.message_ts:
                raise Refused("the card of its request was never posted")
            note = self._made(lambda e, lang: request_note(item.topic, approval, policy, lang))
            return self._post(item, note, approval.channel, place.thread_ts or approval.message_ts)
        undo = newest_undo(remediation.approvals, approval)
        message = self._made(lambda e, lang: request_card(approval, policy, lang, undo))
        other = remediation.channel(approval.control, approval.plan_name)
        posted = self._request_card(item, approval, message, place, other)
        if posted != (approval.channel, approval.message_ts):
            remediation.approvals.posted(approval.id, *posted)
        undoes = remediation.approvals.get(str(approval.plan.get("undoes") or ""))
        if undoes is not None:  # whose card says how far that is
            shown = replace(item, incident_id=undoes.id, channel=undoes.channel)
            self._services.outbox.renew(shown, self._services.clock())
        return posted

    def _request_card(
        self, item: OutboxItem, approval: Approval, message: Message, place: Place, other: str
    ) -> tuple[str, str]:
        if approval.message_ts:
            try:
                self._channels.update(approval.channel, approval.message_ts, message)
            except Gone:
                _log.warning("the card of request %s was deleted; it is posted anew", approval.id)
            except ChannelRefused:
                if self._same(other, approval.channel):
                    raise
                return self._post(item, message, other)
            else:
                return approval.channel, approval.message_ts
        return self._post(
            item, message, place.channel, place.thread_ts, other=other, broadcast=True
        )

    def _made(self, view: Callable[[Entries, Lang], Message]) -> Message:
        """Return the message of a view; one that cannot be made must not hold up the others."""
        entries = self._services.knowledge().by_id
        try:
            return view(entries, self._services.default_lang)
        except Exception as error:
            _log.exception("a message cannot be made")
            raise Refused(f"the message cannot be made: {error!r}") from None

    def _card(self, item: OutboxItem, incident: Incident, message: Message) -> tuple[str, str]:
        other = self._route(incident)
        if incident.message_ts:
            try:
                self._channels.update(incident.channel, incident.message_ts, message)
            except Gone:
                _log.warning("the card of incident %s was deleted; it is posted anew", incident.id)
            except ChannelRefused:
                if self._same(other, incident.channel):
                    raise
                return self._post(item, message, other)
            else:
                return incident.channel, incident.message_ts
        return self._post(item, message, other=other)

    def _same(self, other: str, channel: str) -> bool:
        """Return whether ``other`` is no other channel than the one of a card."""
        return not other or self._channels.id_of(other) == channel

    def _route(self, incident: Incident) -> str:
        """Return where the incident's card belongs by the configuration of today."""
        return self._services.channel(incident)

    def _post(
        self,
        item: OutboxItem,
        message: Message,
        channel: str = "",
        thread_ts: str = "",
        *,
        other: str = "",
        broadcast: bool = False,
    ) -> tuple[str, str]:
        """Post, or find it posted; in channel ``other`` where its own does not take it."""
        channel = channel or item.channel or other
        if not channel:
            raise ChannelRefused("no channel is configured for it; add one to the configuration")
        try:
            return self._post_there(item, message, Place(channel, thread_ts), broadcast=broadcast)
        except ChannelRefused:
            if other in ("", channel):
                raise
        return self._post_there(item, message, Place(other, ""), broadcast=broadcast)

    def _post_there(
        self, item: OutboxItem, message: Message, place: Place, *, broadcast: bool
    ) -> tuple[str, str]:
        channel, thread_ts = place
        unsure = item.attempts > 0
        if unsure:
            already = self._channels.find(channel, thread_ts, item)
            if already:
                self._unsure.watch(item, channel, thread_ts, already[0])
                return channel, already[0]
            if time.monotonic() - self._claimed > _BEGUN_SECONDS:
                raise Uncertain("Slack took too long to look whether it is there already")
        posted = self._channels.post(channel, thread_ts, message, item, broadcast=broadcast)
        if unsure:
            self._unsure.watch(item, channel, thread_ts, posted[1])
        return posted

    def _put_off(self, item: OutboxItem, after: timedelta, why: str, *, tried: bool = True) -> None:
        _log.warning(
            "a message of incident %s waits %.0f s: %s",
            item.incident_id or "(rollup)",
            after.total_seconds(),
            why,
        )
        now = self._services.clock()
        self._services.outbox.retry(item, after, redact(why), now, tried=tried)

    def _hold(self, item: OutboxItem, why: str) -> None:
        now = self._services.clock()
        if item.created_at is not None and now - item.created_at > _HELD_AT_MOST:
            self._give_up(item, why)
            return
        if item.channel not in self._refusing:
            self._refusing.add(item.channel)
            _log.error(
                "channel %s takes no messages, they wait until it does: %s",
                item.channel or "(none)",
                why,
            )
        self._services.outbox.hold(item, _HELD, redact(why), now)

    def _give_up(self, item: OutboxItem, why: str) -> None:
        _log.error(
            "a message of incident %s for channel %s is set aside: %s",
            item.incident_id or "(rollup)",
            item.channel or "(none)",
            why,
        )
        self._services.outbox.give_up(item, redact(why), self._services.clock())
