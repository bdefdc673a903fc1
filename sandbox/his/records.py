"""What the wards and the examination rooms write: stays, examination reports, discharge summaries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sandbox.his.clock import Clock
from sandbox.his.refusals import refuse
from sandbox.his.store import Store

Data = dict[str, Any]
# One grey pixel, as a picture that every reader opens.
_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="


class Records:
    """Works inside the engine's transaction."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def inpatient_stay(self, arguments: Mapping[str, Any]) -> Data:
        """patient_id -> {stays: [{stay_number, department_name, .., prepaid_fen, spent_fen, balance_fen}]}"""
        rows = self._store.all(
            "SELECT * FROM stays WHERE patient_id = ? ORDER BY admitted_at DESC", str(arguments["patient_id"])
        )
        return {"stays": [{**row, "balance_fen": row["prepaid_fen"] - row["spent_fen"]} for row in rows]}

    def list_exam_reports(self, arguments: Mapping[str, Any]) -> Data:
        """patient_id, first_day, last_day -> {reports: [{code, title, approved, reported_at}]}"""
        return self._listed("exam", arguments)

    def exam_report(self, arguments: Mapping[str, Any]) -> Data:
        """patient_id, report_code -> {report, part, finding, conclusion, doctor_name, images: [{..}]}"""
        return self._document("exam", arguments)

    def list_discharge_summaries(self, arguments: Mapping[str, Any]) -> Data:
        """patient_id, first_day, last_day -> {reports: [..]}"""
        return self._listed("discharge", arguments)

    def discharge_summary(self, arguments: Mapping[str, Any]) -> Data:
        """patient_id, report_code -> {report, stay_number, department_name, admitted_at, .., course, advice}"""
        return self._document("discharge", arguments)

    def make_exam(self, patient_id: str, *, approved: bool = True) -> Data:
        """A chest examination of a patient."""
        content = {
            "part": "胸部",
            "finding": "双肺纹理清晰，未见明显实变影。心影大小形态正常，膈面光整。",
            "conclusion": "胸部CT平扫未见明显异常。",
            "doctor_name": "周文",
            "images": [{"title": "定位像", "content_type": "image/png", "content": _PIXEL}],
        }
        return self._write("exam", patient_id, "胸部CT平扫", content, approved=approved)

    def discharge(self, patient_id: str) -> Data:
        """A stay of four days that ends now, with its summary."""
        now = self._clock.now()
        admitted = (now - timedelta(days=4)).isoformat()
        stay = {
            "stay_number": f"ZY{self._store.next('stay'):08d}",
            "department_name": "呼吸内科",
            "admitted_at": admitted,
            "discharged_at": now.isoformat(),
        }
        self._store.run(
            "INSERT INTO stays VALUES (?,?,?,?,?,?,?,?,?,?)",
            stay["stay_number"], patient_id, stay["department_name"], "六病区", "12床", "陈建国", admitted,
            stay["discharged_at"], 500_000, 386_250,
        )  # fmt: skip
        content = {
            **stay,
            "admission_diagnosis": "社区获得性肺炎",
            "discharge_diagnosis": "社区获得性肺炎（好转）",
            "course": "入院后予抗感染、化痰治疗，体温恢复正常，复查血象下降。",
            "advice": "按时服药，注意休息，两周后呼吸内科门诊复查。",
            "doctor_name": "陈建国",
        }
        return self._write("discharge", patient_id, "出院小结", content, approved=True)

    def _write(self, kind: str, patient_id: str, title: str, content: Data, *, approved: bool) -> Data:
        code = f"{kind[0].upper()}{self._store.next(kind):08d}"
        self._store.run(
            "INSERT INTO documents VALUES (?,?,?,?,?,?,?)",
            code, kind, patient_id, title, int(approved), self._clock.now().isoformat(),
            json.dumps(content, ensure_ascii=False),
        )  # fmt: skip
        return {"report_code": code, "patient_id": patient_id, "title": title, "status": "F" if approved else "P"}

    def _listed(self, kind: str, arguments: Mapping[str, Any]) -> Data:
        rows = self._store.all(
            "SELECT * FROM documents WHERE kind = ? AND patient_id = ?"
            " AND substr(reported_at, 1, 10) BETWEEN ? AND ? ORDER BY code",
            kind, str(arguments["patient_id"]), str(arguments["first_day"]), str(arguments["last_day"]),
        )  # fmt: skip
        return {"reports": [_head(row) for row in rows]}

    def _document(self, kind: str, arguments: Mapping[str, Any]) -> Data:
        row = self._store.one(
            "SELECT * FROM documents WHERE kind = ? AND code = ? AND patient_id = ?",
            kind, str(arguments["report_code"]), str(arguments["patient_id"]),
        )  # fmt: skip
        if row is None:
            raise refuse("not_found", "未查询到报告")
        return {"report": _head(row), **json.loads(row["content"])}


def _head(row: Mapping[str, Any]) -> Data:
    head = {name: row[name] for name in ("code", "title", "reported_at")}
    return {**head, "approved": bool(row["approved"])}
