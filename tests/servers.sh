#!/usr/bin/env bash
# Installs the servers that the tests start on ports of their own, where that is ours to do.
set -euo pipefail
declare -A programs=(
  [rabbitmq-server]=/usr/sbin/rabbitmq-server
  [postgresql]=/usr/share/postgresql-common/pg_wrapper
  [nginx]=/usr/sbin/nginx
)
missing=()
for package in "${!programs[@]}"; do
  [ -e "${programs[$package]}" ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
elif [ -n "${CI:-}" ]; then
  echo "Not installed: ${missing[*]}." >&2
  exit 1
else
  echo "Not installed, and the tests that need them are skipped: ${missing[*]}." >&2
fi
