import { parseMixedManifest } from '@solo-kubelet/object-spec';
import { describe, expect, it } from 'vitest';
import { initialState } from '../src/core/source-state.js';
import { takeListing } from '../src/core/take-listing.js';
import { emptyObjectStore, listObjects, type ManifestEvent, reduceObjects } from '../src/index.js';
import { say } from './say.js';

const rules = {
  parse: parseMixedManifest,
  nodeName: 'n',
  settleMs: 1_000,
  removalSettleMs: 100,
  replacementSettleMs: 5_000,
  failedRecheckMs: 1_000,
};

/** What a file says, text after text, and what ConfigMaps are there in the end. */
const read = (...texts: readonly string[]) => {
  let state = initialState('file', '/m');
  let events: ManifestEvent[] = [];
  let store = emptyObjectStore;
  for (const [i, text] of texts.entries()) {
    events = [];
    // Twice, ten seconds apart: a failure is believed by then.
    for (const atMs of [i * 20_000, i * 20_000 + 10_000]) {
      const content = { type: 'text' as const, text: new TextEncoder().encode(text), digest: `${i}`, modifiedAtMs: 0 };
      const step = takeListing(
        state,
        { type: 'listed', kind: 'directory', directoryId: '1', atMs, entries: [{ path: '/m/a.yaml', content }] },
        rules,
      );
      state = step.state;
      events.push(...step.events);
    }
    store = events.reduce(reduceObjects, store);
  }
  return { events, told: events.map(say), configMaps: listObjects(store, 'ConfigMap') };
};

const neighbour = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: neighbour}\ndata: {a: "1"}\n---\n';
const secret = (value: string): string => `apiVersion: v1\nkind: Secret\nmetadata: {name: key}\ndata:\n  token: ${value}\n`;
const deployment = (label: string): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: ${label}}}\n    spec: {containers: [{name: app, image: "a:1"}]}\n`;
const configMap = (bytes: number): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: big}\ndata: {a: "${'x'.repeat(bytes)}"}\n`;

describe('an object that an API server would refuse', () => {
  it.each<[string, string, string, string]>([
    ['a Secret with bad base64', secret('bm8='), secret('no!'), '/m/a.yaml:10:10: data[token]: the value is no base64'],
    [
      'a Deployment whose selector does not match',
      deployment('web'),
      deployment('other'),
      '/m/a.yaml:12:16: spec.template.metadata.labels: Invalid value: {"app":"other"}: `selector` does not match template `labels`',
    ],
    [
      'a ConfigMap of 1 MiB and 1 byte',
      configMap(1_048_576),
      configMap(1_048_577),
      '/m/a.yaml:6:1: : Too long: may not be more than 1048576 bytes',
    ],
  ])(
    '%s is refused with its place, its last good version counts, and its neighbour of the file is left alone',
    (_what, good, bad, message) => {
      const first = read(`${neighbour}${bad}`);
      expect(first.told).toEqual(['object a.yaml ConfigMap/neighbour', `rejected a.yaml#1 ${message}`, 'synced']);
      const edited = read(`${neighbour}${good}`, `${neighbour}${bad}`);
      expect(edited.told).toEqual([`rejected a.yaml#1 stale ${message}`]);
      expect(edited.configMaps.map(({ metadata }) => metadata.name)).toContain('neighbour');
    },
  );

  it('a ConfigMap of 5,000 keys is taken', () => {
    const keys = Array.from({ length: 5_000 }, (_, i) => `  key-${i}: "${i}"\n`).join('');
    const { told, configMaps } = read(`apiVersion: v1\nkind: ConfigMap\nmetadata: {name: many}\ndata:\n${keys}`);
    expect(told).toEqual(['object a.yaml ConfigMap/many', 'synced']);
    expect(Object.keys(configMaps[0]?.data ?? {})).toHaveLength(5_000);
  });
});
