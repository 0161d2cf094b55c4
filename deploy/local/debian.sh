#!/usr/bin/env bash
# Runs a command on a newer Debian (`$DEBIAN`), whose RabbitMQ and CPython are newer than this machine's: in a folder of
# its own below .local, with this tree at its usual place and a .venv of that Debian's Python. As root on Debian.
set -euo pipefail
cd "$(dirname "$0")/../.."
ROOT=$PWD
FOLDER=$ROOT/.local/debian/$DEBIAN
PATH="$PATH:/usr/sbin:/sbin"

skip() {
  echo "跳过 skipped: $1" >&2
  exit 0
}

make_folder() {
  local mirror script=/usr/share/debootstrap/scripts/$DEBIAN
  [ -x /usr/sbin/debootstrap ] || apt-get install -y -qq --no-install-recommends debootstrap >/dev/null </dev/null
  # The mirror of this machine's own packages.
  # shellcheck disable=SC2016 # apt expands it
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1)
  [ -n "$mirror" ] || skip "apt knows no mirror of Debian; run apt-get update"
  [ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid # for releases younger than debootstrap
  echo "Making Debian $DEBIAN …"
  rm -rf --one-file-system "$FOLDER"
  mkdir -p "$FOLDER"
  debootstrap --variant=minbase --include=rabbitmq-server,python3-venv \
    "$DEBIAN" "$FOLDER" "$mirror" "$script" >"$FOLDER.log" 2>&1 || {
    tail -n 5 "$FOLDER.log" >&2
    exit 1
  }
  echo 'Acquire::Check-Valid-Until "false";' >"$FOLDER/etc/apt/apt.conf.d/snapshot" # a mirror may stand still
  touch "$FOLDER/made"
}

if [ "$(id -u)" != 0 ] || ! [ -e /etc/debian_version ] || ! command -v apt-get >/dev/null; then
  skip "Debian $DEBIAN beside this system needs root on Debian"
fi
unshare --mount true 2>/dev/null || skip "no right to mount"
mkdir -p .venv .local/debian
exec 9>.local/debian/lock
flock 9
[ -e "$FOLDER/made" ] || make_folder
cp /etc/resolv.conf "$FOLDER/etc/resolv.conf"
if [ -e /etc/pip.conf ]; then cp /etc/pip.conf "$FOLDER/etc/pip.conf"; fi # where this machine gets packages
mkdir -p "$FOLDER$ROOT" "$FOLDER/venv"
flock -u 9
exec 9>&-

# The mounts are this process's own, and end with it.
# shellcheck disable=SC2016 # the inner shells expand it
MOUNTS='
mount -t proc proc "$FOLDER/proc"
mount --rbind /dev "$FOLDER/dev"
mount --rbind /sys "$FOLDER/sys"
mount --bind /etc/ssl/certs "$FOLDER/etc/ssl/certs"
mount --bind "$ROOT" "$FOLDER$ROOT"
mount --bind "$FOLDER/venv" "$FOLDER$ROOT/.venv"
exec chroot "$FOLDER" sh -euc '\''cd "$0"; PYTHON=python3 deploy/local/install.sh; exec "$@"'\'' "$ROOT" "$@"'
export FOLDER ROOT DEBIAN PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
exec unshare --mount --propagation private sh -euc "$MOUNTS" sh "$@"
