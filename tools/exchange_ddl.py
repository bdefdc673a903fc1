"""`python -m tools.exchange_ddl`: write the scripts of docs/interfaces/exchange_db from the adapter's tables."""

from __future__ import annotations

from pathlib import Path

from institution_connectors.adapters.exchange_db.ddl import DATABASES, script

DIRECTORY = Path(__file__).resolve().parents[1] / "docs" / "interfaces" / "exchange_db"


def main() -> None:
    """Write each script that differs."""
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    for database in DATABASES:
        path = DIRECTORY / f"{database}.sql"
        wanted = script(database)
        if not path.exists() or path.read_text(encoding="utf-8") != wanted:
            path.write_text(wanted, encoding="utf-8")
            print(f"{path.relative_to(DIRECTORY.parents[2])}: written")


if __name__ == "__main__":
    main()
