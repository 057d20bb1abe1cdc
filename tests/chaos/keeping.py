"""Services that are started again at once when they die, as docker's restart policy does."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.chaos.plan import Kill
from tests.deployment import Deployment, Process
from tests.rabbitmq import RabbitMQ
from tests.waiting import wait_for

LOOK_SECONDS = 0.02
BROKER_SECONDS = 120.0


@dataclass
class Place:
    """Where a service runs; its port stays."""

    process: Process

    @property
    def kind(self) -> str:
        return self.process.kind


@dataclass
class Keeper:
    """Keeps an installation up.

    Parameters
    ----------
    killed : dict of kind to number
        What was killed so far.
    faults : list of str
        Services that ended by themselves.
    """

    deployment: Deployment
    killed: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    _places: list[Place] = field(default_factory=list)
    _expected: set[int] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    @property
    def broker(self) -> RabbitMQ:
        return self.deployment.broker

    @property
    def web_port(self) -> int:
        """Where the pages are, whichever process serves them."""
        return next(each.process.port for each in self._places if each.kind == "web")

    def begin(self) -> None:
        """Take over what the installation runs."""
        self._places = [Place(process) for process in self.deployment.processes]
        self._spawn(self._keep)

    def kill(self, kill: Kill) -> None:
        """kill -9 of a service with all its processes."""
        if kill.kind == "broker":
            self._kill_broker()
        else:
            with self._lock:
                there = [place for place in self._places if place.kind == kill.kind]
                victim = there[kill.which % len(there)].process
                self._expected.add(victim.pid)
                victim.kill()
        self.killed[kill.kind] = self.killed.get(kill.kind, 0) + 1

    def healthy(self) -> bool:
        """Whether everything is up."""
        return not self._broker_comes() and all(place.process.healthy() for place in self._places)

    def end(self) -> None:
        """Start nothing any more; what runs stays."""
        self._over.set()
        for thread in self._threads:
            thread.join(BROKER_SECONDS)

    def _keep(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            with self._lock:
                for place in self._places:
                    if not place.process.running():
                        self._start_again(place)

    def _start_again(self, place: Place) -> None:
        dead = place.process
        if dead.pid not in self._expected:
            code = dead.popen.returncode
            self.faults.append(f"{dead.kind} ended by itself with {code}: {dead.tail(600)}")
        ports = {"PORT": str(dead.port), "MONITOR_PORT": str(dead.port)}
        place.process = self.deployment.spawn(dead.kind, **ports)
        place.process.port = dead.port

    def _kill_broker(self) -> None:
        wait_for(lambda: not self._broker_comes(), "the broker's start", BROKER_SECONDS)
        self.broker.kill()
        self._spawn(self._start_broker, "broker")

    def _start_broker(self) -> None:
        try:
            self.broker.start()
        except AssertionError as trouble:
            self.faults.append(f"the broker does not start: {trouble}")

    def _broker_comes(self) -> bool:
        return any(each.name == "broker" and each.is_alive() for each in self._threads)

    def _spawn(self, work: Callable[[], None], name: str = "keeper") -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        self._threads.append(threading.Thread(target=work, name=name, daemon=True))
        self._threads[-1].start()
