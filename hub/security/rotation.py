"""Re-encryption after a key was rotated: rows still under a retired key are read and sealed again, batch by batch.

It can be stopped and started at any point: what is left to do is what the ciphertext headers say. Each value goes back
under the active key of the owner its old key belonged to. Append-only tables are left as they are: their history can't
be rewritten, and retired keys go on opening it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import connections
from django.db.models import Model
from psycopg import sql

from hub.actor import Actor
from hub.security import envelope
from hub.security.fields import EncryptedJSONField, EncryptedTextField
from hub.security.keyring import DATA, ring
from hub.tenancy.grants import Grant
from hub.tenancy.registry import live_hospitals
from hub.tenancy.router import hospital_labels
from hub.tenancy.scope import REGION, hospital, region
from hub.work import work

BATCH = 200


@dataclass(frozen=True, slots=True)
class Column:
    """An encrypted column."""

    table: str
    key: str
    column: str
    purpose: str
    append_only: bool


def columns(*, hospital: bool) -> list[Column]:
    """The encrypted columns of a hospital's schema, or of public."""
    labels = hospital_labels()
    return [
        column
        for model in apps.get_models()
        if model._meta.managed and (model._meta.app_label in labels) == hospital
        for column in _columns_of(model)
    ]


def remaining(scopes: Iterable[str]) -> int:
    """How many values of these scopes stand under a retired key. One query for each encrypted column."""
    return sum(
        _count(scope, column)
        for scope in scopes
        for column in columns(hospital=scope != REGION)
        if not column.append_only
    )


def reencrypt_scopes(actor: Actor, scopes: Iterable[str]) -> Iterator[tuple[str, str, int]]:
    """The same as `reencrypt`, for some scopes: a hospital's values lie in its schema and in public."""
    for scope in scopes:
        for column in columns(hospital=scope != REGION):
            if not column.append_only:
                yield from _reencrypt_column(scope, column, actor)


def reencrypt(actor: Actor) -> Iterator[tuple[str, str, int]]:
    """Re-encrypt everything that is not under an active key; yields (scope, table.column, values) as it goes."""
    yield from reencrypt_scopes(actor, (REGION, *live_hospitals()))


def _count(scope: str, column: Column) -> int:
    table, field = sql.Identifier(column.table), sql.Identifier(column.column)
    query = sql.SQL(
        "SELECT count(*) FROM {table} WHERE {field} IS NOT NULL AND NOT substring({field} from 1 for {size}) = ANY(%s)"
    ).format(field=field, table=table, size=sql.Literal(envelope.HEADER_BYTES))
    alias = "default" if scope == REGION else "hospital"
    opened = region(read_only=True) if scope == REGION else hospital(scope, read_only=True)
    with opened, connections[alias].cursor() as cursor:
        cursor.execute(query, [_current()])
        [(found,)] = cursor.fetchall()
    return int(found)


def _current() -> list[bytes]:
    return [envelope.header_of(key) for key in ring().keys(use=DATA) if key.active]


def _reencrypt_column(scope: str, column: Column, actor: Actor) -> Iterator[tuple[str, str, int]]:
    while True:
        with work(scope, actor=actor) as unit:
            done = _reencrypt_batch("default" if scope == REGION else "hospital", column)
            if done:
                unit.audit("security.reencrypted", target=f"{column.table}.{column.column}", detail={"values": done})
        if done:
            yield scope, f"{column.table}.{column.column}", done
        if done < BATCH:
            return


def _reencrypt_batch(alias: str, column: Column) -> int:
    table, key, field = sql.Identifier(column.table), sql.Identifier(column.key), sql.Identifier(column.column)
    # A key made while we work is active too: the headers are read anew for every batch.
    find = sql.SQL(
        "SELECT {key}, {field} FROM {table} WHERE {field} IS NOT NULL AND NOT substring({field} from 1 for {size})"
        " = ANY(%s) ORDER BY {key} LIMIT {limit} FOR UPDATE SKIP LOCKED"
    ).format(key=key, field=field, table=table, size=sql.Literal(envelope.HEADER_BYTES), limit=sql.Literal(BATCH))
    store = sql.SQL("UPDATE {table} SET {field} = %s WHERE {key} = %s").format(key=key, field=field, table=table)
    with connections[alias].cursor() as cursor:
        cursor.execute(find, [_current()])
        rows = cursor.fetchall()
        for row_key, sealed in rows:
            cursor.execute(store, [_again(column.purpose, bytes(sealed)), row_key])
    return len(rows)


def _again(purpose: str, sealed: bytes) -> bytes:
    owner = ring().by_id(envelope.key_id_of(sealed)).owner
    return envelope.seal(purpose, envelope.open_sealed(purpose, sealed), owner=owner)


def _columns_of(model: type[Model]) -> Iterator[Column]:
    for field in model._meta.local_concrete_fields:
        if isinstance(field, EncryptedTextField | EncryptedJSONField):
            yield Column(
                table=model._meta.db_table,
                key=model._meta.pk.column,
                column=field.column,
                purpose=field.purpose,
                append_only=getattr(model, "grant", Grant.RW) is not Grant.RW,
            )
