"""The durable engine: workflows that go on after any death of their process. The only module that knows DBOS."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from dbos import DBOS, DBOSConfig, SetWorkflowID
from sqlalchemy import text

from archive.bootstrap import App
from archive.workflows.lease import Lease, slot_of

APPLICATION_VERSION = "1"  # one for ever: a change in the order of steps is patched, see docs/architecture.md
SCHEMA = "dbos"
QUEUE = "items"
POLLING_S = 0.2
RECOVERIES = 50  # a workflow that ended its process so often is given up
CONNECTIONS = 5

_ID = "'ingest:' || r.number || coalesce(':' || (i.stop_values ->> 'released'), '')"  # a way of its own a release
_WITHOUT_WORKFLOW = text(f"""
    select r.number, {_ID} as workflow_id from item i join receipt r on r.id = i.receipt_id
    where i.state = 'received'
      and not exists (select 1 from {SCHEMA}.workflow_status w where w.workflow_uuid = {_ID})
    order by r.received_at, r.number limit 200""")  # noqa: S608
_ENDED_WITHOUT_OUTCOME = text(f"""
    select r.number, {_ID} as workflow_id, w.status from item i join receipt r on r.id = i.receipt_id
    join {SCHEMA}.workflow_status w on w.workflow_uuid = {_ID}
    where i.state = 'received' and w.status not in ('ENQUEUED', 'PENDING', 'DELAYED')""")  # noqa: S608
_OTHERS_AT_WORK = text(f"""
    select distinct executor_id from {SCHEMA}.workflow_status
    where status = 'PENDING' and executor_id is distinct from :own""")  # noqa: S608


class Engine:
    """One a process. Runs `process(receipt, released)` for every received item, as often as it takes.

    released: how often the item had been released when this way through the steps was begun.
    """

    def __init__(self, app: App, lease: Lease, process: Callable[[str, int], str]) -> None:
        self._app = app
        self._lease = lease
        _quiet()
        DBOS(config=_config(app, lease))

        def process_item(receipt: str) -> str:
            return process(receipt, _released(DBOS.workflow_id))

        self._workflow = DBOS.workflow(name="process_item", max_recovery_attempts=RECOVERIES)(process_item)
        try:
            DBOS.launch()
            DBOS.register_queue(QUEUE, worker_concurrency=app.settings.jobs, polling_interval_sec=POLLING_S)
        except BaseException:
            DBOS.destroy(destroy_registry=True)
            raise

    def run_step(self, name: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Inside a workflow: run it, or give the result that was recorded. Arguments and result are small."""
        return DBOS.run_step({"name": name}, function, *arguments)

    def start_waiting(self) -> int:
        """Start the workflow of every received item that has none; a second start of one is no second run."""
        with self._app.engine.connect() as connection:
            waiting = connection.execute(_WITHOUT_WORKFLOW).all()
        for row in waiting:
            with SetWorkflowID(row.workflow_id):
                DBOS.enqueue_workflow(QUEUE, self._workflow, row.number)
        return len(waiting)

    def restart_ended(self) -> list[tuple[str, int]]:
        """Let workflows that ended without an outcome be started anew; returns those to give up: receipt, released."""
        with self._app.engine.connect() as connection:
            ended = connection.execute(_ENDED_WITHOUT_OUTCOME).all()
        given_up = [row for row in ended if row.status == "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
        for row in ended:
            if row not in given_up:
                DBOS.delete_workflow(row.workflow_id)
        return [(row.number, _released(row.workflow_id)) for row in given_up]

    def adopt_orphans(self) -> int:
        """Go on with the work of slots whose holder is gone."""
        with self._app.engine.connect() as connection:
            others = connection.scalars(_OTHERS_AT_WORK, {"own": self._lease.executor_id}).all()
        adopted = 0
        for executor in others:
            slot = slot_of(executor or "")
            if slot is None:
                continue
            with self._lease.orphan(slot, self._app.clock()) as orphaned:
                if orphaned:
                    adopted += len(DBOS._recover_pending_workflows([executor]))
        return adopted

    def stop(self) -> None:
        """Running workflows stay as they are and go on at the next start."""
        logging.getLogger("dbos").setLevel(logging.CRITICAL + 1)  # they now find the engine gone: that is no news
        DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=0)


def _released(workflow_id: str | None) -> int:
    """Told by the workflow's own name, which no later release changes: see _ID."""
    _, _, times = (workflow_id or "").removeprefix("ingest:").partition(":")
    return int(times or 0)


def _config(app: App, lease: Lease) -> DBOSConfig:
    return DBOSConfig(
        name="archive",
        system_database_url=app.database_url,
        dbos_system_schema=SCHEMA,
        application_version=APPLICATION_VERSION,
        executor_id=lease.executor_id,
        sys_db_pool_size=CONNECTIONS,
        use_listen_notify=False,
        max_executor_threads=max(8, 2 * app.settings.jobs + 4),
        log_level="WARNING",
        console_log_level="WARNING",
    )


def _quiet() -> None:
    logging.getLogger("dbos").setLevel(logging.WARNING)
