"""What is answered beyond booking: payments made, stays, the pharmacy, examinations."""

from __future__ import annotations

from typing import Any

from institution_connectors import contracts
from institution_connectors.adapters.soap_xml.document import Node
from institution_connectors.adapters.soap_xml.errors import Incomplete
from institution_connectors.adapters.soap_xml.mapping import codes, records


def paid_bills(node: Node, reader: codes.Reader, *_: Any) -> contracts.PaidBills:
    """3003."""
    found = tuple(
        contracts.PaidBill(
            settlement_number=item.require("SettleNo"),
            receipt_number=item.require("ReceiptNo"),
            title=item.text("Title"),
            amount_fen=reader.fen(item, "Charges"),
            paid_at=codes.instant(item, "PayTime"),
            order_number=item.text("OrderNo"),
            insurance_fund_fen=reader.fen(item, "InsurFund") if item.text("InsurFund") else 0,
            insurance_account_fen=reader.fen(item, "InsurAccount") if item.text("InsurAccount") else 0,
            refundable=codes.flag(item, "Refundable"),
        )
        for item in listed(node)
    )
    return contracts.PaidBills(bills=found, total=codes.whole(node, "TotalNum"))


def stays(node: Node, reader: codes.Reader, *_: Any) -> contracts.Stays:
    """3011."""
    return contracts.Stays(
        stays=tuple(
            contracts.Stay(
                stay_number=item.require("InHospNo"),
                department_name=item.require("DeptName"),
                ward=item.text("Ward"),
                bed=item.text("Bed"),
                doctor_name=item.text("DoctorName"),
                admitted_at=codes.instant(item, "InTime"),
                discharged_at=codes.optional_instant(item, "OutTime"),
                prepaid_fen=reader.fen(item, "FeePrepay"),
                spent_fen=reader.fen(item, "FeeExpend"),
                balance_fen=reader.fen(item, "FeeBalance"),
            )
            for item in listed(node)
        )
    )


def dispensing_queue(node: Node, *_: Any) -> contracts.DispensingQueue:
    """5002."""
    return contracts.DispensingQueue(
        places=tuple(
            contracts.DispensingPlace(
                dispensing_number=item.require("DispenseNo"),
                window=item.text("WindowNo"),
                ahead=codes.whole(item, "AheadNum"),
                ready=codes.flag(item, "Ready"),
                place=item.text("Address"),
            )
            for item in listed(node)
        )
    )


def exam_report(node: Node, *_: Any) -> contracts.ExamReportText:
    """7002; pictures stand in `Items`, their bytes in Base64."""
    return contracts.ExamReportText(
        report=records.report(node),
        part=node.text("Part"),
        finding=node.require("Finding"),
        conclusion=node.require("Conclusion"),
        doctor_name=node.text("DoctorName"),
        images=tuple(
            contracts.ReportImage(
                title=item.text("Title"), content_type=item.require("ContentType"), content=item.require("Content")
            )
            for item in node.items()
        ),
    )


def listed(node: Node) -> list[Node]:
    """The rows of a list. Without rows there must be an empty `Items` or a count, or nothing was said at all (F3)."""
    rows = node.items()
    if not rows and node.child("Items") is None and not node.text("TotalNum"):
        raise Incomplete("Items is missing")
    return rows
