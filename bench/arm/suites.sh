#!/usr/bin/env bash
# Runs the tests of kernels, ops, builder, layers and machine, and the golden files of Keras,
# for arm64 under qemu: NEON and plain Go. Takes about ten minutes.
set -euo pipefail
cd "$(dirname "$0")/../.."
qemu="qemu-aarch64-static" # from Debian's qemu-user-static
command -v "$qemu" >/dev/null || { echo "SKIPPED: no $qemu"; exit 0; }
binary=$(mktemp)
trap 'rm -f "$binary"' EXIT
export CGO_ENABLED=0
for package in internal/kernels internal/ops internal/builder internal/builder/layer internal/machine internal; do
  run=.
  [ "$package" != internal ] || run=Keras # its other tests read the sources
  echo "$package"
  GOARCH=arm64 go test -c -o "$binary" "./$package"
  (cd "$package" && "$qemu" "$binary" -test.short -test.timeout 30m -test.run "$run")
done
