#!/usr/bin/env bash
# Tool: kubectl 1.20.2 (Debian 12's kubernetes-client 1.20.5+really1.20.2-1.1+deb12u1); seen with 1.32 as well.
# Expected: `kubectl describe` of an object that does not change prints the same text each time, as `kubectl get -o yaml` does, so that two runs can be
#           compared.
# Seen: the keys of a ConfigMap's data come in another order from run to run, and so two runs of one command mostly differ.
# Source of the behaviour: staging/src/k8s.io/kubectl/pkg/describe/describe.go, describeConfigMap walks `configMap.Data`, a Go map, whose order is
#       random by the language's definition; labels and annotations of the same text are sorted.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"; [ -z "${server:-}" ] || kill "$server"' EXIT; cd "$dir"
version=1.20.5+really1.20.2-1.1+deb12u1
apt-get download -qq "kubernetes-client=$version" >/dev/null
dpkg -x kubernetes-client_*.deb kubectl
cat > server.cjs <<'JS'
const { createServer } = require('node:http');
const letters = [...'abcdefgh'];
const named = (name, kind) => ({ name, singularName: '', namespaced: true, kind, verbs: ['get', 'list'] });
const answers = {
  '/api': { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] },
  '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [] },
  '/api/v1': { kind: 'APIResourceList', groupVersion: 'v1', resources: [named('configmaps', 'ConfigMap'), named('events', 'Event')] },
  '/api/v1/namespaces/default/configmaps/same': {
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: { name: 'same', namespace: 'default', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
    data: Object.fromEntries(letters.map((letter) => [letter, 'x'])),
  },
  '/api/v1/namespaces/default/events': { kind: 'EventList', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items: [] },
};
createServer((request, response) => {
  const found = answers[request.url.split('?')[0]];
  response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' });
  response.end(JSON.stringify(found ?? { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404 }));
}).listen(0, '127.0.0.1', function () {
  console.log(this.address().port);
});
JS
mkfifo port; node server.cjs > port & server=$!
read -r port < port
run() { HOME="$dir" KUBECONFIG=/dev/null ./kubectl/usr/bin/kubectl --server "http://127.0.0.1:$port" "$@"; }
orders() { for _ in $(seq 12); do "$@" | grep -xE '[a-h]:' | tr -d ':\n'; echo; done | sort -u; }
yaml() { run get configmap same -o yaml | sed -nE 's/^  ([a-h]): x$/\1:/p'; }
described=$(orders run describe configmap same)
printed=$(orders yaml)
echo "orders of eight keys in twelve runs of describe: $(wc -l <<< "$described"), such as $(head -1 <<< "$described")"
echo "orders of eight keys in twelve runs of get -o yaml: $(wc -l <<< "$printed"), $printed"
[ "$printed" = abcdefgh ] && [ "$(wc -l <<< "$described")" -gt 1 ]
