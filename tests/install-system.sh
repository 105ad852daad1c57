#!/usr/bin/env bash
# What the tests need from the system: Chromium for the browser tests, PostgreSQL for the catalog's. Takes what is there.
set -euo pipefail

missing=()
if ! { command -v "${CHROMIUM:-chromium}" || command -v chromium-browser || command -v google-chrome; } >/dev/null; then
  missing+=(chromium fonts-noto-core)
fi
if ! compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null && ! command -v initdb >/dev/null; then
  missing+=(postgresql)
fi
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
  echo "The tests need Chromium (or its program's name in CHROMIUM) and PostgreSQL: install ${missing[*]}." >&2
  exit 1
fi
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo"
echo "Installing ${missing[*]} …"
$as_root apt-get update -qq
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
