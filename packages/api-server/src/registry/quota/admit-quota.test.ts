import { describe, expect, it } from 'vitest';
import { askCore } from '../../testing/ask-core.js';

type Ask = ReturnType<typeof askCore>;

const withQuota = (ask: Ask, hard: Record<string, string>, rest: object = {}, used?: Record<string, string>): void => {
  const quota = { metadata: { name: 'q' }, spec: { hard, ...rest } };
  expect(ask('POST', 'resourcequotas', quota).code).toBe(201);
  const zero = Object.fromEntries(Object.keys(hard).map((name) => [name, '0']));
  expect(ask('PUT', 'resourcequotas/q/status', { ...quota, status: { hard, used: used ?? zero } }).code).toBe(200);
};
const usedOf = (ask: Ask) => ask('GET', 'resourcequotas/q').value.status.used;
const pod = (name: string, resources: object = {}, spec: object = {}) => ({
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'i:1', resources }], ...spec },
});
const said = ({ code, value }: { code: number; value: { message?: string } }) => [code, value.message];

describe('a quota', () => {
  it('is nobody’s limit before its status says one, and refuses what it does not know yet', () => {
    const ask = askCore();
    const quota = { metadata: { name: 'q' }, spec: { hard: { pods: '1' } } };
    ask('POST', 'resourcequotas', quota);
    expect(ask('POST', 'pods', pod('a')).code).toBe(201);
    ask('PUT', 'resourcequotas/q/status', { ...quota, status: { hard: { pods: '1' } } });
    expect(said(ask('POST', 'pods', pod('b')))).toEqual([403, 'pods "b" is forbidden: status unknown for quota: q, resources: pods']);
  });

  it('counts what is made, as the server itself, and refuses what is too much', () => {
    const ask = askCore();
    withQuota(ask, { pods: '2', 'requests.cpu': '1' });
    expect(ask('POST', 'pods?dryRun=All', pod('a', { requests: { cpu: '600m' } })).code).toBe(201);
    expect(usedOf(ask)).toEqual({ pods: '0', 'requests.cpu': '0' });
    expect(ask('POST', 'pods', pod('a', { requests: { cpu: '600m' } })).code).toBe(201);
    const { metadata, status } = ask('GET', 'resourcequotas/q').value;
    expect(status.used).toEqual({ pods: '1', 'requests.cpu': '600m' });
    const managers = metadata.managedFields.map(({ manager, subresource }: Record<string, string>) => [manager, subresource]);
    expect(managers).toContainEqual(['kube-apiserver', 'status']);
    expect(said(ask('POST', 'pods', pod('b', { requests: { cpu: '500m' } })))).toEqual([
      403,
      'pods "b" is forbidden: exceeded quota: q, requested: requests.cpu=500m, used: requests.cpu=600m, limited: requests.cpu=1',
    ]);
    expect(said(ask('POST', 'pods', pod('b')))).toEqual([403, 'pods "b" is forbidden: failed quota: q: must specify requests.cpu for: c']);
    expect(ask('POST', 'pods', pod('b', {}, { resources: { requests: { cpu: '100m' } } })).code).toBe(201);
  });

  it('is for Pods of its scopes alone', () => {
    const ask = askCore();
    withQuota(ask, { pods: '0' }, { scopes: ['Terminating'], scopeSelector: undefined });
    expect(ask('POST', 'pods', pod('a')).code).toBe(201);
    expect(ask('POST', 'pods', pod('b', {}, { activeDeadlineSeconds: 5 })).code).toBe(403);
    // A change of scope counts too.
    expect(said(ask('PATCH', 'pods/a', { spec: { activeDeadlineSeconds: 9 } }))[0]).toBe(403);
  });

  it.each([
    ['In', 'system-node-critical', 403],
    ['In', undefined, 201],
    ['NotIn', 'system-node-critical', 201],
    ['NotIn', undefined, 403],
  ])('selects classes of priority: %s, a Pod of %s: %d', (operator, priorityClassName, code) => {
    const ask = askCore();
    const matchExpressions = [{ scopeName: 'PriorityClass', operator, values: ['system-node-critical'] }];
    withQuota(ask, { pods: '0' }, { scopeSelector: { matchExpressions } });
    expect(ask('POST', 'pods', pod('a', {}, priorityClassName === undefined ? {} : { priorityClassName })).code).toBe(code);
  });

  it('counts claims by class, Services by type, and other objects by number', () => {
    const ask = askCore();
    withQuota(ask, {
      'gold.storageclass.storage.k8s.io/requests.storage': '2Gi',
      'services.nodeports': '1',
      configmaps: '1',
      'count/configmaps': '5',
    });
    const claim = (name: string, storage: string) => ({
      metadata: { name },
      spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'gold', resources: { requests: { storage } } },
    });
    expect(ask('POST', 'persistentvolumeclaims', claim('a', '1500m')).code).toBe(201);
    expect(ask('POST', 'persistentvolumeclaims', claim('b', '2Gi')).code).toBe(403);
    const ports = [{ name: 'a', port: 80 }];
    expect(ask('POST', 'services', { metadata: { name: 's' }, spec: { ports } }).code).toBe(201);
    expect(ask('PATCH', 'services/s', { spec: { type: 'NodePort' } }).code).toBe(200);
    expect(ask('POST', 'services', { metadata: { name: 't' }, spec: { ports, type: 'NodePort' } }).code).toBe(403);
    expect(ask('POST', 'configmaps', { metadata: { name: 'm' } }).code).toBe(201);
    expect(said(ask('POST', 'configmaps', { metadata: { name: 'n' } }))).toEqual([
      403,
      'configmaps "n" is forbidden: exceeded quota: q, requested: configmaps=1, used: configmaps=1, limited: configmaps=1',
    ]);
    expect(usedOf(ask)).toEqual({
      'gold.storageclass.storage.k8s.io/requests.storage': '2',
      'services.nodeports': '1',
      configmaps: '1',
      'count/configmaps': '1',
    });
  });
});
