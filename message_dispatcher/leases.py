"""Which workers are silent for too long, seen by one clock: that of the dispatcher."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass
class Leases:
    """Remembers since when each sign of life is the last one.

    What the dispatcher did not see, because the database was occupied or it was not there itself,
    is held against nobody: then every lease begins anew.

    Parameters
    ----------
    lease : timedelta
        How long a worker may be silent.
    longest_gap : timedelta
        Looks that are further apart tell nothing of what was between them.
    clock : callable
        Seconds that only increase.
    """

    lease: timedelta
    longest_gap: timedelta
    clock: Callable[[], float] = time.monotonic
    _seen: dict[str, tuple[datetime, float]] = field(default_factory=dict)
    _looked: float = float("-inf")

    def over(self, signs: Mapping[str, datetime]) -> dict[str, datetime]:
        """Tasks whose worker was silent for longer than its lease, with its last sign.

        Parameters
        ----------
        signs : mapping of str to datetime
            Last sign of life by task.
        """
        now = self.clock()
        if now - self._looked > self.longest_gap.total_seconds():
            self._seen.clear()
        self._looked = now
        for task_id in self._seen.keys() - signs.keys():
            del self._seen[task_id]
        for task_id, sign in signs.items():
            if self._seen.get(task_id, (None, 0.0))[0] != sign:
                self._seen[task_id] = (sign, now)
        most = self.lease.total_seconds()
        return {name: sign for name, (sign, since) in self._seen.items() if now - since >= most}
