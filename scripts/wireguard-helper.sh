#!/usr/bin/env bash
# Puts the routers of Smart WiFi into the server's WireGuard interface. The only part that needs root, and so small:
# it reads a file that the service wrote, believes nothing of it, and hands what it checked to `wg syncconf`, which
# leaves the tunnels alone that did not change. The private key stays in /etc/wireguard, which the service cannot read.
#
#   wireguard-helper.sh INTERFACE PEERS-FILE TUNNEL-SUBNET LAN-POOL
#
# Refused, with the number of the line and nothing of its text: any line that is not one of a peer's; a key twice; an
# address outside of TUNNEL-SUBNET or the server's own; a LAN outside of LAN-POOL, or larger than a /22, or one that
# overlaps another's; a file that was cut short. Then the interface stays as it is.
set -euo pipefail
umask 077
export LC_ALL=C

fail() {
  printf 'wireguard-helper: %s\n' "$1" >&2
  exit 1
}

[ "$#" -eq 4 ] || fail 'usage: wireguard-helper.sh INTERFACE PEERS-FILE TUNNEL-SUBNET LAN-POOL'
interface="$1" peers="$2" tunnel="$3" pool="$4"
[[ "$interface" =~ ^[a-z][a-z0-9-]{0,14}$ ]] || fail 'INTERFACE is not an interface name'

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

# One copy, of a plain file only: what is checked is what is used, and no pipe can hold us up.
[ -f "$peers" ] && [ ! -L "$peers" ] || fail 'PEERS-FILE is not a plain file'
timeout 10 head -c 2000001 -- "$peers" >"$work/peers"
[ "$(wc -c <"$work/peers")" -le 2000000 ] || fail 'PEERS-FILE is too long'

awk -v tunnel="$tunnel" -v pool="$pool" '
function die(why) { printf "line %d: %s\n", NR, why; failed = 1; exit 1 }
function ip(text,   part, n, i, value) {
  n = split(text, part, ".")
  if (n != 4) return -1
  value = 0
  for (i = 1; i <= 4; i++) {
    if (part[i] !~ /^(0|[1-9][0-9]?[0-9]?)$/ || part[i] + 0 > 255) return -1
    value = value * 256 + part[i]
  }
  return value
}
# Sets first, last and bits; false for host bits and nonsense.
function network(text,   part) {
  if (split(text, part, "/") != 2 || part[2] !~ /^[0-9][0-9]?$/ || part[2] + 0 > 32) return 0
  first = ip(part[1]); bits = part[2] + 0
  if (first < 0 || first % (2 ^ (32 - bits)) != 0) return 0
  last = first + 2 ^ (32 - bits) - 1
  return 1
}
function key(text) { return text ~ /^[A-Za-z0-9+\/]+=$/ && length(text) == 44 && text !~ /^A+=$/ }
function allowed(text,   part, n, i) {
  n = split(text, part, ", ")
  if (n < 1 || n > 2) die("one tunnel address and at most one LAN")
  if (!network(part[1]) || bits != 32) die("not a /32")
  if (first <= tunnelFirst + 1 || first >= tunnelLast) die("not a router of the tunnel")
  # Small numbers only: mawk rounds large ones when they become the name of an element.
  i = first - tunnelFirst
  if (i in seenAddress) die("an address twice")
  seenAddress[i] = 1
  if (n == 1) return
  if (!network(part[2]) || bits < 22 || bits > 28) die("not a village LAN")
  if (first < poolFirst || last > poolLast) die("a LAN outside of the pool")
  # Blocks of /28: small enough that two networks overlap only where they share one.
  for (i = (first - poolFirst) / 16; i <= (last - poolFirst) / 16; i++) {
    if (i in seenBlock) die("a LAN that overlaps another")
    seenBlock[i] = 1
  }
}
BEGIN {
  failed = 0
  if (!network(tunnel)) { print "TUNNEL-SUBNET is not a network"; failed = 1; exit 1 }
  tunnelFirst = first; tunnelLast = last
  if (!network(pool)) { print "LAN-POOL is not a network"; failed = 1; exit 1 }
  poolFirst = first; poolLast = last
  want = "head"; count = 0
}
want == "head" { if ($0 != "# smart-wifi peers 1") die("not a file of peers"); want = "peer"; next }
want == "peer" && $0 == "[Peer]" { if (++count > 4096) die("too many peers"); want = "name"; next }
want == "peer" && $0 == "# end " count { want = "over"; next }
want == "name" && /^# [A-Za-z0-9-]+$/ && length($0) <= 65 { want = "public"; next }
want == "public" && /^PublicKey = / {
  if (!key(substr($0, 13))) die("not a key")
  if (substr($0, 13) in seenKey) die("a key twice")
  seenKey[substr($0, 13)] = 1
  want = "psk"; next
}
want == "psk" && /^PresharedKey = / { if (!key(substr($0, 16))) die("not a key"); want = "allowed"; next }
want == "allowed" && /^AllowedIPs = / { allowed(substr($0, 14)); want = "peer"; next }
{ die("not what must stand here") }
END { if (!failed && want != "over") { print "the file was cut short"; exit 1 } }
' "$work/peers" >"$work/why" || fail "PEERS-FILE refused, nothing was changed: $(head -n 1 "$work/why")"

# The interface's own section (private key, port) is root's; peers that stand there go.
wg-quick strip "$interface" | awk '/^\[/ { mine = ($0 == "[Interface]") } mine' >"$work/conf"
grep -q '^PrivateKey *=' "$work/conf" || fail "/etc/wireguard/$interface.conf has no PrivateKey"
cat "$work/peers" >>"$work/conf"
wg syncconf "$interface" "$work/conf"
printf 'wireguard-helper: %s has %d routers\n' "$interface" "$(grep -c '^\[Peer\]$' "$work/peers" || true)"
