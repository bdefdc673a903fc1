"""Archives: found by certificate, made once per certificate, merged when two turn out to be one person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.his.refusals import refuse
from sandbox.his.store import Store

Data = dict[str, Any]
_FIELDS = ("name", "document_type", "document_number", "sex", "birth_date", "phone", "address")


class Patients:
    """The archive of the hospital."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find_patient(self, arguments: Mapping[str, Any]) -> Data:
        """document_type, document_number -> {patients: [{id, name, ..}]}, several being possible (F15)"""
        return {"patients": self._of_document(arguments)}

    def create_patient(self, arguments: Mapping[str, Any]) -> Data:
        """The fields of a patient -> {patient_id, existed}; an existing archive is the answer"""
        found = self._of_document(arguments)
        if found:
            return {"patient_id": found[0]["id"], "existed": True}
        return {"patient_id": self._insert(arguments), "existed": False}

    def update_patient(self, arguments: Mapping[str, Any]) -> Data:
        """patient_id and fields to change -> {}"""
        patient = self.archive(str(arguments["patient_id"]))
        for name in _FIELDS:
            if arguments.get(name):
                self._store.run(f"UPDATE patients SET {name} = ? WHERE id = ?", str(arguments[name]), patient["id"])  # noqa: S608
        return {}

    def archive(self, patient_id: str) -> Data:
        """The archive, following merges (F14); or a refusal."""
        row = self._store.one("SELECT * FROM patients WHERE id = ?", patient_id)
        while row is not None and row["merged_into"]:
            row = self._store.one("SELECT * FROM patients WHERE id = ?", row["merged_into"])
        if row is None:
            raise refuse("patient_not_found")
        return row

    def duplicate(self, patient_id: str) -> str:
        """A second archive of the same person, as happens at windows (F15); its number."""
        with self._store.work():
            return self._insert(self.archive(patient_id))

    def merge(self, kept_id: str, merged_id: str) -> Data:
        """Two archives become one (F14)."""
        with self._store.work():
            kept, merged = self.archive(kept_id), self.archive(merged_id)
            if kept["id"] == merged["id"]:
                raise ValueError("the two are one archive already")
            self._store.run("UPDATE patients SET merged_into = ? WHERE id = ?", kept["id"], merged["id"])
            self._store.run("UPDATE registrations SET patient_id = ? WHERE patient_id = ?", kept["id"], merged["id"])
        return {"kept_id": kept["id"], "merged_id": merged["id"]}

    def _of_document(self, arguments: Mapping[str, Any]) -> list[Data]:
        return self._store.all(
            "SELECT * FROM patients WHERE document_type = ? AND document_number = ? AND merged_into = '' ORDER BY id",
            str(arguments["document_type"]), str(arguments["document_number"]),
        )  # fmt: skip

    def _insert(self, fields: Mapping[str, Any]) -> str:
        patient_id = f"{1000000 + self._store.next('patient')}"
        self._store.run(
            "INSERT INTO patients (id, name, document_type, document_number, sex, birth_date, phone, address)"
            " VALUES (?,?,?,?,?,?,?,?)",
            patient_id, *(str(fields.get(name) or "") for name in _FIELDS),
        )  # fmt: skip
        return patient_id
