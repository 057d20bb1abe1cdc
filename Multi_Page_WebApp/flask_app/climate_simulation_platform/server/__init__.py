"""Pages served by gunicorn, on one machine or in a container."""
