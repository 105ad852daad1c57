#!/usr/bin/env bash
# The browser tests need Chromium and nginx serves the benchmark's peer: take what is there, else install it.
set -euo pipefail

if command -v "${CHROMIUM:-chromium}" >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; then
  exit 0
fi
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo"
if command -v apt-get >/dev/null; then
  echo "Installing Chromium …"
  $as_root apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends chromium fonts-noto-core >/dev/null
else
  echo "The browser tests need Chromium: install it, or name its program in CHROMIUM." >&2
  exit 1
fi
