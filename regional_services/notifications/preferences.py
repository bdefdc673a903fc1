"""What a resident wants to be told, and through what."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from hub.accounts import reach as accounts
from hub.actor import Actor
from hub.errors import InvalidInput, NotFound
from hub.tenancy.scope import REGION, region
from hub.work import work
from regional_services.notifications.access import resident
from regional_services.notifications.catalogue import KINDS, Audience, Channel, Kind, Language
from regional_services.notifications.channels import SENDERS
from regional_services.notifications.models import Declined, Habit


class MustHave(InvalidInput):
    """A kind nobody may do without."""

    code = "notifications.must_have"
    text = "这类消息关系到就诊和费用，不能退订。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """The page's values: the account's channels, declined (kind, channel) pairs, what comes first, the language."""

    channels: list[Channel]
    declined: frozenset[tuple[str, str]]
    first: str
    language: Language


def kinds() -> list[Kind]:
    """Every kind residents get, must-haves first."""
    return [kind for kind in KINDS.values() if kind.audience is Audience.RESIDENT]


def preferences(actor: Actor) -> Preferences:
    """The resident's own. Three queries."""
    account_id = resident(actor)
    with region(read_only=True):
        handles = accounts.bound(account_id)
        habit = Habit.objects.filter(pk=account_id).first()
        return Preferences(
            channels=[channel for channel, sender in SENDERS.items() if sender.handle() in handles],
            declined=_declined(account_id),
            first=habit.first_channel if habit else "",
            language=Language(habit.language if habit else Language.ZH),
        )


def choose(*, actor: Actor, kind: str, wanted: Collection[str]) -> None:
    """Have one kind on these channels only (in-site is one of them); MustHave for what can't be stopped."""
    account_id, known = resident(actor), named(kind)
    if not known.may_be_declined:
        raise MustHave
    declined = [channel for channel in (Channel.IN_SITE, *known.channels) if channel not in wanted]
    with work(REGION, actor=actor) as unit:
        Declined.objects.filter(account_id=account_id, kind=kind).exclude(channel__in=declined).delete()
        rows = [Declined(account_id=account_id, kind=kind, channel=c, declined_at=unit.now) for c in declined]
        Declined.objects.bulk_create(rows, ignore_conflicts=True)
        detail = {"kind": kind, "declined": [channel.value for channel in declined]}
        unit.audit("message.chosen", target=f"account:{account_id}", detail=detail)


def choose_shown(*, actor: Actor, kind: str, wanted: Collection[str]) -> None:
    """As `choose`, of the channels this resident is shown; the others stay as they were."""
    known, mine = named(kind), preferences(actor)
    unseen = [channel for channel in known.channels if channel not in mine.channels]
    kept = [channel for channel in unseen if (kind, channel) not in mine.declined]
    choose(actor=actor, kind=kind, wanted=[*wanted, *kept])


def named(kind: str) -> Kind:
    """A kind residents get; NotFound for any other."""
    found = KINDS.get(kind)
    if found is None or found.audience is not Audience.RESIDENT:
        raise NotFound
    return found


def possible(kind: Kind, mine: Preferences) -> list[Channel]:
    """The channels this resident could be told through, in the order of the kind."""
    return [Channel.IN_SITE, *(channel for channel in kind.channels if channel in mine.channels)]


def is_wanted(kind: Kind, channel: Channel, mine: Preferences) -> bool:
    """Whether this kind goes through this channel, as far as the resident decides."""
    return not kind.may_be_declined or (kind.name, channel) not in mine.declined


def change_habit(*, actor: Actor, first: str, language: str) -> None:
    """Which channel is tried first ("" the usual order), and what language messages outside are in."""
    account_id = resident(actor)
    problems = {}
    if first and first not in SENDERS:
        problems["first"] = "请选择渠道。"
    if language not in Language.values:
        problems["language"] = "请选择语言。"
    if problems:
        raise InvalidInput(fields=problems)
    with work(REGION, actor=actor) as unit:
        Habit.objects.update_or_create(
            account_id=account_id,
            defaults={"first_channel": first, "language": language, "changed_at": unit.now},
        )
        detail = {"first": first, "language": language}
        unit.audit("message.habit", target=f"account:{account_id}", detail=detail)


def _declined(account_id: UUID) -> frozenset[tuple[str, str]]:
    return frozenset(Declined.objects.filter(account_id=account_id).values_list("kind", "channel"))
