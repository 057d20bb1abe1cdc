"""The dispatcher, looking each second for what it looks for each minute.

Run as `python -m tests.broker.hasty_dispatcher`.
"""

from datetime import timedelta

from message_dispatcher import dispatching, receive


def main() -> None:
    """Be such a dispatcher."""
    receive.LOOK_AFTER_SECONDS = 0.5
    receive.RECONCILE_SECONDS = 1.0
    dispatching.TELL_AFTER = timedelta(seconds=3)
    dispatching.LOST_AFTER = timedelta(seconds=1)
    receive.main()


if __name__ == "__main__":
    main()
