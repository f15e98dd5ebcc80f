#!/bin/sh
# Build the API server and kwok for tests once, into .build/apiserver; quick the second time.
#
# Nothing is built where KUBEBUILDER_ASSETS names a folder with kube-apiserver and etcd, except
# kwok. Go's own caches make a rebuild after a change of main.go a matter of seconds.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$(cd "$here/../.." && pwd)/.build/apiserver
kwok_version=v0.7.0
mkdir -p "$out"

command -v go >/dev/null || {
  echo "Go 1.26 or newer is needed to build the API server for tests: https://go.dev/dl" >&2
  exit 1
}

if [ -n "${KUBEBUILDER_ASSETS:-}" ] && [ -x "$KUBEBUILDER_ASSETS/kube-apiserver" ]; then
  echo "using kube-apiserver of $KUBEBUILDER_ASSETS"
else
  stamp=$(cat "$here"/server/go.mod "$here"/server/go.sum "$here"/server/main.go | sha256sum | cut -c1-16)
  if [ ! -x "$out/apiserver" ] || [ "$(cat "$out/apiserver.stamp" 2>/dev/null)" != "$stamp" ]; then
    echo "building the API server (about five minutes on two cores, once)"
    (cd "$here/server" && go build -trimpath -ldflags='-s -w' -o "$out/apiserver" .)
    echo "$stamp" > "$out/apiserver.stamp"
  fi
fi

if [ ! -x "$out/kwok" ] || [ "$(cat "$out/kwok.stamp" 2>/dev/null)" != "$kwok_version" ]; then
  echo "building kwok (about two minutes on two cores, once)"
  (cd / && GOBIN="$out" go install -trimpath -ldflags='-s -w' "sigs.k8s.io/kwok/cmd/kwok@$kwok_version")
  echo "$kwok_version" > "$out/kwok.stamp"
fi
