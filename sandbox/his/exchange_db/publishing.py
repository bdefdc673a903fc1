"""Keeping the exchange database in step with the books: triggers note what was touched, its rows are written anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.his.exchange_db import rows
from sandbox.his.exchange_db.database import Change, News
from sandbox.his.hospital import Hospital

Data = dict[str, Any]
_WATCHED: tuple[tuple[str, str, str, str], ...] = (
    ("schedules", "INSERT", "session", "new.code"),
    ("schedules", "UPDATE", "session", "new.code"),
    ("numbers", "INSERT", "session", "new.schedule_code"),
    ("numbers", "UPDATE", "session", "new.schedule_code"),
    ("registrations", "INSERT", "registration", "new.his_number"),
    ("registrations", "UPDATE", "registration", "new.his_number"),
    ("visit_events", "INSERT", "event", "new.id"),
    ("visit_events", "INSERT", "patient", "json_extract(new.data, '$.patient_id')"),
    ("ledger", "INSERT", "ledger", "new.line_number"),
    ("bills", "INSERT", "patient", "new.patient_id"),
    ("bills", "UPDATE", "patient", "new.patient_id"),
    ("stays", "INSERT", "patient", "new.patient_id"),
    ("documents", "INSERT", "patient", "new.patient_id"),
    ("reports", "INSERT", "patient", "new.patient_id"),
)
_OF_PATIENT = (
    "t_hub_bill",
    "t_hub_bill_item",
    "t_hub_paid_bill",
    "t_hub_invoice",
    "t_hub_medicine",
    "t_hub_stay",
    "t_hub_lab_report",
    "t_hub_exam_report",
    "t_hub_discharge",
)
_ALWAYS = {"first_day": "0001-01-01", "last_day": "9999-12-31"}


class Publisher:
    """Of one hospital. Everything here reads the books on the program's own thread."""

    def __init__(self, hospital: Hospital) -> None:
        self._hospital, self._store, self._engine = hospital, hospital.store, hospital.engine
        self._faults = (False, False)
        self._incarnation = ""
        self._store.run("CREATE TEMP TABLE touched (kind TEXT, key TEXT, PRIMARY KEY (kind, key)) WITHOUT ROWID")
        for table, act, kind, key in _WATCHED:
            self._store.run(
                f"CREATE TEMP TRIGGER watch_{table}_{act}_{kind} AFTER {act} ON main.{table} BEGIN"  # noqa: S608
                f" INSERT OR IGNORE INTO touched VALUES ('{kind}', CAST({key} AS TEXT)); END"
            )

    def news(self) -> News:
        """What is to be written to the exchange database since the last time; everything when the books were restored
        or a fault of lists began or ended."""
        faults = (self._on("partial_list"), self._on("charset_lies"))
        touched: dict[str, list[str]] = defaultdict(list)
        for row in self._store.all("SELECT kind, key FROM temp.touched"):
            touched[row["kind"]].append(row["key"])
        if touched:
            self._store.run("DELETE FROM temp.touched")
        if (faults, self._hospital.incarnation) != (self._faults, self._incarnation):
            self._faults, self._incarnation = faults, self._hospital.incarnation
            return self._everything()
        news = News()
        self._sessions(news, touched["session"])
        self._registrations(news, touched["registration"])
        for key in touched["event"]:
            self._events(news, {"event_no": int(key)}, "WHERE id = ?", int(key))
        for key in touched["ledger"]:
            self._ledger(news, {"line_no": key}, "WHERE line_number = ?", int(key))
        for key in touched["patient"]:
            self._patient(news, key)
        return news

    def again(self) -> None:
        """The last news did not arrive: everything is news next time."""
        self._incarnation = ""

    def _on(self, switch: str) -> bool:
        return self._hospital.board.switches[switch].value is not None

    def _some(self, found: list[Data]) -> list[Data]:
        """All rows, or half of them while lists lack rows (F11)."""
        return found[::2] if self._faults[0] else found

    def _ask(self, operation: str, **arguments: object) -> Data:
        return self._engine.operations[operation](arguments)

    def _everything(self) -> News:
        """All tables from the books as they are."""
        news = News()
        departments = self._ask("list_departments")["departments"]
        shaped = [rows.department(row, misread=self._faults[1]) for row in departments]
        self._whole(news, "t_hub_department", "DEPARTMENT", shaped)
        doctors = self._ask("list_doctors")["doctors"]
        self._whole(news, "t_hub_doctor", "DOCTOR", [rows.doctor(row) for row in doctors])
        classes = self._ask("list_number_classes")["classes"]
        self._whole(news, "t_hub_number_class", "CLASS", [rows.number_class(row) for row in classes])
        self._all_sessions(news)
        news.changes.extend(Change(table, {}) for table in ("t_hub_registration", "t_hub_queue", *_OF_PATIENT))
        news.changes.extend(Change(table, {}) for table in ("t_hub_lab_value", "t_hub_exam_image"))
        self._registrations(
            news, [row["his_number"] for row in self._store.all("SELECT his_number FROM registrations")]
        )
        self._events(news, {}, "")
        self._ledger(news, {}, "")
        for row in self._store.all("SELECT id FROM patients"):
            self._patient(news, row["id"])
        return news

    def _whole(self, news: News, table: str, entity: str, shaped: list[Data]) -> None:
        news.changes.append(Change(table, {}, self._some(shaped)))
        news.batches[entity, "*"] = len(shaped)

    def _all_sessions(self, news: News) -> None:
        snapshot = self._engine.directory.snapshot("0001-01-01", "9999-12-31")
        shown = self._some([rows.schedule(row) for row in snapshot["schedules"]])
        news.changes.append(Change("t_hub_schedule", {}, shown))
        news.changes.append(Change("t_hub_number", {}, self._some([rows.number(row) for row in snapshot["numbers"]])))
        news.changes.append(
            Change("t_hub_stop", {}, [rows.stop(row) for row in self._ask("list_stopped", **_ALWAYS)["stops"]])
        )
        self._days(news, {row["day"] for row in snapshot["schedules"]})

    def _sessions(self, news: News, codes: Iterable[str]) -> None:
        days = set()
        for code in codes:
            session = self._engine.directory.schedule(code)
            days.add(session["day"])
            numbers = self._ask("list_numbers", schedule_code=code)["numbers"]
            of = {"schedule_no": code}
            news.changes.append(Change("t_hub_schedule", of, [rows.schedule(session)]))
            news.changes.append(Change("t_hub_number", of, [rows.number(row) for row in numbers]))
            stopped = self._store.one("SELECT * FROM schedules WHERE code = ? AND stopped_at IS NOT NULL", code)
            if stopped is not None:
                stop = self._engine.directory.stop(stopped)
                news.changes.append(Change("t_hub_stop", of, [rows.stop(stop)]))
        self._days(news, days)

    def _days(self, news: News, days: Iterable[str]) -> None:
        for day in days:
            total = self._store.number("SELECT count(*) FROM schedules WHERE day = ?", day)
            news.batches["SCHEDULE", day.replace("-", "")] = total

    def _registrations(self, news: News, numbers: Iterable[str]) -> None:
        """Registrations, and the queues of their sessions."""
        days, sessions = set(), set()
        for number in numbers:
            row = self._store.one("SELECT * FROM registrations WHERE his_number = ?", number) or {}
            sessions.add(row["schedule_code"])
            if row["hub_number"]:
                news.changes.append(Change("t_hub_registration", {"reg_no": number}, [rows.registration(row)]))
                days.add(row["starts"][:10])
        for day in days:
            of_day = "SELECT count(*) FROM registrations WHERE hub_number <> '' AND substr(starts, 1, 10) = ?"
            news.batches["REGISTRATION", day.replace("-", "")] = self._store.number(of_day, day)
        for session in sessions:
            for row in self._store.all("SELECT * FROM registrations WHERE schedule_code = ?", session):
                places = self._ask("waiting_queue", his_number=row["his_number"])["places"]
                shaped = [rows.queue(row, place) for place in places]
                news.changes.append(Change("t_hub_queue", {"reg_no": row["his_number"]}, shaped))

    def _events(self, news: News, of: Mapping[str, object], where: str, *values: object) -> None:
        found = self._store.all(f"SELECT * FROM visit_events {where}", *values)  # noqa: S608
        news.changes.append(Change("hub_event", of, [rows.event(row) for row in found]))

    def _ledger(self, news: News, of: Mapping[str, object], where: str, *values: object) -> None:
        found = self._store.all(f"SELECT * FROM ledger {where}", *values)  # noqa: S608
        news.changes.append(Change("t_hub_ledger", of, [rows.ledger(row) for row in found]))

    def _patient(self, news: News, patient: str) -> None:
        """Bills, money, stays, medicine and reports of a patient."""
        of, span = {"patient_no": patient}, {"patient_id": patient, **_ALWAYS}
        bills = self._store.all("SELECT * FROM bills WHERE patient_id = ? ORDER BY code", patient)
        items = [
            rows.bill_item(bill, line, row)
            for bill in bills
            for line, row in enumerate(self._ask("bill_detail", bill_codes=[bill["code"]])["items"], start=1)
        ]
        labs = self._ask("list_lab_reports", **span)["reports"]
        shaped: dict[str, list[Data]] = {
            "t_hub_bill": [rows.bill(row) for row in bills if row["state"] == "open"],
            "t_hub_bill_item": items,
            "t_hub_paid_bill": [rows.paid_bill(patient, row) for row in self._ask("list_paid_bills", **span)["bills"]],
            "t_hub_invoice": [rows.invoice(patient, row) for row in self._ask("list_invoices", **span)["invoices"]],
            "t_hub_medicine": [
                rows.medicine(patient, row) for row in self._ask("pharmacy_queue", patient_id=patient)["places"]
            ],
            "t_hub_stay": [rows.stay(row) for row in self._ask("inpatient_stay", patient_id=patient)["stays"]],
            "t_hub_lab_report": [],
            "t_hub_exam_report": [],
            "t_hub_discharge": [],
        }
        for head in labs:
            values = self._ask("lab_report", report_code=head["code"])["values"]
            lines = [rows.lab_value(head["code"], line, row) for line, row in enumerate(values, start=1)]
            news.changes.append(Change("t_hub_lab_value", {"report_no": head["code"]}, lines))
            shaped["t_hub_lab_report"].append({**rows.report(patient, head), "value_total": len(lines)})
        for head in self._ask("list_exam_reports", **span)["reports"]:
            exam = self._ask("exam_report", patient_id=patient, report_code=head["code"])
            images = [rows.exam_image(head["code"], line, row) for line, row in enumerate(exam["images"], start=1)]
            news.changes.append(Change("t_hub_exam_image", {"report_no": head["code"]}, images))
            shaped["t_hub_exam_report"].append(rows.exam(patient, exam))
        for head in self._ask("list_discharge_summaries", **span)["reports"]:
            found = self._ask("discharge_summary", patient_id=patient, report_code=head["code"])
            shaped["t_hub_discharge"].append(rows.discharge(patient, found))
        news.changes.extend(Change(table, of, shaped[table]) for table in _OF_PATIENT)
