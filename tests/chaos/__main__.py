"""The long run, whose table stands in docs/chaos.md: `make chaos`."""

import logging
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.chaos.plan import drawn
from tests.chaos.running import KINDS_OF_FINDINGS, Outcome, Run
from tests.deployment import QUICK, Deployment
from tests.rabbitmq import running_broker

log = logging.getLogger(__name__)

PAGE = Path(__file__).parents[2] / "docs" / "chaos.md"

SEED, WORKFLOWS, KILLS = 2026, 150, 200

TEXT = """# Killing services while people work

`make chaos` starts an installation on this machine (RabbitMQ, the dispatcher, {workers} Python
workers, the web service, a SQLite database), lets {people} people bring {workflows} topographies
through the pages and ask for every step, often again or with something changed upstream while
steps are at work, and sends `kill -9` to {kills} services with all their processes: a worker, the
dispatcher, the broker, the web service, each as often as the others. What was killed is started
again at once. Who is killed and what people do is drawn from one number ({seed}); a short form of
the same runs among the tests (`tests/chaos`). `make chaos` rewrites this page.

The grids are coarse (4 to 6 degrees), so that a step takes a tenth of a second and kills meet
everything between a request and its end. A worker that is killed is missed after
{lease} seconds here (`WORKER_LEASE_SECONDS`).

## What happened

{happened}

A request that has no answer may have counted or not; people look, and ask again if it did not.

## What was found

Once all was quiet, workers had looked after the files as they do when idle, and every service had
ended in order:

{found}

- Lost: a topography that is not there, a step that was asked for and is not up to date with the
  parameters of the last request, a file that a step which was done should have written, a task that
  failed or never ended, a request answered as taken of which nothing came, fewer routings than
  requests.
- Doubled: two revisions of a file from one task, a revision from a task that was replaced, numbers
  of revisions that are not 1, 2, 3 …, a topography that is there twice, more routings than
  requests.
- Wrong states: a state that differs from what an independent calculation gives from revisions and
  runs, or from what is kept for the list of topographies.
- Wrong values: a product whose values differ from those that the same choices give where nothing is
  killed.
- Services: one that ended by itself, did not end with exit code 0 when told to, or wrote a
  traceback.
"""


def main() -> None:
    """Run, and write the page; where anything is found, tell it instead."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    plan = drawn(SEED, workflows=WORKFLOWS, kills=KILLS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "deployment").mkdir()
        for broker in running_broker(folder / "broker"):
            deployment = Deployment(folder / "deployment", broker)
            try:
                outcome = Run(plan, deployment).run()
            finally:
                deployment.close()
    for kind, sentence in outcome.findings:
        log.error("%s: %s", kind, sentence)
    if outcome.findings:
        sys.exit(f"{len(outcome.findings)} findings")
    PAGE.write_text(page(outcome))
    log.info("%s", PAGE.read_text())


def page(outcome: Outcome) -> str:
    """What is written of a run."""
    plan, killed = outcome.plan, outcome.killed
    happened: list[tuple[str, object]] = [
        ("topographies", len(plan.scripts)),
        ("requests and edits", plan.actions),
        *((f"kill -9: {kind}", number) for kind, number in sorted(killed.items())),
        *outcome.counts.items(),
        ("wall time", f"{outcome.seconds / 60:.1f} minutes"),
    ]
    kinds = [kind for kind, _ in outcome.findings]
    found = [(kind, kinds.count(kind)) for kind in KINDS_OF_FINDINGS]
    return TEXT.format(
        workers=plan.workers,
        people=plan.people,
        workflows=len(plan.scripts),
        kills=len(plan.kills),
        seed=plan.seed,
        lease=QUICK["WORKER_LEASE_SECONDS"],
        happened=_table(("what", "number"), happened),
        found=_table(("finding", "number"), found),
    )


def _table(columns: tuple[str, str], rows: Iterable[tuple[str, object]]) -> str:
    lines = [columns, ("---", "---:"), *rows]
    return "\n".join(f"| {name} | {value} |" for name, value in lines)


if __name__ == "__main__":
    main()
