import { describe, expect, it } from 'vitest';
import { askCore } from '../testing/ask-core.js';

const deployments = '/apis/apps/v1/namespaces/default/deployments';
const labels = { app: 'x' };
const spec = { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } } };
const apply = (ask: ReturnType<typeof askCore>, path: string, body: object) =>
  ask('PATCH', `${path}?fieldManager=m`, body, { 'content-type': 'application/apply-patch+yaml' });
const deployment = (more: object) => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'x' }, spec: { ...spec, ...more } });

describe('numbers of what was merged', () => {
  it.each([
    [4_294_967_299, 3],
    [1e30, 0],
    [2, 2],
  ])('%d is %d where 32 bits are', (given, kept) => {
    const ask = askCore();
    expect(apply(ask, `${deployments}/x`, deployment({ replicas: given })).value.spec.replicas ?? 0).toBe(kept);
    const patched = ask(
      'PATCH',
      `${deployments}/x`,
      { spec: { replicas: given } },
      { 'content-type': 'application/strategic-merge-patch+json' },
    );
    expect(patched.value.spec.replicas ?? 0).toBe(kept);
  });

  it('an apply whose result its type cannot take is said of the object', () => {
    const { code, value } = apply(askCore(), `${deployments}/x`, deployment({ replicas: 1.5 }));
    expect([code, value.reason, value.message]).toEqual([
      500,
      undefined,
      'failed to convert new object (/x; apps/v1, Kind=Deployment) to proper version: unable to convert unstructured object to apps/v1, Kind=Deployment: cannot convert float64 to int32',
    ]);
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'default' }, data: { a: 'x' } };
    expect(apply(askCore(), 'secrets/s', secret).value.message).toBe(
      'failed to convert new object (default/s; /v1, Kind=Secret) to proper version: unable to convert unstructured object to /v1, Kind=Secret: error decoding from json: illegal base64 data at input byte 0',
    );
  });
});
