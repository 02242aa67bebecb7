import { expect, it } from 'vitest';
import { askCore } from '../testing/ask-core.js';

type Ask = ReturnType<typeof askCore>;

const withRange = (ask: Ask, limits: object[], name = 'l') =>
  expect(ask('POST', 'limitranges', { metadata: { name }, spec: { limits } }).code).toBe(201);
const pod = (resources: readonly object[], rest: object = {}) => ({
  metadata: { name: 'p' },
  spec: { containers: resources.map((each, i) => ({ name: `c${i}`, image: 'i:1', resources: each })), ...rest },
});

it('what several containers lack is said once', () => {
  const ask = askCore();
  withRange(ask, [{ type: 'Container', maxLimitRequestRatio: { cpu: '2' } }]);
  expect(ask('POST', 'pods', pod([{}, {}])).value.message).toBe(
    'pods "p" is forbidden: cpu max limit to request ratio per Container is 2, but no request is specified or request is 0',
  );
});

it('the note of the last range that gave something stays', () => {
  const ask = askCore();
  withRange(ask, [{ type: 'Container', defaultRequest: { cpu: '1' } }], 'a');
  withRange(ask, [{ type: 'Container', defaultRequest: { memory: '1Gi' } }], 'b');
  withRange(ask, [{ type: 'Container', defaultRequest: { memory: '2Gi' } }], 'c');
  const { metadata, spec } = ask('POST', 'pods', pod([{}])).value;
  expect(spec.containers[0].resources.requests).toEqual({ cpu: '1', memory: '1Gi' });
  expect(metadata.annotations['kubernetes.io/limit-ranger']).toBe('LimitRanger plugin set: memory request for container c0');
});

it('claims must ask for what has a bound, when they are made and when they change', () => {
  const ask = askCore();
  withRange(ask, [{ type: 'PersistentVolumeClaim', max: { storage: '5Gi' }, min: { 'example.com/x': '1' } }]);
  const claim = (storage: string) => ({
    metadata: { name: 'c' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
  });
  expect(ask('POST', 'persistentvolumeclaims', claim('6Gi')).value.message).toBe(
    'persistentvolumeclaims "c" is forbidden: [minimum example.com/x usage per PersistentVolumeClaim is 1.  No request is specified, maximum storage usage per PersistentVolumeClaim is 5Gi, but request is 6Gi]',
  );
});

it('what a Pod is worth is said before what its limits are', () => {
  const ask = askCore();
  withRange(ask, [{ type: 'Container', max: { cpu: '1' } }]);
  expect(ask('POST', 'pods', pod([{ requests: { cpu: '4' }, limits: { cpu: '3' } }])).code).toBe(422);
});

it('a resize is held against the ranges too', () => {
  const ask = askCore();
  expect(ask('POST', 'pods', pod([{ requests: { cpu: '1' } }])).code).toBe(201);
  withRange(ask, [{ type: 'Container', maxLimitRequestRatio: { cpu: '2' } }]);
  const resources = { requests: { cpu: '1' }, limits: { cpu: '3' } };
  const headers = { 'content-type': 'application/strategic-merge-patch+json' };
  const answer = ask('PATCH', 'pods/p/resize', { spec: { containers: [{ name: 'c0', resources }] } }, headers);
  expect([answer.code, answer.value.message]).toEqual([
    403,
    'pods "p" is forbidden: cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000',
  ]);
});
