"""Destroying a hospital's keys: what the law keeps here is sealed anew, then nothing of the rest opens any more.

Each part may be taken again after a crash: sealing anew skips what is done, the ring's `destroy` gives the same ids,
removing what is gone does nothing. The proof is taken from ciphertexts that opened before.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.db.models import BinaryField, Model, Value
from django.db.models.functions import Cast

from hub import clock
from hub.actor import Actor
from hub.retention import services as retention
from hub.security import envelope
from hub.security.fields import EncryptedJSONField, EncryptedTextField
from hub.security.keyring import KeyMissing, ring
from hub.security.signatures import signed
from hub.storage import objects
from hub.tenancy.models import TenantState
from hub.tenancy.router import hospital_labels
from hub.tenancy.rows import COLUMN
from hub.tenancy.scope import REGION, hospital, region
from hub.work import work
from regional_services.leaving import keeping
from regional_services.leaving.errors import OnHold
from regional_services.leaving.models import Leaving
from regional_services.payments import selectors as payments
from tenants.registry import steps as registry
from tenants.registry.onboarding import secret_ref

SAMPLES = 12
SEALED = (EncryptedTextField, EncryptedJSONField)


def kept_owner(code: str) -> str:
    """Whose keys seal what the law keeps at the district of an institution that has left."""
    return f"kept.{code}"


def destroy(row: Leaving, *, actor: Actor, package_reference: str) -> str:
    """Destroy, prove, certify, and lead the institution to `left`; what the page says of it. OnHold under a hold."""
    code = row.institution_code
    if row.certificate is None:
        if not row.samples:
            _keep_samples(row, actor)
        resealed = _seal_anew(code)
        references = [secret_ref(code), package_reference, *_merchant_references(code)]
        key_ids = _destroy_keys(row, actor)
        proof = [_tried(sample) for sample in row.samples]
        if any(trial["opens"] for trial in proof):
            raise RuntimeError(f"a ciphertext of {code} still opens after its keys were destroyed")
        done = {
            "key_ids": key_ids,
            "secrets": [reference for reference in references if ring().remove_secret(reference)],
            "objects_removed": _remove_objects(code, row.package_key),
            "sealed_anew": resealed,
            "proof": proof,
        }
        _certify(row, actor, done)
    registry.announce()
    paper: dict[str, Any] = dict(row.certificate or {})
    return f"销毁密钥 {len(paper['key_ids'])} 把，抽样的 {len(paper['proof'])} 份密文都已不能解开。"


def _keep_samples(row: Leaving, actor: Actor) -> None:
    """Ciphertexts that open now, kept to show afterwards that they don't."""
    code = row.institution_code
    probe = envelope.seal("leaving.probe", b"probe", owner=code)
    samples = [{"place": "probe", "purpose": "leaving.probe", "sealed": base64.b64encode(probe).decode()}]
    with hospital(code, read_only=True):
        seen: set[type[Model]] = set()  # one of each table, so that archives and messages both stand on the paper
        for model, column in _sealed_columns(in_hospital=True):
            sealed = None if model in seen else _raw(model, column).values_list("raw", flat=True).first()
            if sealed is not None and len(samples) < SAMPLES:
                seen.add(model)
                envelope.open_sealed(column.purpose, bytes(sealed))
                place = f"{model._meta.db_table}.{column.column}"
                text = base64.b64encode(bytes(sealed)).decode()
                samples.append({"place": place, "purpose": column.purpose, "sealed": text})
    with work(REGION, actor=actor) as unit:
        Leaving.objects.filter(pk=row.pk).update(samples=samples)
        unit.audit("leaving.samples_kept", target=f"institution:{code}", detail={"samples": len(samples)})
    row.samples = samples


def _destroy_keys(row: Leaving, actor: Actor) -> list[str]:
    """The point of no return: the hold is looked at once more under the row's lock."""
    with work(REGION, actor=actor) as unit:
        held = Leaving.objects.select_for_update().get(pk=row.pk)
        if held.on_hold:
            raise OnHold
        key_ids = ring().destroy(row.institution_code)
        unit.audit("leaving.keys_destroyed", target=f"institution:{row.institution_code}", detail={"keys": key_ids})
    return key_ids


def _seal_anew(code: str) -> int:
    """Seal what the district has to keep under keys that stay; how many values."""
    count = 0
    for model, column in _sealed_columns(in_hospital=False):
        with region():
            rows = list(_raw(model, column).filter(**{COLUMN: code}).values_list("pk", "raw"))
            for key, sealed in rows:
                if sealed is None or ring().by_id(envelope.key_id_of(bytes(sealed))).owner != code:
                    continue
                plain = envelope.open_sealed(column.purpose, bytes(sealed))
                fresh = envelope.seal(column.purpose, plain, owner=kept_owner(code))
                value = Value(fresh, output_field=BinaryField())
                model._default_manager.filter(pk=key).update(**{column.attname: value})
                count += 1
    return count


def _sealed_columns(*, in_hospital: bool) -> Iterator[tuple[type[Model], Any]]:
    """The columns sealed with a hospital's own key."""
    labels = hospital_labels()
    for model in sorted(apps.get_models(), key=lambda model: model._meta.db_table):
        if (model._meta.app_label in labels) is in_hospital:
            for column in model._meta.local_concrete_fields:
                if isinstance(column, SEALED) and (in_hospital or column.owner == COLUMN):
                    yield model, column


def _raw(model: type[Model], column: Any) -> Any:
    rows = model._default_manager.annotate(raw=Cast(column.attname, BinaryField()))
    return rows.filter(**{f"{column.attname}__isnull": False}).order_by("pk")


def _merchant_references(code: str) -> list[str]:
    with region(read_only=True):
        return payments.secret_references(code)


def _remove_objects(code: str, package_key: str) -> int:
    """The hospital's stored files, which nothing opens any more, and the package, which it has."""
    gone = [*objects.keys(f"{code}/"), *([package_key] if package_key else [])]
    for key in gone:
        objects.delete(key)
    return len(gone)


def _tried(sample: dict[str, str]) -> dict[str, Any]:
    """One ciphertext tried again: the digest tells which, the refusal which key is missing."""
    sealed = base64.b64decode(sample["sealed"])
    try:
        envelope.open_sealed(sample["purpose"], sealed)
    except KeyMissing as missing:
        opens, answer = False, type(missing).__name__
    else:
        opens, answer = True, ""
    return {
        "place": sample["place"],
        "sha256": hashlib.sha256(sealed).hexdigest(),
        "key": envelope.key_id_of(sealed).hex(),
        "opens": opens,
        "answer": answer,
    }


def _certify(row: Leaving, actor: Actor, done: dict[str, Any]) -> None:
    now, code = clock.now(), row.institution_code
    schema_until = clock.today() + timedelta(days=retention.days(keeping.AUDIT))
    paper = {
        "certificate": f"D-{str(row.pk)[:8].upper()}",
        "institution": code,
        "asked_by": row.asked_by_name,
        "confirmed_by": row.confirmed_by_name,
        "basis": row.destruction_reason,
        "destroyed_at": now.isoformat(),
        "package_manifest_sha256": row.manifest_sha256,
        "schema_until": str(schema_until),
        "retention": [
            {
                "kind": kept.kind,
                "keeper": kept.keeper.label,
                "basis": kept.basis,
                "how": kept.how,
                "until": str(clock.today() + timedelta(days=kept.days)) if kept.days else "",
            }
            for kept in keeping.kept()
        ],
        **done,
    }
    row.certificate, row.left_at, row.schema_until = signed(paper), now, schema_until
    with work(REGION, actor=actor) as unit:
        registry.lead(unit, code, TenantState.LEFT, reason=row.destruction_reason)
        Leaving.objects.filter(pk=row.pk).update(certificate=row.certificate, left_at=now, schema_until=schema_until)
        unit.audit("leaving.certified", target=f"institution:{code}", detail={"certificate": paper["certificate"]})
