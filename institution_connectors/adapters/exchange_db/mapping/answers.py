"""Results out of the answer table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from institution_connectors.adapters.exchange_db.errors import Incomplete, Unreadable
from institution_connectors.adapters.exchange_db.mapping.words import Row
from institution_connectors.contracts import (
    Cancelled,
    CheckedIn,
    Done,
    FeeItem,
    FeeQuote,
    Found,
    Locked,
    Operation,
    OutcomeChecked,
    Patient,
    PatientCreated,
    Patients,
    Registered,
    Result,
    Settled,
    Sex,
)

_FOUND = {found.value for found in Found}
_SEXES = {sex.value: sex for sex in Sex}


@dataclass(frozen=True, slots=True)
class Answered:
    """A complete answer with its further rows."""

    row: Row
    fees: Sequence[Row] = ()
    patients: Sequence[Row] = ()
    asked: str = ""


def result_of(operation: Operation, answered: Answered) -> Result:
    """What a successful answer brings; `Incomplete` or `Unreadable` if it can't be."""
    return _READERS[operation](answered)


def _registered(answered: Answered) -> Registered:
    row = answered.row
    return Registered(
        his_number=row.text("reg_no"),
        his_patient_id=row.text("patient_no"),
        sequence=row.number("sequence_no"),
        place=row.optional("place"),
        receipt_number=row.optional("receipt_no"),
    )


def _locked(answered: Answered) -> Locked:
    row = answered.row
    return Locked(
        lock_code=row.text("lock_no"),
        number_code=row.text("number_no"),
        sequence=row.number("sequence_no"),
        expires_at=row.time("expire_time"),
    )


def _cancelled(answered: Answered) -> Cancelled:
    row = answered.row
    return Cancelled(
        his_number=row.text("reg_no"), receipt_number=row.optional("receipt_no"), already=row.flag("already")
    )


def _checked_in(answered: Answered) -> CheckedIn:
    row = answered.row
    return CheckedIn(ticket=row.text("queue_no"), ahead=row.number_or_none("ahead"), place=row.optional("place"))


def _settled(answered: Answered) -> Settled:
    row = answered.row
    return Settled(settlement_number=row.text("settlement_no"), receipt_number=row.optional("receipt_no"))


def _patient_created(answered: Answered) -> PatientCreated:
    row = answered.row
    return PatientCreated(his_patient_id=row.text("patient_no"), existed=row.flag("existed"))


def _quote(answered: Answered) -> FeeQuote:
    row = answered.row
    _whole("hub_answer_fee", len(answered.fees), row.number("fee_lines"))
    return FeeQuote(
        total_fen=row.fen("fee_total"),
        items=tuple(
            FeeItem(code=item.optional("item_code"), name=item.text("item_name"), amount_fen=item.fen("amount"))
            for item in answered.fees
        ),
        discount=row.optional("discount"),
        valid_until=row.time_or_none("valid_until"),
    )


def _patients(answered: Answered) -> Patients:
    _whole("hub_answer_patient", len(answered.patients), answered.row.number("patient_rows"))
    return Patients(
        patients=tuple(
            Patient(
                his_id=item.text("patient_no"),
                name=item.text("patient_name"),
                document_type=item.text("cert_type"),
                document_number=item.text("cert_no"),
                sex=_SEXES.get(item.optional("sex"), Sex.UNKNOWN),
                birth_date=item.day("birth_date"),
                phone=item.optional("mobile"),
                address=item.optional("home_address"),
            )
            for item in answered.patients
        )
    )


def _checked(answered: Answered) -> OutcomeChecked:
    found = answered.row.text("found")
    if found not in _FOUND:
        raise Unreadable(f"hub_answer.found is not one of {', '.join(sorted(_FOUND))}")
    if found != Found.DONE:
        return OutcomeChecked(found=Found(found))
    return OutcomeChecked(found=Found.DONE, result=result_of(Operation(answered.asked), answered))


def _done(_: Answered) -> Done:
    return Done()


def _whole(table: str, count: int, said: int) -> None:
    if count != said:
        raise Incomplete(f"{table} has {count} rows, the answer counts {said}")


_READERS: dict[Operation, Callable[[Answered], Result]] = {
    Operation.FIND_PATIENT: _patients,
    Operation.CREATE_PATIENT: _patient_created,
    Operation.UPDATE_PATIENT: _done,
    Operation.BIND_HEALTH_CARD: _done,
    Operation.QUOTE_FEE: _quote,
    Operation.LOCK_NUMBER: _locked,
    Operation.UNLOCK_NUMBER: _done,
    Operation.REGISTER: _registered,
    Operation.PAY_REGISTRATION: _registered,
    Operation.CHECK_IN: _checked_in,
    Operation.TELL_VISIT: _done,
    Operation.CANCEL_REGISTRATION: _cancelled,
    Operation.CHECK_OUTCOME: _checked,
    Operation.SETTLE_BILLS: _settled,
    Operation.REFUND_BILLS: _settled,
}
