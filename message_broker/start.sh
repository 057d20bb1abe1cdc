#!/bin/sh
# Starts RabbitMQ with the password of our user from a file, so that it stands in no description of the
# container. The server makes the user at its first start, and no guest.
set -eu
file=${BROKER_PASSWORD_FILE:?BROKER_PASSWORD_FILE must name a file with the password}
if [ ! -r "$file" ]; then
    echo "The file $file, which BROKER_PASSWORD_FILE names, cannot be read by user $(id -u)." >&2
    exit 2
fi
IFS= read -r RABBITMQ_DEFAULT_PASS <"$file" || true
if [ -z "$RABBITMQ_DEFAULT_PASS" ]; then
    echo "The first line of $file is empty; it must be the password." >&2
    exit 2
fi
export RABBITMQ_DEFAULT_PASS
exec docker-entrypoint.sh rabbitmq-server
