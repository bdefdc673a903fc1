"""What follows on sign-in: a phone code is sent, a platform's code traded, sign-ins by an unbound way are ended."""

from __future__ import annotations

from hub import clock
from hub.accounts import outside, phone_codes, platforms
from hub.accounts.events import AuthorisationReceived, HandleUnbound, PhoneCodeRequested
from hub.accounts.models import AskState, HandleAsk, HandleKind, PhoneCode, SignInMethod
from hub.accounts.services.sign_ins import end_sign_ins_by
from hub.actor import system_actor
from hub.outbox.events import Delivery, RunsIn, handles
from hub.tenancy.scope import REGION, region
from hub.work import work

_TEMPLATE = "phone_code"


@handles(PhoneCodeRequested, runs_in=RunsIn.OUTSIDE)
def send_phone_code(event: PhoneCodeRequested, _delivery: Delivery) -> None:
    """Send the code unless it ran out or was replaced meanwhile."""
    with region(read_only=True):
        row = PhoneCode.objects.filter(id=event.code_id, spent_at__isnull=True, expires_at__gt=clock.now()).first()
    if row is None:
        return
    minutes = str(int(phone_codes.LIFETIME.total_seconds() // 60))
    outside.send_sms(
        to=row.phone,
        template=_TEMPLATE,
        params={"code": phone_codes.digits_of(row), "minutes": minutes},
        message_id=str(row.id),
    )


@handles(AuthorisationReceived, runs_in=RunsIn.OUTSIDE)
def trade_code(event: AuthorisationReceived, _delivery: Delivery) -> None:
    """Trade the code and store the answer; a second delivery finds the ask answered."""
    with region(read_only=True):
        ask = HandleAsk.objects.filter(id=event.ask_id, state=AskState.ASKED).first()
    if ask is None or ask.code is None:
        return
    answer = platforms.ALL[HandleKind(ask.kind)].exchange(realm=ask.realm, code=ask.code)
    with work(REGION, actor=system_actor("授权登录")) as unit:
        answered = HandleAsk.objects.filter(id=ask.id, state=AskState.ASKED).update(
            state=AskState.READY if answer.subject else AskState.REFUSED,
            subject=answer.subject or None,
            reason=answer.reason,
            code=None,
        )
        if answered:
            unit.audit(
                "accounts.way_answered",
                target=f"way_in:{ask.id}",
                outcome="success" if answer.subject else "failure",
                reason=answer.reason,
                detail={"kind": ask.kind},
            )


@handles(HandleUnbound, runs_in=RunsIn.BETWEEN)
def sign_out_unbound(event: HandleUnbound, _delivery: Delivery) -> None:
    """Whoever came by what was taken away is signed out, but where it was done; a repeat finds nobody."""
    method = SignInMethod.PHONE if event.kind == HandleKind.PHONE else platforms.ALL[HandleKind(event.kind)].method
    end_sign_ins_by(actor=system_actor("解绑登录方式"), user_id=event.account_id, method=method, but=event.but)
