"""What every measure is given."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from loadtest.database import Database
from loadtest.district import District
from loadtest.stock import Stock
from loadtest.table import Table


@dataclass(frozen=True, slots=True)
class Setting:
    """The district under measure, its database, what can be booked in it, and the table."""

    district: District
    database: Database
    stock: Stock
    table: Table
    options: argparse.Namespace
