"""The one door to RabbitMQ: what is declared, messages out, messages in.

Each connection lives in a thread of its own and is kept up there; nothing else imports pika.
"""

from climate_simulation_platform.message_broker.consuming import Consumer, Delivery, bury
from climate_simulation_platform.message_broker.publishing import Outgoing, Publisher

__all__ = ["Consumer", "Delivery", "Outgoing", "Publisher", "bury"]
