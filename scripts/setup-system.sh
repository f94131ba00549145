#!/usr/bin/env bash
# Installs the real components that the full test suite uses (Debian or Ubuntu, root). Safe to repeat:
# what is there is left alone. The daemons that new packages start are stopped and kept from starting,
# because the tests run their own and would find the ports taken.
set -euo pipefail

PACKAGES=(
  chromium unbound bind9-dnsutils prometheus prometheus-alertmanager freeradius freeradius-utils
  freeradius-postgresql postgresql python3-librouteros tshark nftables iproute2 dnsperf
)
# Those of them that start a daemon of the same name.
DAEMONS=(unbound prometheus prometheus-alertmanager freeradius postgresql)

fail() {
  echo "setup-system: $1" >&2
  exit 1
}

[ "$(id -u)" -eq 0 ] || fail 'needs root; run: sudo npm run setup:system'
command -v apt-get >/dev/null && command -v dpkg-query >/dev/null ||
  fail "needs Debian or Ubuntu (apt-get); install by hand: ${PACKAGES[*]}"

installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]
}

missing=()
kept=()
for package in "${PACKAGES[@]}"; do
  if installed "$package"; then kept+=("$package"); else missing+=("$package"); fi
done
if [ "${#missing[@]}" -eq 0 ]; then
  echo "setup-system: all ${#PACKAGES[@]} packages are installed"
  exit 0
fi
[ "${#kept[@]}" -eq 0 ] || echo "setup-system: already there: ${kept[*]}"

# invoke-rc.d asks this file before it starts anything; 101 = not allowed. This covers machines
# with and without systemd, and containers.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi

export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a APT_LISTCHANGES_FRONTEND=none
echo "setup-system: installing ${missing[*]}"
apt-get update -qq -o DPkg::Lock::Timeout=300
apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 \
  -o Dpkg::Options::=--force-confold "${missing[@]}"

# Only what came just now: a daemon that was there before runs because someone wants it.
for daemon in "${DAEMONS[@]}"; do
  [[ " ${missing[*]} " == *" $daemon "* ]] || continue
  if [ -d /run/systemd/system ]; then
    systemctl disable --now "$daemon" >/dev/null 2>&1 || true
  elif [ -x "/etc/init.d/$daemon" ]; then
    "/etc/init.d/$daemon" stop >/dev/null 2>&1 || true
  fi
done
echo "setup-system: installed ${#missing[@]} packages"
