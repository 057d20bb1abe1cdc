#!/bin/sh
# The image's own entry point, which renders the templates; `--check` tests the outcome and ends.
set -eu
if [ "${1:-}" = --check ]; then
    set -- nginx -t
fi
exec /docker-entrypoint.sh "$@"
