import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageSources, packagesDirectory } from './package-sources.js';

const sources = packageSources().filter((path) => !path.includes('/testing/'));

/** What opens a path by its name, whatever is there: a FIFO holds up a thread for ever, a link leads elsewhere, a file has no end. */
const PLAIN = /^(readFile|readFileSync|createReadStream|open|openSync|openAsBlob|copyFile|copyFileSync|cp|cpSync)$/;

/** Which of these a text imports; `*` for a whole module of them. */
const plainOpens = (text: string): readonly string[] => [
  ...[...text.matchAll(/import (?!type)(?:\w+, )?\{([^}]*)\} from 'node:fs(?:\/promises)?'/g)].flatMap(([, names = '']) =>
    names
      .split(',')
      .map((name) => name.trim().split(' ')[0] ?? '')
      .filter((name) => PLAIN.test(name)),
  ),
  ...[...text.matchAll(/import (?!type)(?:\* as )?\w+(?:, \{[^}]*\})? from 'node:fs(?:\/promises)?'/g)].map(() => '*'),
];

/** Whose paths nobody else can replace, and why, for each file that opens some plainly. All others use @solo-kubelet/untrusted-files. */
const REASONS: Readonly<Record<string, readonly string[]>> = {
  'the helper itself': ['untrusted-files/src/disk-usage.ts', 'untrusted-files/src/open-regular.ts', 'untrusted-files/src/remove-tree.ts'],
  'files of the kernel in /proc and /sys, which answer at once': [
    'cni-invoker/src/process-kill.ts',
    'ingress-proxy/src/proxy/port-holder.ts',
    'kubelet/src/cpu/resource-managers.ts',
    'kubelet/src/eviction/node-readings.ts',
    'kubelet/src/process/file-lock.ts',
    'node-api/src/exec/container-processes.ts',
    'node-api/src/metrics/machine-metrics.ts',
    'node-api/src/metrics/process-metrics.ts',
    'node-stats/src/cgroups/measure-cgroups.ts',
    'node-stats/src/cgroups/network-measurements.ts',
    'node-stats/src/cgroups/pressure.ts',
    'node-stats/src/cgroups/process-measurements.ts',
    'node-stats/src/cgroups/read-cgroup.ts',
    'node-stats/src/cgroups/working-set.ts',
    'node-stats/src/summary/node-measurements.ts',
    'node-stats/src/summary/system-containers.ts',
    'node-stats/src/system-uuid.ts',
    'pod-environment/src/cgroups/cgroup-tree.ts',
    'pod-environment/src/machine-facts.ts',
    'pod-environment/src/mounts/mounter.ts',
    'reconciler/src/cri/node-facts.ts',
    'service-network/src/rx/prepare-kernel.ts',
    'service-network/src/rx/read-listeners.ts',
    'standalone-node/src/containerd/own-scope.ts',
    'standalone-node/src/containerd/processes.ts',
    'untrusted-files/src/own-processes.ts',
  ],
  'the program’s own files, and a directory that is judged first and that only its user and root can write; without a wait, and without a FIFO':
    ['kubelet-cli/src/start/code-cache.ts', 'kubelet-cli/src/start/run-bundled.ts'],
  'the machine’s own files below /etc and /sys, written by root': [
    'ingress-proxy/src/nginx/render-nginx.ts',
    'ingress-proxy/src/proxy/ca-bundle.ts',
    'kubelet/src/api/node-object.ts',
    'kubelet/src/node/read-machine.ts',
    'kubelet/src/services/node-ingress.ts',
    'pod-environment/src/container-files.ts',
    'standalone-node/src/doctor/examine-host.ts',
    'standalone-node/src/node/start-node.ts',
  ],
  'files that the administrator names in the configuration, a flag or a kubeconfig': [
    'kubelet/src/config/credential-providers.ts',
    'kubelet/src/config/configuration-files.ts',
    'node-api/src/auth/token-file.ts',
    'node-api/src/tls/client-ca.ts',
    'node-api/src/tls/serving-certificate.ts',
    'pod-environment/src/create-pod-environment.ts',
    'probe-mqtt/src/node-file.ts',
  ],
  'files of the kubelet in directories that only root may enter or write': [
    'cni-invoker/src/extra-networks/attachment-record.ts',
    'cni-invoker/src/result-cache.ts',
    'ingress-proxy/src/haproxy/served-record.ts',
    'ingress-proxy/src/nginx/nginx-process.ts',
    'ingress-proxy/src/nginx/nginx-record.ts',
    'ingress-proxy/src/proxy/own-certificates.ts',
    'ingress-proxy/src/proxy/proxy-process.ts',
    'kube-api/src/manifests/manifest-directory.ts',
    'kube-api/src/pki/node-ca.ts',
    'kube-api/src/pki/serving-pair.ts',
    'kube-api/src/serve/audit-log.ts',
    'kubelet/src/process/root-lock.ts',
    'kubelet/src/service-accounts/root-ca.ts',
    'kubelet/src/services/own-address.ts',
    'kubelet/src/services/remove-services.ts',
    'resource-managers/src/state-file.ts',
    'standalone-node/src/containerd/start-containerd.ts',
    'standalone-node/src/containerd/sweep.ts',
    'standalone-node/src/install/carry-out.ts',
    'state-files/src/file-layer.ts',
    'verified-source/src/images/blob-files.ts',
  ],
  'the program’s own files': [
    'kubelet-cli/src/version.ts',
    'standalone-node/src/images/image-layer.ts',
    'standalone-node/src/install/program-version.ts',
  ],
  'files that the user of a command names, with his own rights, in the foreground': [
    'api-server/src/http/load-objects.ts',
    'kubelet-cli/src/bundle/write-bundle.ts',
    'kubelet-cli/src/bundle/write-layout.ts',
    'kubelet-cli/src/changes/edit-object.ts',
    'kubelet-cli/src/changes/manifest-files.ts',
    'kubelet-cli/src/client/server-endpoint.ts',
    'kubelet-cli/src/commands/apply.ts',
    'kubelet-cli/src/commands/doctor-for.ts',
    'kubelet-cli/src/commands/install.ts',
    'kubelet-cli/src/commands/join.ts',
    'kubelet-cli/src/commands/leave.ts',
    'kubelet-cli/src/commands/secret-edit.ts',
    'kubelet-cli/src/commands/validate.ts',
  ],
  'opens without following or blocking, to look before it reads or to write': [
    'kubelet/src/event-sinks/file-sink.ts',
    'kubelet-cli/src/copy/pack-tree.ts',
    'kubelet-cli/src/copy/unpack-tree.ts',
    'pod-environment/src/volumes/open-beneath.ts',
    'pod-environment/src/volumes/sub-path.ts',
  ],
  'makes the file of a hostPath of type FileOrCreate, where nothing is yet': ['pod-environment/src/volumes/host-path.ts'],
};

const excepted = Object.values(REASONS).flat();

it('opens by @solo-kubelet/untrusted-files what containers, users or plugins can replace', () => {
  const found = sources.filter((path) => plainOpens(readFileSync(join(packagesDirectory, path), 'utf8')).length > 0);
  expect(found.filter((path) => !excepted.includes(path))).toEqual([]);
  expect(excepted.filter((path) => !found.includes(path))).toEqual([]); // a reason that nobody needs any more
  expect(new Set(excepted).size).toBe(excepted.length);
});

it.each([
  ["import { open } from 'node:fs/promises';", ['open']],
  ["import { constants, readFileSync } from 'node:fs';", ['readFileSync']],
  ["import {\n  type FileHandle,\n  readFile as read,\n} from 'node:fs/promises';", ['readFile']],
  ["import * as fs from 'node:fs';", ['*']],
  ["import fs, { stat } from 'node:fs/promises';", ['*']],
  ["import { type FileHandle, stat } from 'node:fs/promises';", []],
  ["import type { open } from 'node:fs';", []],
])('sees what %s opens', (text, opens) => expect(plainOpens(text)).toEqual(opens));
