"""The answer to ``/mtc fix``: what can be done, and why or why not for this person."""

from __future__ import annotations

from collections.abc import Sequence

from bot.access.deciding import roles_of
from bot.access.people import Person
from bot.access.policy import Policy
from bot.clusters.port import Identity
from bot.diagnosis.findings import Diagnosis
from bot.remediation.offers import Offer
from bot.remediation.refusals import Refused
from handlers.views import errors
from handlers.views.actions import remedy_id
from handlers.views.kit import (
    Block,
    Message,
    Page,
    actions,
    button,
    code,
    context,
    cut,
    fields,
    header,
    mention,
    notice,
    paragraph,
    rich,
    tidy,
    untrusted,
    words,
)
from handlers.views.words import name_of, pair, say
from knowledge.texts import Lang

_MOST = 12


def fixes(diagnosis: Diagnosis, offers: Sequence[Offer], lang: Lang) -> Message:
    """Return what can be done about a diagnosis, with a button for each that may be asked for."""
    name = untrusted(str(diagnosis.target), 100)
    title = say(lang, "fix.title", name=name)
    page = Page()
    page.add(header(f"🔧 {title}"))
    if diagnosis.root is not None:
        page.add(context(untrusted(diagnosis.root.title(lang), 300)))
    about = f"{diagnosis.target}@{diagnosis.control}"
    first = next((offer for offer in offers if offer.suggested), None)
    for number, offer in enumerate(offers[:_MOST]):
        blocks = [_offer(offer, lang, starred=offer is first)]
        if offer.allowed:
            label = cut(say(lang, "fix.ask", action=offer.title.get(lang)), 70)
            style = "primary" if offer is first else ""
            blocks.append(actions([button(label, remedy_id(number), line(offer, about), style)]))
        page.add(*blocks)
    if offers:
        page.end(context(say(lang, "fix.next")))
    else:
        page.add(context(say(lang, "fix.none", command=f"/mtc diagnose {name}")))
    return Message(notice(title), page.blocks)


def line(offer: Offer, about: str) -> str:
    """Return what a button that opens a form says, as if it were typed; it is judged anew."""
    return f"{offer.action}|{offer.target}|{about}"


def _offer(offer: Offer, lang: Lang, *, starred: bool) -> Block:
    risk = name_of(lang, "risk", str(int(offer.risk)))
    parts = [
        words(tidy(offer.title.get(lang), 200), bold=True),
        words("  "),
        words(untrusted(str(offer.target), 120), mono=True),
    ]
    if starred:
        parts.append(words(f"  ★ {say(lang, 'fix.suggested')}"))
    parts.append(words(f"\n{risk}"))
    if offer.destroys_data:
        parts.append(words(f"\n🔥 {say(lang, 'request.data')}"))
    if offer.reason is not None:
        key = "fix.note" if offer.allowed else "fix.not_now"
        why = untrusted(offer.reason.get(lang), 500)
        parts.append(words(f"\n{'' if offer.allowed else '🚫 '}{say(lang, key, why=why)}"))
    return rich(paragraph(*parts))


def refused(error: Refused, lang: Lang, *, undecided: bool = False) -> Message:
    """Return why something was not done; ``undecided`` is a request that was voted on."""
    what = pair(say(lang, "remedy.refused"), untrusted(error.text(lang), 1_200), lang)
    if undecided:
        after = say(lang, "remedy.undecided_next", command="/mtc approvals")
    else:
        after = say(lang, "remedy.refused_next", command="/mtc fix")
    return errors.trouble(what, after, lang)


def off(lang: Lang) -> Message:
    """Return that this bot only reads."""
    said = say(lang, "remedy.off", command="/mtc diagnose")
    return Message(notice(said), [rich(paragraph(words(said)))])


def who_you_are(person: Person, policy: Policy, identity: Identity | None, lang: Lang) -> Message:
    """Return what a person may do here, and whom they are on the clusters."""
    roles = ", ".join(code(role) for role in roles_of(policy, person))
    user = code(identity.user) if identity else say(lang, "whoami.no_cluster_user")
    pairs = [
        (say(lang, "whoami.user"), mention(person.id)),
        (say(lang, "whoami.language"), say(lang, "whoami.language_is")),
        (say(lang, "whoami.roles"), roles or say(lang, "whoami.no_roles")),
        (say(lang, "whoami.cluster_user"), user),
    ]
    title = say(lang, "whoami.title")
    said = say(lang, "whoami.fixes", command="/mtc fix")
    return Message(notice(pair(title, said, lang)), [header(title), fields(pairs), context(said)])
