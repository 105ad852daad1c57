#!/usr/bin/env bash
# Run a command with TEST_DATABASE_URL naming a PostgreSQL server of its own, which ends with the command.
set -euo pipefail

bin=$(dirname "$(command -v initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -n 1)")
folder=$(mktemp -d /tmp/germane-postgresql-XXXXXX)
# The server refuses to run as root.
run() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
finish() { run "$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$folder"; }
trap finish EXIT

[ "$(id -u)" != 0 ] || chown postgres "$folder"
run "$bin/initdb" -D "$folder/data" -U germane -A trust --encoding UTF8 --locale C.UTF-8 >/dev/null
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
run "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/log" \
  -o "-p $port -h 127.0.0.1 -k $folder -c fsync=off" start >/dev/null || { cat "$folder/log"; exit 1; }
TEST_DATABASE_URL="postgresql://germane@127.0.0.1:$port/postgres" "$@"
