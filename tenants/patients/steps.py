"""Keeping a person's archive at a hospital, inside somebody's hospital unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from hub import ids
from hub.security import blind
from hub.tenancy.context import HOME_ALIAS
from hub.tenancy.statements import Insert, Select, Statement, Write, together
from hub.work import Unit
from institution_connectors.contracts.values import Patient
from tenants.patients.models import ArchiveState, PatientAlias, PatientArchive
from tenants.patients.selectors import patient_of

_PRIMARY = Select(PatientArchive, "person_id = %(person)s AND is_primary")
_KEEP = Insert(PatientArchive, unless_exists=True)
_LEARN = Statement(
    HOME_ALIAS,
    "UPDATE patients_patientarchive SET his_patient_id = %(number)s, updated_at = %(now)s",
    "WHERE id = %(archive)s AND his_patient_id IS DISTINCT FROM %(number)s",
    "AND NOT EXISTS (SELECT 1 FROM patients_patientarchive WHERE his_patient_id = %(number)s)",
    "AND NOT EXISTS (SELECT 1 FROM patients_patientalias WHERE his_patient_id = %(number)s)",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientIdentity:
    """What a hospital needs to know of a person; the layer above fills it from the district's identity."""

    name: str
    document_type: str
    document_number: str
    phone: str
    sex: str
    birth_date: date
    sign_in_phone: str = ""
    """Of a person who gave no phone: what his account signs in with. Desks find him by it; it is not stored here."""


@dataclass(frozen=True, slots=True)
class KeptArchive:
    """A person's archive, and the patient in the connectors' terms as it says."""

    id: UUID
    patient: Patient


def ensure_archive(unit: Unit, *, person_id: UUID, identity: PatientIdentity) -> KeptArchive:
    """The person's primary archive here, made when missing and brought up to date when the identity changed.

    One query when nothing changed, two at the first visit. Two at once make one archive: the second finds the first's.
    """
    archive = _PRIMARY.first(person=person_id)
    if archive is None:
        archive = PatientArchive(id=ids.uuid7(), person_id=person_id, created_at=unit.now, updated_at=unit.now)
        _fill(archive, unit.scope, identity)
        # ON CONFLICT DO NOTHING waits for a rival's row and leaves the transaction usable, unlike a caught error.
        if not _KEEP(archive):
            archive = PatientArchive.objects.get(person_id=person_id, is_primary=True)
    if _differs(archive, unit.scope, identity):
        _fill(archive, unit.scope, identity)
        archive.updated_at = unit.now
        archive.save()
    return KeptArchive(archive.id, patient_of(archive))


def ensure_archives(unit: Unit, identities: Mapping[UUID, PatientIdentity]) -> dict[UUID, UUID]:
    """Primary archives for people who have none here, as `ensure_archive`; all of them by person. Two statements."""
    fresh = []
    for person_id, identity in identities.items():
        archive = PatientArchive(id=ids.uuid7(), person_id=person_id, created_at=unit.now, updated_at=unit.now)
        _fill(archive, unit.scope, identity)
        fresh.append(archive)
    PatientArchive.objects.bulk_create(fresh, ignore_conflicts=True)
    rows = PatientArchive.objects.filter(person_id__in=identities, is_primary=True)
    return dict(rows.values_list("person_id", "id"))


def learn_his_patient_id(unit: Unit, *, archive_id: UUID, his_patient_id: str) -> bool:
    """Remember the number the hospital itself has given the person; whether it is news.

    A number that is another archive's, or was merged into one (F14), is left where it is: two people of the hub are
    never made one by an answer.
    """
    return together(learning(unit, archive_id=archive_id, his_patient_id=his_patient_id)) == [1]


def learning(unit: Unit, *, archive_id: UUID, his_patient_id: str) -> Write:
    """The same, for whoever has more to write."""
    return _LEARN.write(archive=archive_id, number=his_patient_id, now=unit.now)


def merge_his_patients(unit: Unit, *, kept_id: str, merged_id: str, source: str) -> bool:
    """Follow a merge at the HIS (F14): the merged number becomes an alias of the kept archive.

    False when the hub knows neither number. Both known as archives: the merged one ends, its aliases move along.
    """
    kept = PatientArchive.objects.filter(his_patient_id=kept_id).first()
    merged = PatientArchive.objects.filter(his_patient_id=merged_id).first()
    if kept is None and merged is None:
        return False
    if kept is None and merged is not None:
        merged.his_patient_id = kept_id
        merged.updated_at = unit.now
        merged.save(update_fields=["his_patient_id", "updated_at"])
        kept = merged
    elif kept is not None and merged is not None:
        PatientAlias.objects.filter(archive=merged).update(archive=kept)
        was_primary = merged.is_primary
        PatientArchive.objects.filter(pk=merged.pk).update(
            state=ArchiveState.MERGED, is_primary=False, his_patient_id=None, updated_at=unit.now
        )
        if was_primary and merged.person_id == kept.person_id:
            PatientArchive.objects.filter(pk=kept.pk).update(is_primary=True, updated_at=unit.now)
    PatientAlias.objects.get_or_create(
        his_patient_id=merged_id, defaults={"archive": kept, "source": source, "merged_at": unit.now}
    )
    return True


def _differs(archive: PatientArchive, hospital: str, identity: PatientIdentity) -> bool:
    given = (identity.name, identity.document_type, identity.document_number, identity.phone)
    if (archive.name, archive.document_type, archive.document_number, archive.phone) != given:
        return True
    if identity.phone or not identity.sign_in_phone:
        return False
    found_by = bytes(archive.phone_index) if archive.phone_index else b""
    return found_by not in blind.candidates("patients.phone", identity.sign_in_phone, hospital)


def _fill(archive: PatientArchive, hospital: str, identity: PatientIdentity) -> None:
    archive.name = identity.name
    archive.document_type = identity.document_type
    archive.document_number = identity.document_number
    archive.phone = identity.phone
    archive.sex = identity.sex
    archive.birth_date = identity.birth_date
    archive.name_index = blind.index("patients.name", identity.name, hospital)
    archive.document_index = blind.index("patients.document", identity.document_number, hospital)
    archive.document_tail_index = blind.index("patients.document_tail", identity.document_number[-4:], hospital)
    found_by = identity.phone or identity.sign_in_phone
    archive.phone_index = blind.index("patients.phone", found_by, hospital) if found_by else None
    archive.phone_tail_index = blind.index("patients.phone_tail", found_by[-4:], hospital) if found_by else None
