import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageSources, packagesDirectory } from './package-sources.js';

const sources = packageSources()
  .filter((path) => !path.includes('/testing/'))
  .map((path) => ({ path, text: readFileSync(join(packagesDirectory, path), 'utf8') }));
const thatSay = (is: (text: string) => boolean): readonly string[] => sources.filter(({ text }) => is(text)).map(({ path }) => path);

/** Whether a text is given to the package `yaml`, which recurses for every level of it, and nothing asks first how deep it is. */
const composesUnasked = (text: string): boolean =>
  /(?:from|import\(|require\()\s?'yaml'/.test(text) &&
  /\b(?:parse|parseDocument|parseAllDocuments)\(/.test(text) &&
  !/\b(?:yamlFault|checkYaml)\(/.test(text);

it('asks how deep a text is before the package yaml composes it', () =>
  expect(thatSay(composesUnasked)).toEqual([
    'kubelet-cli/src/commands/validate-policy.ts', // JSON that it printed itself
  ]));

it.each([
  ["import { parse } from 'yaml';\nparse(text);", true],
  ["const yaml = await import('yaml');\nyaml.parseAllDocuments(text)", true],
  ["import { Lexer, Parser, parse } from 'yaml';\ncheckYaml(text, { Lexer, Parser });\nparse(text);", false],
  ["import { stringify } from 'yaml';\nstringify(value)", false],
])('sees whether %j composes unasked', (text, unasked) => expect(composesUnasked(text)).toBe(unasked));

/** What is parsed plainly, and why nothing recurses over it. All else is parsed by `parseBoundedJson`. */
const REASONS: Readonly<Record<string, readonly string[]>> = {
  'the helper itself': ['diagnostics/src/nesting/bounded-json.ts'],
  'has asked how deep it is, or asks next': [
    'api-patch/src/fields/path-element.ts',
    'api-patch/src/managed/last-applied.ts',
    'api-protobuf/src/envelope.ts',
    'api-protobuf/src/special-messages.ts',
    'cni-invoker/src/json.ts',
    'object-spec/src/kinds/secret.ts',
    'pod-spec/src/validation/annotated-tolerations.ts',
    'verified-source/src/tuf/reason-of-tuf.ts',
  ],
  'is one text in quotes': ['api-patch/src/json/decode-json.ts', 'api-server/src/decode/decode-struct.ts'],
  'is what this program wrote itself a moment ago': [
    'api-server/src/http/load-objects.ts',
    'cni-invoker/src/cni-result.ts',
    'cni-invoker/src/network-config.ts',
    'kubelet-cli/src/changes/taken-up.ts',
    'kubelet/src/process/create-logger.ts',
    'test-cluster/src/controllers/controller-api.ts',
  ],
  'is a file of the program': ['kubelet-cli/src/version.ts', 'pod-spec/src/explain/pod-json-schema.ts'],
  'takes fields by their names, and keeps nothing else': [
    'api-server/src/http/token-keys.ts',
    'cluster-client/src/cluster-info.ts',
    'cluster-client/src/core/refusal.ts',
    'cri-client/src/streaming/remote-command.ts',
    'ingress-proxy/src/haproxy/served-record.ts',
    'ingress-proxy/src/nginx/nginx-record.ts',
    'kube-api/src/pki/kubeconfig.ts',
    'kubelet-cli/src/commands/kubeconfig.ts',
    'kubelet/src/admission/policy-file.ts',
    'kubelet/src/event-sinks/core/otlp-logs.ts',
    'kubelet/src/networks/runtime-network.ts',
    'kubelet/src/runtime/runtime-facts.ts',
    'kubelet/src/service-accounts/signing-keys.ts',
    'kubelet/src/shutdown/logind.ts',
    'kubelet/src/shutdown/shutdown-state.ts',
    'pod-environment/src/core/id-ranges.ts',
    'pod-spec/src/report/validate-batch-line.ts',
    'reconciler/src/cri/images/docker-config-credentials.ts',
    'reconciler/src/cri/map-observed.ts',
    'reconciler/src/cri/sandbox-network.ts',
    'service-network/src/rx/address-record.ts',
    'service-network/src/rx/allocation-store.ts',
    'service-network/src/rx/announce-addresses.ts',
    'service-network/src/rx/left-routes.ts',
    'service-network/src/rx/see-interface.ts',
    'verified-source/src/offers.ts',
    'verified-source/src/tuf/tuf-repository.ts',
  ],
};

const excepted = Object.values(REASONS).flat();

it('bounds how deep JSON from outside nests, before anything recurses over it', () => {
  const found = thatSay((text) => text.includes('JSON.parse('));
  expect(found.filter((path) => !excepted.includes(path))).toEqual([]);
  expect(excepted.filter((path) => !found.includes(path))).toEqual([]); // a reason that nobody needs any more
  expect(new Set(excepted).size).toBe(excepted.length);
});
