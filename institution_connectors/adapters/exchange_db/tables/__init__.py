"""The exchange database as the hub sees it: tables of asking, views of data."""

from __future__ import annotations

import sqlalchemy as sa

from institution_connectors.adapters.exchange_db.tables import asking, data
from institution_connectors.adapters.exchange_db.tables.columns import Field, Kind, Shape

SHAPES: dict[str, Shape] = {shape.name: shape for shape in (*asking.ASKING, *data.DATA)}
_metadata = sa.MetaData()
TABLES: dict[str, sa.Table] = {name: shape.table(_metadata) for name, shape in SHAPES.items()}
REQUEST, ANSWER = TABLES["hub_request"], TABLES["hub_answer"]
FEE, PATIENT = TABLES["hub_answer_fee"], TABLES["hub_answer_patient"]
EVENT, BATCH = TABLES["hub_event"], TABLES["hub_batch"]

__all__ = ["ANSWER", "BATCH", "EVENT", "FEE", "PATIENT", "REQUEST", "SHAPES", "TABLES", "Field", "Kind", "Shape"]
