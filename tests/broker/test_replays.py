"""A person's edits are repeated by workers, over the queue, before what depends on them runs."""

import json
from hashlib import sha256

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.db import revisions
from climate_simulation_platform.records import DataFile, MadeFile, Revision, SavedEdit, Status
from climate_simulation_platform.storage import new_token
from climate_simulation_platform.workflow import transactions
from tests.broker.conftest import DeploymentMaker
from tests.broker.looking import (
    ask,
    assert_sound,
    odd_topography,
    runs,
    wait_for_status,
    wait_until_quiet,
)
from tests.deployment import Deployment
from tests.rabbitmq import RabbitMQ

STEP = "passage_problems"


def save_bathymetry(deployment: Deployment, file: DataFile) -> Revision:
    """Edit the newest bathymetry as a person does."""
    storage, database = deployment.services.storage, deployment.database
    desk = transactions.editable(database, file.id, FileType.BATHY)
    content = ["edited", "edited coast"]
    with storage.incoming() as path:
        path.write_text(json.dumps(content))
        kept = storage.adopt(path, file.id, FileType.BATHY, new_token())
    values = sha256(content[0].encode()).hexdigest()
    made = MadeFile(FileType.BATHY, kept.path, kept.sha256, values, kept.size, {"variables": []})
    inputs = {kind: revision.revision for kind, revision in desk.inputs.items()}
    user = deployment.rooms.user("ada")
    return transactions.save_edit(database, file.id, made, SavedEdit(inputs), user=user)[0]


def edited_topography(deployment: Deployment) -> tuple[DataFile, Revision]:
    """One that was routed, with edits that are to be repeated."""
    file = odd_topography(deployment)
    ask(deployment, file, "routing", number=1)
    wait_until_quiet(deployment)
    saved = save_bathymetry(deployment, file)
    wait_until_quiet(deployment)
    transactions.choose_replay(deployment.database, file.id, STEP, True, user="ada")
    return file, saved


def assert_repeated_once(deployment: Deployment, file: DataFile, saved: Revision) -> None:
    """And all that reads it made of the result, once."""
    with deployment.database.reading() as connection:
        newest, routed, *_ = revisions.of_file(connection, file.id, FileType.BATHY)
        read = revisions.get(connection, file.id, FileType.HEATFLOW)
    assert (newest.step, newest.parameters["repeat"]) == (STEP, saved.revision)
    assert (routed.step, dict(newest.input_revisions)) == (
        "routing",
        {FileType.BATHY: routed.revision},
    )
    assert read is not None
    assert dict(read.input_revisions) == {FileType.BATHY: newest.revision}
    assert read.revision == 3  # of the first routing, of the edit, of its repetition
    assert_sound(deployment, [file])


def test_edits_are_repeated_over_the_queue(broker: RabbitMQ, deploy: DeploymentMaker) -> None:
    deployment = deploy(broker)
    deployment.migrate()
    deployment.start("hasty dispatcher")
    deployment.start("odd worker")
    file, saved = edited_topography(deployment)
    ask(deployment, file, "routing", number=2)
    wait_for_status(deployment, file, STEP, Status.REVIEW)
    wait_until_quiet(deployment)
    assert_repeated_once(deployment, file, saved)
    assert [step for step, *_ in runs(deployment, file)].count(STEP) == 1
    assert deployment.dead_letters() == []
