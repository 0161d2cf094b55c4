#!/usr/bin/env bash
# Prints where promtool is. Where it is not on PATH, Debian's package is unpacked into .local: nothing is installed, and
# no service is started.
set -euo pipefail
cd "$(dirname "$0")/../.."
if command -v promtool; then exit 0; fi
folder=$PWD/.local/prometheus
tool=$folder/usr/bin/promtool
mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9
if ! [ -x "$tool" ]; then
  cd "$folder"
  apt-get download prometheus >apt.log 2>&1 || { apt-get update && apt-get download prometheus; } >apt.log 2>&1 || {
    echo "promtool cannot be fetched: $(tail -n 3 apt.log)" >&2
    exit 1
  }
  dpkg -x prometheus_*.deb .
  rm prometheus_*.deb
fi
echo "$tool"
