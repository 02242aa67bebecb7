import { expect, it } from 'vitest';
import { decodeNodeSettings, nodeSettingsOf, shownNodeObject } from './node-object.js';

const reported = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node1', labels: { a: 'x', b: 'y' } }, spec: {} };

it('keeps what people said of a node over a restart', () => {
  const changed = { ...reported, metadata: { name: 'node1', labels: { a: 'z' } }, spec: { unschedulable: true } };
  const settings = decodeNodeSettings(JSON.stringify(nodeSettingsOf(changed, reported)));
  expect(shownNodeObject(reported, { before: undefined, settings, uid: 'u' })).toMatchObject({
    metadata: { labels: { a: 'z' } },
    spec: { unschedulable: true },
  });
});

it.each([
  'null',
  '[]',
  '1',
  '{"labels":5}',
  '{"labels":{"a":1}}',
  '{"taints":[null]}',
  '{"taints":{}}',
  '{"annotations":{"a":null}}',
  '{"unschedulable":1}',
])('%s is no record of a node', (text) => expect(() => decodeNodeSettings(text)).toThrow(/must be/));
