"""What the hub asks, as the elements of a `Request`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from institution_connectors import contracts
from institution_connectors.adapters.soap_xml.mapping.codes import written_amount, written_day, written_instant
from institution_connectors.charsets import carried, codec_of
from institution_connectors.contracts import ConnectorProfile, Operation, Patient, Payment, Refund, Request

Fields = dict[str, str]


class Writer:
    """Writes asks in the units and codes of one hospital."""

    def __init__(self, profile: ConnectorProfile) -> None:
        self._profile = profile

    def fields(self, request: Request) -> Fields:
        """The elements of `request` beyond the envelope's; those without a value are left out."""
        build = _BUILDERS.get(type(request))
        fields = build(self, request) if build else {}
        if isinstance(request, contracts.Command):
            fields = {"RequestNo": request.hub_number, **fields}
        return {name: value for name, value in fields.items() if value}

    def patient(self, patient: Patient) -> Fields:
        """A person with his certificate; a guardian's stands in for a child without one."""
        guardian = patient.guardian
        return {
            "PatientID": patient.his_id,
            "CardType": self.card_type(patient.document_type),
            "CardNo": patient.document_number,
            "PatientName": self.text("name", patient.name),
            "Sex": patient.sex.value,
            "BirthDate": written_day(patient.birth_date),
            "MobilePhone": patient.phone,
            "Address": self.text("address", patient.address),
            "HealthCard": patient.health_card,
            "IsChild": "Y" if guardian else "N",
            "GuardianName": self.text("name", guardian.name) if guardian else "",
            "GuardianCerType": self.card_type(guardian.document_type) if guardian else "",
            "GuardianCerNum": guardian.document_number if guardian else "",
            "GuardianPhone": guardian.phone if guardian else "",
        }

    def text(self, name: str, value: str) -> str:
        """A text this hospital's field can hold."""
        return carried(name, value, codec_of(self._profile.options.charset), self._profile.options.text_bytes)

    def card_type(self, document_type: str) -> str:
        """The hospital's code for a kind of certificate; CV02.01.101 unless the profile says otherwise."""
        return self._profile.options.extra.get(f"card_type.{document_type}", document_type)

    def payment(self, payment: Payment, operation: Operation) -> Fields:
        """What was paid, and by which number the channel knows it."""
        return {
            "PayType": payment.channel,
            "Charges": self.amount(payment.amount_fen, operation),
            "OrderNo": payment.order_number,
            "PayNo": payment.channel_number,
            "PayTime": written_instant(payment.paid_at),
        }

    def refund(self, refund: Refund, operation: Operation) -> Fields:
        """What goes back, and of which payment."""
        return {
            "BackCharges": self.amount(refund.amount_fen, operation),
            "OrderNo": refund.refund_number,
            "OrginOrderNo": refund.order_number,
            "BackTime": written_instant(refund.refunded_at) if refund.refunded_at else "",
        }

    def amount(self, fen: int, operation: Operation) -> str:
        """An amount in the unit this hospital uses for `operation`."""
        return written_amount(fen, self._profile.options.money(operation))


def _register(writer: Writer, request: contracts.Register) -> Fields:
    fields = {
        "PatientID": request.patient.his_id,
        "ScheduleCode": request.schedule_code,
        "TimeCode": request.number_code,
        "SickNo": str(request.sequence),
        "SeqNumber": request.lock_code,
        "LockRequestNo": request.lock_number,
        "Cost": writer.amount(request.fee_fen, request.operation),
    }
    if request.payment is None:
        return {**fields, "ConfirmFlag": "1"}
    return {**fields, **writer.payment(request.payment, request.operation)}


def _cancel(writer: Writer, request: contracts.CancelRegistration) -> Fields:
    refund = writer.refund(request.refund, request.operation) if request.refund else {}
    return {
        "NullahNumber": request.his_number,
        "RegRequestNo": request.registration_number,
        "Reason": request.reason,
        **refund,
    }


def _pay(writer: Writer, request: contracts.PayRegistration) -> Fields:
    return {
        "NullahNumber": request.his_number,
        "RegRequestNo": request.registration_number,
        "Cost": writer.amount(request.payment.amount_fen, request.operation),
        **writer.payment(request.payment, request.operation),
    }


def _span_of_patient(
    _writer: Writer, request: contracts.ListLabReports | contracts.ListExamReports | contracts.ListPaidBills
) -> Fields:
    return {
        "PatientID": request.his_patient_id,
        "StartDate": written_day(request.first_day),
        "EndDate": written_day(request.last_day),
    }


_BUILDERS: Mapping[type[Request], Callable[[Writer, Any], Fields]] = {
    contracts.FindPatient: lambda w, r: {
        "CardType": w.card_type(r.document_type),
        "CardNo": r.document_number,
        "PatientName": r.name,
    },
    contracts.CreatePatient: lambda w, r: w.patient(r.patient),
    contracts.UpdatePatient: lambda w, r: w.patient(r.patient),
    contracts.BindHealthCard: lambda _w, r: {
        "PatientID": r.his_patient_id,
        "erhcCardNo": r.health_card,
        "empi": r.empi,
    },
    contracts.ListDoctors: lambda _w, r: {"DeptCode": r.department_code},
    contracts.ListSchedules: lambda _w, r: {
        "StartDate": written_day(r.first_day),
        "EndDate": written_day(r.last_day),
        "DeptCode": r.department_code,
    },
    contracts.ListNumbers: lambda _w, r: {"ScheduleCode": r.schedule_code},
    contracts.ListStopped: lambda _w, r: {
        "StartDate": written_day(r.first_day),
        "EndDate": written_day(r.last_day),
    },
    contracts.QuoteFee: lambda w, r: {**w.patient(r.patient), "ScheduleCode": r.schedule_code},
    contracts.LockNumber: lambda _w, r: {
        "PatientID": r.patient.his_id,
        "ScheduleCode": r.schedule_code,
        "TimeCode": r.number_code,
        "ConfirmFlag": "0",
    },
    contracts.UnlockNumber: lambda _w, r: {"SeqNumber": r.lock_code, "LockRequestNo": r.lock_number},
    contracts.Register: _register,
    contracts.PayRegistration: _pay,
    contracts.CheckIn: lambda _w, r: {"NullahNumber": r.his_number, "RegRequestNo": r.registration_number},
    contracts.TellVisit: lambda _w, r: {
        "NullahNumber": r.his_number,
        "RegRequestNo": r.registration_number,
        "Event": r.kind.upper(),
        "EventTime": written_instant(r.occurred_at),
        "SickSeq": r.ticket,
        "AdmitAddress": r.place,
    },
    contracts.CancelRegistration: _cancel,
    contracts.ListRegistrations: lambda _w, r: {
        "StartDate": written_day(r.first_day),
        "EndDate": written_day(r.last_day),
        "PatientID": r.his_patient_id,
    },
    contracts.ListVisitEvents: lambda _w, r: {"SinceTime": written_instant(r.since)},
    contracts.CheckOutcome: lambda _w, r: {"QueryRequestNo": r.hub_number},
    contracts.ListPendingBills: lambda _w, r: {"PatientID": r.his_patient_id},
    contracts.BillDetail: lambda _w, r: {"PatientID": r.his_patient_id, "ApplyNoSet": ",".join(r.bill_codes)},
    contracts.SettleBills: lambda w, r: {
        "PatientID": r.his_patient_id,
        "ApplyNoSet": ",".join(r.bill_codes),
        **w.payment(r.payment, r.operation),
    },
    contracts.WaitingQueue: lambda _w, r: {"NullahNumber": r.his_number, "RegRequestNo": r.registration_number},
    contracts.ListLabReports: _span_of_patient,
    contracts.LabReport: lambda _w, r: {"PatientID": r.his_patient_id, "ReportNo": r.report_code},
    contracts.ListPaidBills: _span_of_patient,
    contracts.PaidBillDetail: lambda _w, r: {"PatientID": r.his_patient_id, "SettleNo": r.settlement_number},
    contracts.InpatientStay: lambda _w, r: {"PatientID": r.his_patient_id},
    contracts.PharmacyQueue: lambda _w, r: {"PatientID": r.his_patient_id},
    contracts.ListExamReports: _span_of_patient,
    contracts.ExamReport: lambda _w, r: {"PatientID": r.his_patient_id, "ReportNo": r.report_code},
}
