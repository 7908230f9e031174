#!/usr/bin/env bash
# Builds the program for every system into a folder, with SHA256SUMS. Builds are reproducible:
# the same commit and the same Go version give the same bytes.
#
#   scripts/release.sh dist
#   TARGETS="linux/amd64 windows/arm64" scripts/release.sh dist
set -euo pipefail

[ $# -eq 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
[ -z "$(git status --porcelain)" ] || echo "$0: there are changes that are not committed; the version will say so" >&2

export CGO_ENABLED=0 GOFLAGS='' GOAMD64=v1 GOARM64=v8.0
for target in ${TARGETS:-linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64}; do
  os=${target%/*} arch=${target#*/} suffix=
  [ "$os" != windows ] || suffix=.exe
  program=$out/cnntrain-$os-$arch$suffix
  GOOS=$os GOARCH=$arch go build -trimpath -buildvcs=true -ldflags='-s -w' -o "$program" ./cmd/cnntrain
  go version -m "$program" | grep -q vcs.revision ||
    { echo "$0: go finds no commit here; it wants a clone of its own, not a git worktree" >&2; exit 1; }
done
cp docs/cnntrain.1 "$out/"

cd "$out"
if command -v sha256sum >/dev/null; then sum=(sha256sum); else sum=(shasum -a 256); fi
"${sum[@]}" cnntrain* >SHA256SUMS
echo "$(go version | cut -d ' ' -f 3): $out" >&2
cat SHA256SUMS
