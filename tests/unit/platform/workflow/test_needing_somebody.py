"""Which steps wait for a person, asked for many topographies at once."""

from pathlib import Path

import pytest

from climate_simulation_platform.records import Status
from climate_simulation_platform.workflow import transactions
from climate_simulation_platform.workflow.delivered import needing_somebody
from tests.platform_records import add_file, add_user, open_database, work_off

pytestmark = pytest.mark.usefixtures("on_every_database")


def test_steps_that_wait_for_a_person(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    user = add_user(database)
    routed, new, deleted = (add_file(database, user, name) for name in ("routed", "new", "deleted"))
    for file in (routed, deleted):
        transactions.request_step(database, file.id, "routing", {}, user=user.username)
    work_off(database)
    transactions.delete_file(database, deleted.id)
    found = needing_somebody(database, [routed.id, new.id, deleted.id, 10_000])
    shown = {
        file.id: {
            step
            for step, view in transactions.workflow_view(database, file.id).items()
            if view.status is Status.NEEDS_YOU
        }
        for file in (routed, new)
    }
    assert found == shown
    assert {"passage_problems", "subbasins"} <= found[routed.id]
    assert needing_somebody(database, []) == {}
