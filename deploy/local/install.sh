#!/usr/bin/env bash
# Installs what the suite needs: system packages (apt, when root), then the locked Python packages by hash.
# Safe to run twice, and beside itself; silent when there is nothing to do.
set -euo pipefail
cd "$(dirname "$0")/../.."
mkdir -p .local
PATH="$PATH:/usr/sbin:/sbin"
PYTHON=${PYTHON:-python3}
MACHINE_LOCK=/run/guopei-graph-install.lock
POLICY=/usr/sbin/policy-rc.d
KEPT_POLICY=$POLICY.before-guopei-graph

fail() {
  echo "$1" >&2
  exit 1
}

# What is missing, into `wanted`; nothing is asked for where a URL names a server that exists already.
look() {
  wanted=()
  "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null || wanted+=(python3-venv)
  if [ -z "${AMQP_URL:-}" ] && ! command -v rabbitmq-server >/dev/null &&
    ! ls -d /usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin >/dev/null 2>&1; then
    wanted+=(rabbitmq-server)
  fi
  if [ -z "${MONGODB_URL:-}" ] && ! ldconfig -p 2>/dev/null | grep 'libcurl\.so\.4' >/dev/null; then
    wanted+=(libcurl4)
  fi
  # Two drills restart gateways behind these proxies, and one test drives this browser; where they cannot be installed,
  # only those fail or are skipped.
  if [ -n "${FOR_TESTS:-}" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    command -v nginx >/dev/null || wanted+=(nginx-light)
    command -v haproxy >/dev/null || wanted+=(haproxy)
    command -v chromium >/dev/null || wanted+=(chromium)
  fi
  # Without them everything but the pages of certificates works, so who is not root goes on without.
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    look_for_fonts
    wanted+=("${fonts[@]}")
  fi
}

# The Debian packages of the fonts of certificates (ADR 53), into `fonts`, as far as they are missing.
look_for_fonts() {
  fonts=()
  [ -e /usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc ] || fonts+=(fonts-noto-cjk)
  [ -e /usr/share/fonts/truetype/babelstone/BabelStoneHan.ttf ] || fonts+=(fonts-babelstone-han)
  [ -e /usr/share/fonts/truetype/hanazono/HanaMinB.ttf ] || fonts+=(fonts-hanazono)
}

# Packages must not start system services: a policy that answers 101 says no, for the time of this install.
# The machine's own policy rests beside it, so that it comes back even after a kill.
forbid_services() {
  if [ ! -e "$KEPT_POLICY" ]; then
    if [ -e "$POLICY" ]; then mv "$POLICY" "$KEPT_POLICY"; else touch "$KEPT_POLICY"; fi
  fi
  printf '#!/bin/sh\nexit 101\n' >"$POLICY"
  chmod 755 "$POLICY"
}

allow_services() {
  if [ -s "$KEPT_POLICY" ]; then mv -f "$KEPT_POLICY" "$POLICY"; else rm -f "$POLICY" "$KEPT_POLICY"; fi
}

install_packages() {
  echo "Installing ${wanted[*]} …"
  trap allow_services EXIT
  forbid_services
  export DEBIAN_FRONTEND=noninteractive
  {
    apt-get -o DPkg::Lock::Timeout=300 update -qq &&
      apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "${wanted[@]}"
  } >.local/apt.log 2>&1 8>&- 9>&- </dev/null || fail "apt-get failed: $(tail -n 20 .local/apt.log)"
  allow_services
  trap - EXIT
}

install_python() {
  local digest stamp=.venv/.lock.sha256
  digest=$(sha256sum requirements.lock | cut -d' ' -f1)
  if [ "$(cat "$stamp" 2>/dev/null)" = "$digest" ] && .venv/bin/python -c '' 2>/dev/null; then return; fi
  "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "Python 3.11 or later is needed."
  echo "Installing Python packages …"
  .venv/bin/python -m pip --version >/dev/null 2>&1 || "$PYTHON" -m venv --clear .venv
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
  echo "$digest" >"$stamp"
}

exec 9>.local/install.lock
flock 9
look
look_for_fonts
if [ ${#fonts[@]} -gt 0 ] && { [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; }; then
  # Nothing but the drawing of pages needs them, and it says the same.
  echo "Certificates cannot be drawn: as root, apt-get install ${fonts[*]}" >&2
fi
if [ ${#wanted[@]} -gt 0 ] || [ -e "$KEPT_POLICY" ]; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    fail "Please install ${wanted[*]} (as root: apt-get install ${wanted[*]}), or set MONGODB_URL and AMQP_URL."
  fi
  exec 8>"$MACHINE_LOCK" # another clone may be installing too
  flock 8
  if [ -e "$KEPT_POLICY" ]; then allow_services; fi # an install was killed before it could
  look
  if [ ${#wanted[@]} -gt 0 ]; then install_packages; fi
  exec 8>&-
fi
install_python
