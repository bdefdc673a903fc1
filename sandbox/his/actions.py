"""What can be done to a hospital from the control page: stop a session, lead a visit on, restart, restore."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from sandbox.control import Action
from sandbox.his.hospital import Hospital
from sandbox.his.refusals import Refusal

Data = dict[str, Any]


class Actions:
    """The actions of one hospital."""

    def __init__(self, hospital: Hospital) -> None:
        self._hospital = hospital
        self._reopening: asyncio.Task[None] | None = None

    def all(self) -> list[Action]:
        """For the control page."""
        return [
            Action("stop_session", "停诊", self.stop_session, ("schedule_code", "from_sequence", "reason")),
            Action("substitute", "替诊", self.substitute, ("schedule_code", "doctor_code", "place", "fee_fen")),
            Action("window_sale", "窗口挂出一个号", self.window_sale, ("schedule_code", "number_code")),
            Action("visit_event", "就诊进展", self.visit_event, ("his_number", "kind", "place")),
            Action("end_visit", "结束就诊", self.end_visit, ("his_number",)),
            Action(
                "medicine_ready",
                "药已备好",
                self.medicine_ready,
                ("his_number", "window", "place", "dispensing_number"),
            ),
            Action(
                "dispatch_medicine",
                "药品寄出",
                self.dispatch_medicine,
                ("his_number", "carrier", "tracking_number", "dispensing_number"),
            ),
            Action("open_bill", "开出费用", self.open_bill, ("his_number",)),
            Action("lab_report", "发布检验报告", self.lab_report, ("his_number",)),
            Action("exam_report", "发布检查报告", self.exam_report, ("his_number",)),
            Action("discharge", "办理出院", self.discharge, ("his_number",)),
            Action("duplicate_patient", "重复建档（F15）", self.duplicate_patient, ("patient_id",)),
            Action("merge_patients", "合并档案（F14）", self.merge_patients, ("kept_id", "merged_id")),
            Action("send_snapshot", "推送全部排班", self.send_snapshot),
            Action("restart", "重启", self.restart),
            Action("down", "停机", self.down, ("seconds",)),
            Action("do_late", "立即办理拖后的请求（F1）", self.do_late),
            Action("backup", "备份账本", self.backup),
            Action("restore", "恢复到备份（昨天）", self.restore),
            Action("forget", "丢失一个挂号记录", self.forget, ("hub_number",)),
            Action("heard", "平台告知的叫号进展", self.heard, ("his_number",)),
            Action("registrations", "查看挂号记录", self.registrations, ("hub_number",)),
        ]

    async def stop_session(self, given: Mapping[str, Any]) -> Data:
        """Stop a session, whole or from a number on; its registrations are stopped and the hub is told."""
        hospital, store = self._hospital, self._hospital.store
        code, first = str(given["schedule_code"]), int(given.get("from_sequence") or 0)
        with store.work():
            touched = store.run(
                "UPDATE schedules SET state = ?, stop_reason = ?, stop_from = ?, stopped_at = ? WHERE code = ?",
                "open" if first else "stopped", str(given.get("reason") or "医生临时停诊"), first or None,
                hospital.clock.now().isoformat(), code,
            )  # fmt: skip
            if not touched:
                raise ValueError(f"there is no session {code}")
            store.run("UPDATE numbers SET state = 'stopped' WHERE schedule_code = ? AND sequence >= ?", code, first)
            stopped = store.run(
                "UPDATE registrations SET state = 'stopped' WHERE schedule_code = ? AND sequence >= ?"
                " AND state IN ('booked', 'paid')",
                code, first,
            )  # fmt: skip
            row = store.one("SELECT * FROM schedules WHERE code = ?", code)
            stop = hospital.engine.directory.stop(row or {})
            hospital.tell("session_stopped", stop)
        return {**stop, "registrations": stopped}

    async def substitute(self, given: Mapping[str, Any]) -> Data:
        """Another doctor of the department takes a session, perhaps elsewhere and at another price; the hub is told."""
        hospital, store = self._hospital, self._hospital.store
        code = str(given["schedule_code"])
        with store.work():
            row = store.one("SELECT * FROM schedules WHERE code = ?", code)
            if row is None:
                raise ValueError(f"there is no session {code}")
            doctor = store.one(
                "SELECT code, name FROM doctors WHERE department_code = ? AND code <> ? AND (? = '' OR code = ?)",
                row["department_code"], row["doctor_code"] or "", *[str(given.get("doctor_code") or "")] * 2,
            )  # fmt: skip
            if doctor is None:
                raise ValueError("there is no other doctor of the department")
            store.run(
                "UPDATE schedules SET doctor_code = ?, place = ?, fee_fen = ? WHERE code = ?",
                doctor["code"], str(given.get("place") or row["place"]), int(given.get("fee_fen") or row["fee_fen"]),
                code,
            )  # fmt: skip
            hospital.tell("schedule_snapshot", hospital.engine.directory.snapshot(row["day"], row["day"]))
        return {"schedule_code": code, "doctor_code": doctor["code"], "doctor_name": doctor["name"]}

    async def window_sale(self, given: Mapping[str, Any]) -> Data:
        """A patient at the hospital's own window takes a number; the hub is told."""
        hospital, store = self._hospital, self._hospital.store
        wanted, session = str(given.get("number_code") or ""), str(given.get("schedule_code") or "")
        with store.work():
            number = store.one(
                "UPDATE numbers SET state = 'taken' WHERE code = (SELECT n.code FROM numbers n JOIN schedules s"
                " ON s.code = n.schedule_code WHERE n.state = 'free' AND s.state = 'open' AND n.ends > ?"
                " AND (? = '' OR n.code = ?) AND (? = '' OR n.schedule_code = ?) ORDER BY random() LIMIT 1)"
                " RETURNING *",
                hospital.clock.now().isoformat(), wanted, wanted, session, session,
            )  # fmt: skip
            if number is None:
                raise ValueError("no free number")
            taken = {"schedule_code": number["schedule_code"], "number_code": number["code"]}
            hospital.tell("number_taken", {**taken, "sequence": number["sequence"], "free": False})
        return taken

    async def visit_event(self, given: Mapping[str, Any]) -> Data:
        """A step of a visit: arrived, called, missed, visit_ended, medicine_ready, dispatched; the hub is told."""
        return self._step(str(given["kind"]), given)

    async def end_visit(self, given: Mapping[str, Any]) -> Data:
        """The doctor has seen the patient."""
        return self._step("visit_ended", given)

    async def medicine_ready(self, given: Mapping[str, Any]) -> Data:
        """The pharmacy has put the medicine of a visit ready at a window."""
        return self._step("medicine_ready", {**given, "window": given.get("window") or "3号窗口"})

    async def dispatch_medicine(self, given: Mapping[str, Any]) -> Data:
        """The pharmacy has given the medicine of a visit to a courier."""
        parcel = {"carrier": given.get("carrier") or "顺丰速运", "tracking_number": given.get("tracking_number")}
        number = parcel["tracking_number"] or f"SF{self._hospital.store.next('parcel'):012d}"
        return self._step("dispatched", {**given, **parcel, "tracking_number": number})

    async def lead_on(self) -> Data | None:
        """One turn of the waiting rooms: whoever is inside has been seen, and the next of his room is called.

        Every eighth does not come when called, and is called again at the end; every second of those seen goes to the
        pharmacy, every fourth is sent his medicine. None when there was nobody.
        """
        visits, ended = self._hospital.engine.visits, None
        inside = visits.inside()
        if inside is not None:
            ended = await self._see(inside)
        row = visits.next_to_call(inside["schedule_code"] if inside else "") or visits.next_to_call()
        if row is None:
            return ended
        who = {"his_number": row["his_number"], "place": row["place"]}
        if row["state"] != "arrived":  # he took his ticket at the hospital's own machine
            self._step("arrived", who)
        called = self._step("called", who)
        with self._hospital.store.work():
            visits.note_call(row, "called")
        return called

    async def _see(self, row: Mapping[str, Any]) -> Data:
        """Seen; or not come, and to be called again."""
        who = {"his_number": row["his_number"]}
        nth = self._hospital.store.next("visit")
        seen = nth % 8 != 0
        with self._hospital.store.work():
            self._hospital.engine.visits.note_call(row, "seen" if seen else "missed")
        if not seen:
            return self._step("missed", who)
        ended = await self.end_visit(who)
        if nth % 4 == 3:
            await self.dispatch_medicine(who)
        elif nth % 2 == 0:
            await self.medicine_ready({**who, "place": "门诊药房"})
        return ended

    async def heard(self, given: Mapping[str, Any]) -> Data:
        """What the hub told of visits where it calls itself, newest first."""
        number = str(given.get("his_number") or "")
        rows = self._hospital.store.all(
            "SELECT * FROM heard WHERE ? = '' OR his_number = ? ORDER BY id DESC LIMIT 100", number, number
        )
        return {"heard": rows}

    def _step(self, step: str, given: Mapping[str, Any]) -> Data:
        hospital = self._hospital
        with hospital.store.work():
            try:
                event = hospital.engine.visits.take_step(step, given)
            except Refusal as refusal:
                raise ValueError(refusal.text) from refusal
            hospital.tell("visit_event", event)
        return event

    async def open_bill(self, given: Mapping[str, Any]) -> Data:
        """A bill of a visit."""
        engine = self._hospital.engine
        with engine.store.work():
            row = self._registration(given)
            schedule = engine.directory.schedule(row["schedule_code"])
            doctor = engine.store.one("SELECT name FROM doctors WHERE code = ?", schedule["doctor_code"]) or {}
            return engine.cashier.open_bill(row, schedule["department_code"], str(doctor.get("name", "")))

    async def lab_report(self, given: Mapping[str, Any]) -> Data:
        """An approved laboratory report of a visit; the hub is told."""
        with self._hospital.store.work():
            row = self._registration(given)
            report = self._hospital.engine.cashier.make_report(row["patient_id"])
            told = {**report, "his_number": row["his_number"]}
            self._hospital.tell("result_reported", told)
        return told

    async def exam_report(self, given: Mapping[str, Any]) -> Data:
        """An approved examination report of a visit."""
        with self._hospital.store.work():
            return self._hospital.engine.records.make_exam(self._registration(given)["patient_id"])

    async def discharge(self, given: Mapping[str, Any]) -> Data:
        """The patient of a registration was on the ward and goes home, with a summary."""
        with self._hospital.store.work():
            return self._hospital.engine.records.discharge(self._registration(given)["patient_id"])

    async def duplicate_patient(self, given: Mapping[str, Any]) -> Data:
        """A second archive of the same person."""
        return {"patient_id": self._hospital.engine.patients.duplicate(str(given["patient_id"]))}

    async def merge_patients(self, given: Mapping[str, Any]) -> Data:
        """Two archives become one; the hub is told."""
        merged = self._hospital.engine.patients.merge(str(given["kept_id"]), str(given["merged_id"]))
        self._hospital.tell("patients_merged", merged)
        return merged

    async def send_snapshot(self, _given: Mapping[str, Any]) -> Data:
        """Tell the hub all sessions and numbers, day by day."""
        first, last = self._hospital.engine.span()
        days = self._hospital.store.all(
            "SELECT DISTINCT day FROM schedules WHERE day BETWEEN ? AND ? ORDER BY day", first, last
        )
        for row in days:
            self._hospital.tell("schedule_snapshot", self._hospital.engine.directory.snapshot(row["day"], row["day"]))
        return {"days": len(days)}

    async def restart(self, _given: Mapping[str, Any]) -> Data:
        """Drop all connections and open the ports again at once."""
        return await self.down({"seconds": 0.2})

    async def down(self, given: Mapping[str, Any]) -> Data:
        """Close the ports for some seconds."""
        seconds = float(given.get("seconds") or 3600)
        if self._reopening is not None:
            self._reopening.cancel()
        for site in self._hospital.ports:
            await site.stop()
        self._reopening = asyncio.create_task(self._reopen(seconds))
        return {"down_for": seconds}

    async def _reopen(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        for site in self._hospital.ports:
            await site.start()

    async def do_late(self, _given: Mapping[str, Any]) -> Data:
        """Do at once what the switch `late` has put off."""
        return {"done": await self._hospital.do_late()}

    async def backup(self, _given: Mapping[str, Any]) -> Data:
        """Put a copy of the books aside."""
        self._hospital.store.backup()
        return {"kept": self._hospital.store.backup_path.name}

    async def restore(self, _given: Mapping[str, Any]) -> Data:
        """Return to the copy: what came since is forgotten, and the incarnation goes up."""
        self._hospital.store.restore()
        self._hospital.raise_incarnation()
        return {"incarnation": self._hospital.incarnation}

    async def forget(self, given: Mapping[str, Any]) -> Data:
        """Lose what is known under a hub number, as a table repaired by hand does; nobody is told."""
        number, store = str(given["hub_number"]), self._hospital.store
        with store.work():
            gone = store.run("DELETE FROM registrations WHERE hub_number = ?", number)
            store.run("DELETE FROM requests WHERE hub_number = ?", number)
        return {"registrations": gone}

    async def registrations(self, given: Mapping[str, Any]) -> Data:
        """The registrations under a hub number, or the last hundred."""
        number = str(given.get("hub_number") or "")
        rows = self._hospital.store.all(
            "SELECT * FROM registrations WHERE ? = '' OR hub_number = ? ORDER BY his_number DESC LIMIT 100",
            number,
            number,
        )
        return {"registrations": rows}

    def _registration(self, given: Mapping[str, Any]) -> Data:
        try:
            return self._hospital.engine.desk.registration(given)
        except Refusal as refusal:
            raise ValueError(refusal.text) from refusal
