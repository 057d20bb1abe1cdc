#!/bin/sh
# Makes the secrets of an installation, each in a file of its own; what is there is kept.
#   deploy/make-secrets.sh [FOLDER]      by default SECRETS_DIR, or `secrets` beside docker-compose.yaml
# The folder is for its owner alone. The files in it can be read by every user of a container that is given
# one, whatever number that user has on the server.
set -eu
folder=${1:-${SECRETS_DIR:-$(dirname "$0")/../secrets}}
umask 077
mkdir -p "$folder"
chmod 700 "$folder"
[ -e "$folder/.gitignore" ] || echo '*' >"$folder/.gitignore"

secret() { # NAME BYTES
    file=$folder/$1
    if [ -s "$file" ]; then
        echo "$file is kept"
        return
    fi
    od -An -N"$2" -tx1 /dev/urandom | tr -d ' \n' >"$file.part"
    echo >>"$file.part"
    chmod 644 "$file.part"
    mv "$file.part" "$file"
    echo "$file is made"
}

secret secret_key 32
secret broker_password 24
secret first_password 12
