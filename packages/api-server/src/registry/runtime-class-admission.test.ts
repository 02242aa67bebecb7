import { expect, it } from 'vitest';
import { askCore } from '../testing/ask-core.js';
import { mergeTolerations } from './merge-tolerations.js';

const CLASSES = '/apis/node.k8s.io/v1/runtimeclasses';
const pod = (spec: object) => ({ metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i:1' }], ...spec } });

it('costs are compared as quantities', () => {
  const ask = askCore();
  ask('POST', CLASSES, { metadata: { name: 'r' }, handler: 'h', overhead: { podFixed: { cpu: '1' } } });
  expect(ask('POST', 'pods?dryRun=All', pod({ runtimeClassName: 'r', overhead: { cpu: '1000m' } })).code).toBe(201);
  expect(ask('POST', 'pods', pod({ runtimeClassName: 'r', overhead: { cpu: '2' } })).value.message).toBe(
    `pods "p" is forbidden: pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead`,
  );
});

it('a class that says nothing in its costs takes no Pod that says some', () => {
  const ask = askCore();
  ask('POST', CLASSES, { metadata: { name: 'r' }, handler: 'h', overhead: {} });
  expect(ask('POST', 'pods', pod({ runtimeClassName: 'r', overhead: { cpu: '1' } })).value.message).toContain("doesn't match");
});

it('a Pod without a class has no costs, and an empty name of one is never asked for', () => {
  const ask = askCore();
  expect(ask('POST', 'pods', pod({ overhead: { cpu: '1' } })).value.message).toBe(
    'pods "p" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
  );
  const answer = ask('POST', 'pods', pod({ runtimeClassName: '' }));
  expect([answer.code, answer.value.message]).toEqual([500, 'resource name may not be empty']);
});

it('what another toleration covers is left out', () => {
  const any = { operator: 'Exists' };
  const key = { key: 'k', operator: 'Exists' };
  const narrow = { key: 'k', operator: 'Exists', effect: 'NoSchedule' };
  const timed = (tolerationSeconds: number) => ({ key: 'k', operator: 'Exists', effect: 'NoExecute', tolerationSeconds });
  expect(mergeTolerations([key], [narrow])).toEqual([key]);
  expect(mergeTolerations([narrow], [any])).toEqual([any]);
  expect(mergeTolerations([key], [key])).toEqual([key]);
  expect(mergeTolerations([timed(3)], [timed(5)])).toEqual([timed(5)]);
  expect(mergeTolerations([timed(3), narrow], [])).toEqual([timed(3), narrow]);
});
