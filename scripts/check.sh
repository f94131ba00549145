#!/usr/bin/env bash
# What must hold before a commit: formatting, lint and types, side by side, then the unit tests.
# Each is run and shown whole, whatever became of the others. Run it as `npm run check`.
set -uo pipefail
cd "$(dirname "$0")/.."

out="$(mktemp -d)"
trap 'rm -rf "$out"' EXIT
declare -A pids
failed=()

start() { # name command...
  local name="$1"
  shift
  "$@" >"$out/$name" 2>&1 &
  pids[$name]=$!
}

start biome biome check --error-on-warnings .
start oxlint oxlint --type-aware --deny-warnings
start tsc tsc

for name in biome oxlint tsc; do
  wait "${pids[$name]}" || failed+=("$name")
  printf '== %s\n' "$name"
  cat "$out/$name"
done

printf '== unit tests\n'
vitest run --project unit || failed+=('unit tests')

if [ "${#failed[@]}" -gt 0 ]; then
  printf 'check: failed: %s\n' "${failed[@]}" >&2
  exit 1
fi
