#!/usr/bin/env bash
# Brings a compose installation to the newest images of its TAG once no worker is at a step.
set -euo pipefail
cd "$(dirname "$0")/.."
patience=${UPDATE_PATIENCE_SECONDS:-3600}
backups=${BACKUP_DIR:-$PWD/backups}
workers=$(docker compose ps --quiet python_worker | wc -l)

busy() { # whether any worker is at a step
  local container
  for container in $(docker compose ps --quiet python_worker mosaic_worker mosaix_worker); do
    docker exec "$container" python -m climate_simulation_platform.deployed.busy || return 0
  done
  return 1
}

install -d -m 700 -o "${CSP_UID:-10001}" -g "${CSP_GID:-10001}" "$backups"
docker compose run --rm --no-deps -T --volume "$backups:/backups" --entrypoint climate-sim \
  flask_app backup --quiet "/backups/before-$(date +%Y%m%d-%H%M%S).tar"
docker compose pull --quiet
deadline=$((SECONDS + patience))
while busy; do
  if [ $SECONDS -ge $deadline ]; then
    echo "Workers are busy for longer than $patience s; the update is left for the next time." >&2
    exit 75
  fi
  sleep 10
done
docker compose up --detach --remove-orphans --scale "python_worker=$workers"
