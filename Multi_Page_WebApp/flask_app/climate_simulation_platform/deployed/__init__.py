"""Entry points of the containers that this distribution fills, and what all services share."""
