import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const packages = fileURLToPath(new URL('../../../packages', import.meta.url));
const dependencies: ReadonlyMap<string, readonly string[]> = new Map(
  readdirSync(packages).map((name) => {
    const manifest = JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8')) as { dependencies?: Record<string, string> };
    return [`@solo-kubelet/${name}`, Object.keys(manifest.dependencies ?? {})] as const;
  }),
);

/** Those that make calls by gRPC, and those that stand on them. */
const WITH_GRPC = [
  'control-plane',
  'cri-client',
  'device-plugins',
  'kube-api',
  'kubelet',
  'kubelet-cli',
  'node-api',
  'reconciler',
  'standalone-node',
  'test-cluster',
];

/** What comes along when a package is installed, as far as this project says so. */
const installed = (name: string, seen = new Set<string>()): ReadonlySet<string> => {
  for (const one of dependencies.get(name) ?? []) {
    if (seen.has(one)) continue;
    seen.add(one);
    installed(one, seen);
  }
  return seen;
};

it('gRPC, of which 30 more packages come, is installed with none but those that need it', () => {
  const withGrpc = [...dependencies.keys()].filter((name) => installed(name).has('@grpc/grpc-js')).sort();
  expect(withGrpc.map((name) => name.slice('@solo-kubelet/'.length))).toEqual(WITH_GRPC);
});
