"""What new holdings start with. Afterwards the database is the truth."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, insert

from archive.access.identity import SYSTEM
from archive.db.accounts import Account
from archive.db.digitization import Target, Task
from metadata import registry


def seed(connection: Connection) -> None:
    """The service's own account, the 7 targets and the 24 tasks; in the transaction that makes the tables."""
    account = {"id": SYSTEM.account_id, "login": SYSTEM.login, "name": SYSTEM.name, "kind": "system"}
    connection.execute(insert(Account).values(**account, created_at=datetime.now(UTC)))
    connection.execute(
        insert(Target),
        [
            {"number": target.number, "title": target.title if target.filled_in else None, "source": target.source}
            for target in registry.targets()
        ],
    )
    connection.execute(
        insert(Task),
        [
            {
                "number": task.number,
                "target_number": task.target,
                "title": task.title if task.filled_in else None,
                "planned_quantity": task.planned_quantity,
                "unit": task.unit,
                "due_on": task.due_on,
                "source": task.source,
            }
            for task in registry.tasks()
        ],
    )
