"""`Invoice` for bills and receipts, `PaymentReconciliation` for what was paid or went back."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from hub import clock
from institution_connectors.adapters.fhir_r4.errors import Incomplete
from institution_connectors.adapters.fhir_r4.mapping import systems
from institution_connectors.adapters.fhir_r4.mapping.node import Node
from institution_connectors.adapters.fhir_r4.talk import Params, Talk, own_number
from institution_connectors.contracts import (
    Answer,
    Bill,
    BillDetail,
    BillItem,
    BillItems,
    Bills,
    DailyLedger,
    Found,
    Invoice,
    Invoices,
    InvoiceState,
    Ledger,
    LedgerLine,
    ListInvoices,
    ListPaidBills,
    ListPendingBills,
    OutcomeChecked,
    PaidBill,
    PaidBillDetail,
    PaidBills,
    Reason,
    RefundBills,
    SettleBills,
    Settled,
)
from institution_connectors.http import CallFailed

_CREATED = 201
_STATUSES: Final = {state: state for state in ("draft", "issued", "balanced", "cancelled", "entered-in-error")}
_INVOICE_STATES: Final = {state.value: state for state in InvoiceState}


def list_pending_bills(talk: Talk, request: ListPendingBills) -> Bills:
    """Issued invoices of the type `bill`."""
    params = [_subject(request.his_patient_id), ("type", f"{systems.INVOICE}|bill"), ("status", "issued")]
    return Bills(bills=tuple(map(bill, talk.search("Invoice", params).matches)))


def bill_detail(talk: Talk, request: BillDetail) -> BillItems:
    """The lines of bills; every one asked for must come."""
    params: Params = [("_id", ",".join(request.bill_codes)), _subject(request.his_patient_id)]
    found = {node.id: node for node in talk.search("Invoice", params).matches}
    if missing := [code for code in request.bill_codes if code not in found]:
        raise CallFailed(Answer.rejected(Reason.NOT_FOUND, text=f"there is no bill {missing[0]}"))
    return BillItems(items=tuple(item for code in request.bill_codes for item in items(found[code])))


def settle_bills(talk: Talk, request: SettleBills) -> Settled:
    """A payment of invoices."""
    made = _reconciliation(request, request.payment.amount_fen, request.payment.order_number, request.payment.paid_at)
    made["detail"] = [_detail("payment", code) for code in request.bill_codes]
    made["extension"] = [
        systems.extension(name, valueString=value)
        for name, value in (("channel", request.payment.channel), ("channel-number", request.payment.channel_number))
        if value
    ]
    return _booked(talk, request, made)


def refund_bills(talk: Talk, request: RefundBills) -> Settled:
    """The refund of a settlement: negative, naming the payment it undoes."""
    refund = request.refund
    made = _reconciliation(request, -refund.amount_fen, refund.refund_number, refund.refunded_at or clock.now())
    detail = _detail("refund", "")
    detail["identifier"] = systems.identifier(systems.SETTLEMENT, request.settlement_number)
    detail["predecessor"] = systems.identifier(systems.ORDER, refund.order_number)
    made["detail"] = [detail]
    return _booked(talk, request, made)


def list_paid_bills(talk: Talk, request: ListPaidBills) -> PaidBills:
    """Invoices of the type `receipt`; a refund is one of its own, negative (F13)."""
    found = talk.search("Invoice", _receipts(request))
    rows = tuple(map(_paid_bill, found.matches))
    return PaidBills(bills=rows, total=found.counted(len(rows)))


def paid_bill_detail(talk: Talk, request: PaidBillDetail) -> BillItems:
    """The lines of a settlement's receipt."""
    token = f"{systems.SETTLEMENT}|{request.settlement_number}"
    params = [("identifier", token), _subject(request.his_patient_id), ("type", f"{systems.INVOICE}|receipt")]
    receipts = [node for node in talk.search("Invoice", params).matches if node.money("totalNet") >= 0]
    if not receipts:
        raise CallFailed(Answer.rejected(Reason.NOT_FOUND, text="there is no such settlement"))
    return BillItems(items=tuple(item for node in receipts for item in items(node)))


def list_invoices(talk: Talk, request: ListInvoices) -> Invoices:
    """What the finance platform made of the receipts."""
    found = talk.search("Invoice", _receipts(request))
    return Invoices(invoices=tuple(map(_e_invoice, found.matches)))


def daily_ledger(talk: Talk, request: DailyLedger) -> Ledger:
    """The payments and refunds of a day, in order; pages are FHIR's, the span is cut out here."""
    params: Params = [("created", f"{request.day}"), ("_sort", "created,_id")]
    end = request.offset + request.limit
    found = talk.search("PaymentReconciliation", params, most=end)
    lines = tuple(map(_line, found.matches[request.offset : end]))
    return Ledger(lines=lines, total=found.total)


def outcome(node: Node) -> OutcomeChecked:
    """What became of a payment or refund that is found."""
    if node.text("status") in {"cancelled", "entered-in-error"}:
        return OutcomeChecked(found=Found.UNDONE)
    return OutcomeChecked(found=Found.DONE, result=settled(node))


def settled(node: Node) -> Settled:
    """The settlement of a payment or refund."""
    return Settled(
        settlement_number=node.need_identifier(systems.SETTLEMENT), receipt_number=node.identifier(systems.RECEIPT)
    )


def bill(node: Node) -> Bill:
    """An `Invoice` to be paid."""
    registration = node.extension("registration")
    doctor = next((item.maybe("actor") for item in node.nodes("participant")), None)
    issuer = node.maybe("issuer")
    return Bill(
        code=node.id,
        title=node.node("type").text("text"),
        amount_fen=node.money("totalNet"),
        registration_number=registration.node("valueIdentifier").text("value") if registration is not None else "",
        department_code=issuer.within("identifier", "value") if issuer is not None else "",
        doctor_name=doctor.optional("display") if doctor is not None else "",
        opened_at=node.instant("date"),
    )


def items(node: Node) -> list[BillItem]:
    """The lines of an `Invoice`: each names a contained `ChargeItem`."""
    charges = {
        f"#{item.text('id')}": item for item in node.nodes("contained") if item.optional("resourceType") == "ChargeItem"
    }
    return [_item(line, charges) for line in node.nodes("lineItem")]


def check(node: Node) -> None:
    """An `Invoice` as such: its status and its total."""
    node.code("status", _STATUSES)
    if node.has("totalNet"):
        node.money("totalNet")


def _item(line: Node, charges: dict[str, Node]) -> BillItem:
    wanted = line.node("chargeItemReference").text("reference")
    charge = charges.get(wanted)
    if charge is None:
        raise Incomplete(f"{line.path}.chargeItemReference", "names no contained ChargeItem")
    prices = {price.optional("type"): price for price in line.nodes("priceComponent")}
    if not {"informational", "base"} <= set(prices):
        raise Incomplete(f"{line.path}.priceComponent", "lacks informational (unit price) or base (amount)")
    quantity, code = charge.node("quantity"), charge.node("code")
    return BillItem(
        code=code.within("coding", "code"),
        name=code.text("text"),
        unit_price_fen=prices["informational"].money("amount"),
        quantity=f"{quantity.decimal('value'):f}",
        amount_fen=prices["base"].money("amount"),
        unit=quantity.optional("unit"),
        reverses=charge.said("reverses"),
    )


def _paid_bill(node: Node) -> PaidBill:
    fund, account, refundable = (node.extension(name) for name in ("fund", "account", "refundable"))
    return PaidBill(
        settlement_number=node.need_identifier(systems.SETTLEMENT),
        receipt_number=node.identifier(systems.RECEIPT),
        title=node.node("type").text("text"),
        amount_fen=node.money("totalNet"),
        paid_at=node.instant("date"),
        order_number=node.identifier(systems.ORDER),
        insurance_fund_fen=fund.money("valueMoney") if fund is not None else 0,
        insurance_account_fen=account.money("valueMoney") if account is not None else 0,
        refundable=refundable.flag("valueBoolean", default=False) if refundable is not None else False,
    )


def _e_invoice(node: Node) -> Invoice:
    told = node.need_extension("e-invoice")
    state: InvoiceState = told.need_extension("state").code("valueCode", _INVOICE_STATES)
    issued = state is not InvoiceState.PENDING
    at = told.extension("issued-at")
    if issued and at is None:
        raise Incomplete(f"{told.path}.extension(issued-at)")
    return Invoice(
        settlement_number=node.need_identifier(systems.SETTLEMENT),
        state=state,
        amount_fen=node.money("totalNet"),
        code=told.need_extension("code").text("valueString") if issued else "",
        number=told.need_extension("number").text("valueString") if issued else "",
        verification_code=told.said("verification-code"),
        issued_at=at.instant("valueDateTime") if at is not None else None,
        address=told.said("address"),
        reverses=told.said("reverses"),
    )


def _line(node: Node) -> LedgerLine:
    detail = node.first("detail")
    predecessor = detail.maybe("predecessor")
    return LedgerLine(
        line_number=node.need_identifier(systems.RECEIPT),
        order_number=node.node("paymentIdentifier").text("value"),
        amount_fen=node.money("paymentAmount"),
        business=detail.node("type").first("coding").text("code"),
        happened_at=node.instant("created"),
        reverses=predecessor.text("value") if predecessor is not None else "",
    )


def _booked(talk: Talk, request: SettleBills | RefundBills, made: dict[str, Any]) -> Settled:
    node, reply = talk.create(made, unless=f"identifier={systems.REQUEST}|{request.hub_number}")
    if node is None:
        raise Incomplete("PaymentReconciliation", "is missing: the answer has no body")
    own_number(node, request.hub_number)
    if reply.status != _CREATED and node.money("paymentAmount") != round(made["paymentAmount"]["value"] * 100):
        raise CallFailed(
            Answer.rejected(Reason.NUMBER_REUSED, text="the number belongs to another payment", code="200")
        )
    return settled(node)


def _reconciliation(request: SettleBills | RefundBills, fen: int, order: str, at: datetime) -> dict[str, Any]:
    paid = clock.local(at)
    return {
        "resourceType": "PaymentReconciliation",
        "identifier": [systems.identifier(systems.REQUEST, request.hub_number, str(request.operation))],
        "status": "active",
        "created": paid.isoformat(timespec="seconds"),
        "paymentDate": paid.date().isoformat(),
        "paymentAmount": systems.yuan(fen),
        "paymentIdentifier": systems.identifier(systems.ORDER, order),
    }


def _detail(kind: str, invoice: str) -> dict[str, Any]:
    detail: dict[str, Any] = {"type": {"coding": [{"system": systems.PAYMENT, "code": kind}]}}
    return {**detail, "request": {"reference": f"Invoice/{invoice}"}} if invoice else detail


def _receipts(request: ListPaidBills | ListInvoices) -> Params:
    return [
        _subject(request.his_patient_id),
        ("type", f"{systems.INVOICE}|receipt"),
        ("date", f"ge{request.first_day}"),
        ("date", f"le{request.last_day}"),
    ]


def _subject(patient: str) -> tuple[str, str]:
    return "subject", f"Patient/{patient}"
