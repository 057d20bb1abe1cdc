"""A broker that dies while somebody connects is tried again; pika would guess that it refuses."""

import gc
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pika import frame, spec

from climate_simulation_platform.message_broker import Consumer
from climate_simulation_platform.message_broker.topology import DISPATCHER_QUEUE
from climate_simulation_platform.settings import Broker
from tests.waiting import wait_for

GREETING = (
    spec.Connection.Start(server_properties={}, mechanisms="PLAIN", locales="en_US"),
    spec.Connection.Tune(channel_max=10, frame_max=131072, heartbeat=60),
)


@contextmanager
def dying_broker(said: int) -> Iterator[tuple[int, list[int]]]:
    """A server that says so much of its greeting and closes; its port, and who came."""
    came: list[int] = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            came.append(1)
            self.request.recv(4096)
            for method in GREETING[:said]:
                self.request.sendall(frame.Method(0, method).marshal())
                self.request.recv(4096)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_address[1], came
        server.shutdown()


# pika leaves the socket of an attempt that is broken off to the collector, which is called here
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
@pytest.mark.parametrize("said", range(len(GREETING) + 1))
def test_a_broker_that_dies_while_we_connect_is_tried_again(said: int) -> None:
    with dying_broker(said) as (port, came):
        broker = Broker("127.0.0.1", port, "/", "platform", "lava", 60)
        consumer = Consumer(broker, "test", DISPATCHER_QUEUE, prefetch=1)
        consumer.start()
        wait_for(lambda: len(came) >= 3, "attempts")
        assert consumer.take(0.0) == []
        consumer.end()
    gc.collect()
