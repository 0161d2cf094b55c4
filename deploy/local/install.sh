#!/usr/bin/env bash
# Installs what the suite needs: system packages (apt, when root), then the locked Python packages by hash.
# Safe to run twice, and beside itself; quiet when there is nothing to do.
set -euo pipefail
cd "$(dirname "$0")/../.."
mkdir -p .local
exec 9>.local/install.lock
flock 9

PYTHON=${PYTHON:-python3}
wanted=()
"$PYTHON" -c 'import ensurepip, venv' 2>/dev/null || wanted+=(python3-venv)
if [ -z "${AMQP_URL:-}" ] && ! ls -d /usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin >/dev/null 2>&1; then
  wanted+=(rabbitmq-server)
fi
if [ -z "${MONGODB_URL:-}" ] && ! ldconfig -p | grep -q 'libcurl\.so\.4'; then
  wanted+=(libcurl4)
fi

if [ ${#wanted[@]} -gt 0 ]; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "Please install: ${wanted[*]} (apt-get install ${wanted[*]}), or set MONGODB_URL and AMQP_URL." >&2
    exit 1
  fi
  echo "Installing ${wanted[*]} …"
  # Packages must not start system services: a policy that answers 101 says no, for the time of this install.
  policy=/usr/sbin/policy-rc.d
  kept=""
  if [ -e "$policy" ]; then kept=$(mktemp) && cp -p "$policy" "$kept"; fi
  restore() { if [ -n "$kept" ]; then mv -f "$kept" "$policy"; else rm -f "$policy"; fi; }
  trap restore EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${wanted[@]}" >.local/apt.log 2>&1 || { cat .local/apt.log >&2; exit 1; }
  restore
  trap - EXIT
fi

stamp=.venv/.lock.sha256
digest=$(sha256sum requirements.lock | cut -d' ' -f1)
if [ ! -e "$stamp" ] || [ "$(cat "$stamp")" != "$digest" ]; then
  echo "Installing Python packages …"
  [ -x .venv/bin/python ] || "$PYTHON" -m venv .venv
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
  echo "$digest" >"$stamp"
fi
