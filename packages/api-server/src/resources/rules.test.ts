import { describe, expect, it } from 'vitest';
import { askCore } from '../testing/ask-core.js';

const fieldsOf = ({ value }: { readonly value: { readonly details?: { readonly causes?: readonly { readonly field: string }[] } } }) =>
  (value.details?.causes ?? []).map(({ field }) => field);

const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'img:1' }] } };
const workload = { metadata: { name: 'x' }, spec: { selector: { matchLabels: { app: 'x' } }, template } };
const APPS = '/apis/apps/v1/namespaces/default';

describe('a status', () => {
  it('counts no less than none, and no more than there are', () => {
    const ask = askCore();
    ask('POST', `${APPS}/deployments`, workload);
    const status = { replicas: 1, readyReplicas: 2, availableReplicas: 3, unavailableReplicas: -1 };
    const answer = ask('PATCH', `${APPS}/deployments/x/status`, { status });
    expect(answer.code).toBe(422);
    expect(fieldsOf(answer)).toEqual([
      'status.unavailableReplicas',
      'status.readyReplicas',
      'status.availableReplicas',
      'status.availableReplicas',
    ]);
    expect(ask('PATCH', `${APPS}/deployments/x/status`, { status: { replicas: 2, readyReplicas: 2 } }).code).toBe(200);
  });

  it('has addresses of balancers only where there is one, and says how they are reached', () => {
    const ask = askCore();
    ask('POST', 'services', { metadata: { name: 'x' }, spec: { ports: [{ port: 80 }] } });
    const status = (ingress: object) => ask('PATCH', 'services/x/status', { status: { loadBalancer: { ingress: [ingress] } } });
    expect(fieldsOf(status({ ip: '1.2.3.4', ipMode: 'VIP' }))).toEqual(['status.loadBalancer.ingress']);
    ask('PATCH', 'services/x', { spec: { type: 'LoadBalancer' } });
    expect(fieldsOf(status({ hostname: '1.2.3.4', ipMode: 'VIP' }))).toEqual([
      'status.loadBalancer.ingress[0].ipMode',
      'status.loadBalancer.ingress[0].hostname',
    ]);
    expect(status({ ip: '1.2.3.4', ipMode: 'VIP' }).code).toBe(200);
  });

  it('of a Pod has conditions with names, and addresses one of each family', () => {
    const ask = askCore();
    ask('POST', 'pods', { metadata: { name: 'x' }, spec: template.spec });
    const answer = ask('PATCH', 'pods/x/status', {
      status: { conditions: [{ type: 'a b', status: 'True' }], podIPs: [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }] },
    });
    expect(fieldsOf(answer)).toEqual(['status.conditions[0].Type', 'status.podIPs']);
  });

  it('of a DaemonSet leaves the count of templates as it is, whatever the request says of annotations', () => {
    const ask = askCore();
    ask('POST', `${APPS}/daemonsets`, workload);
    const { value } = ask('PUT', `${APPS}/daemonsets/x/status`, { ...workload, status: { numberReady: 1 } });
    expect(value.metadata.annotations).toEqual({ 'deprecated.daemonset.template.generation': '1' });
  });
});

describe('the address of a Service', () => {
  const service = (name: string, spec: object) => ({
    metadata: { name },
    spec: { ports: [{ port: 80 }], selector: { app: 'x' }, ...spec },
  });
  const message = ({ value }: { readonly value: { readonly message?: string } }) => value.message;

  it('is one of IPv4 that is free, however it is written', () => {
    const ask = askCore();
    expect(ask('POST', 'services', service('a', { clusterIP: '10.96.7.7' })).value.spec.clusterIPs).toEqual(['10.96.7.7']);
    expect(message(ask('POST', 'services', service('b', { clusterIP: '10.96.7.7' })))).toContain('provided IP is already allocated');
    expect(message(ask('POST', 'services', service('b', { clusterIP: '10.96.0.0' })))).toContain('does not match the current range');
    expect(message(ask('POST', 'services', service('b', { clusterIP: '10.97.0.7' })))).toContain('is not in the valid range');
    expect(message(ask('POST', 'services', service('b', { clusterIP: '10.96.7.07' })))).toContain('must not have leading 0s');
    expect(message(ask('POST', 'services', service('b', { clusterIP: 'fd00::7' })))).toContain('IPv6 is not configured on this cluster');
    expect(message(ask('POST', 'services', service('b', { clusterIPs: ['10.96.7.8'] })))).toContain(
      'must be empty when `clusterIP` is not specified',
    );
    expect(message(ask('POST', 'services', service('b', { ipFamilyPolicy: 'RequireDualStack' })))).toContain(
      'not configured for dual-stack',
    );
  });

  it('does not change, and is told of where it lies in the list', () => {
    const ask = askCore();
    ask('POST', 'services', service('a', { clusterIP: '10.96.7.7' }));
    expect(message(ask('PATCH', 'services/a', { spec: { clusterIP: '10.96.7.8' } }))).toContain('spec.clusterIPs[0]');
  });
});

describe('Endpoints', () => {
  it('have addresses that packets can be sent to, and names where there are several ports', () => {
    const ask = askCore();
    const subsets = [{ addresses: [{ ip: '127.0.0.1' }, { ip: 'x' }], ports: [{ port: 80 }, { port: 0, name: 'b' }] }];
    expect(fieldsOf(ask('POST', 'endpoints', { metadata: { name: 'x' }, subsets }))).toEqual([
      'subsets[0].addresses[0].ip',
      'subsets[0].addresses[1].ip',
      'subsets[0].addresses[1].ip',
      'subsets[0].ports[0].name',
      'subsets[0].ports[1].port',
    ]);
  });
});

describe('an Event', () => {
  it('with a time of its own says who saw what, in either group', () => {
    const ask = askCore();
    const event = { metadata: { name: 'x' }, eventTime: '2026-01-01T00:00:00.000000Z', type: 'Normal' };
    const core = ask('POST', 'events', { ...event, involvedObject: { namespace: 'default' } });
    expect(fieldsOf(core)).toEqual([
      'reportingComponent',
      'reportingComponent',
      'reportingComponent',
      'reportingInstance',
      'action',
      'reason',
    ]);
    const other = ask('POST', '/apis/events.k8s.io/v1/namespaces/default/events', {
      ...event,
      regarding: { namespace: 'default' },
      deprecatedCount: 1,
    });
    expect(fieldsOf(other)).toContain('count');
    expect(other.value.details.kind).toBe('Event');
  });

  it('that the other group writes as it is stays as it is; what may not change is told with all its fields', () => {
    const ask = askCore();
    const path = '/apis/events.k8s.io/v1/namespaces/default/events';
    const regarding = { kind: 'Pod', namespace: 'default', name: 'p' };
    const event = {
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'example.com/c',
      reportingInstance: 'i',
      action: 'A',
      reason: 'R',
    };
    const made = ask('POST', path, { metadata: { name: 'x' }, ...event, regarding, type: 'Normal', note: 'n' });
    expect(made.code).toBe(201);
    // The first write of the other group changes who owns what, and no more.
    const first = ask('PATCH', 'events/x', { message: 'n', count: 0 });
    const again = ask('PATCH', 'events/x', { message: 'n', count: 0 });
    expect(again.value.metadata.resourceVersion).toBe(first.value.metadata.resourceVersion);
    const { value } = ask('PATCH', path.concat('/x'), { regarding: { name: 'q' }, note: null });
    expect(value.details.causes.map(({ message }: { readonly message: string }) => message)).toEqual([
      'Invalid value: {"Kind":"Pod","Namespace":"default","Name":"q","UID":"","APIVersion":"","ResourceVersion":"","FieldPath":""}: field is immutable',
      'Invalid value: "": field is immutable',
    ]);
  });

  it('of the old form may have any name', () => {
    const ask = askCore();
    expect(ask('POST', 'events', { metadata: { name: 'X_Y', finalizers: ['x'] }, involvedObject: { namespace: 'default' } }).code).toBe(
      201,
    );
  });
});

describe('a Pod with a container for debugging', () => {
  it('can be changed like any other', () => {
    const ask = askCore();
    ask('POST', 'pods', { metadata: { name: 'p' }, spec: template.spec });
    const spec = { ephemeralContainers: [{ name: 'e', image: 'img:1' }] };
    expect(ask('PATCH', 'pods/p/ephemeralcontainers', { spec }).code).toBe(200);
    expect(ask('PATCH', 'pods/p', { metadata: { labels: { a: 'b' } } }).code).toBe(200);
    expect(ask('PATCH', 'pods/p', { spec: { ephemeralContainers: [{ name: 'e', image: 'img:2' }] } }).code).toBe(422);
  });
});

describe('an object', () => {
  it('whose patch takes its version away loses all its fields, and is refused for want of a name', () => {
    const ask = askCore();
    ask('POST', 'configmaps', { metadata: { name: 'x' }, data: { a: '1' } });
    const { code, headers, value } = ask('PATCH', 'configmaps/x', { apiVersion: null });
    expect([code, value.message]).toEqual([400, 'the name of the object (x based on URL) was undeterminable: name must be provided']);
    expect(headers.filter(([name]) => name === 'Warning').map(([, text]) => text)).toEqual([
      '299 - "unknown field \\"data\\""',
      '299 - "unknown field \\"metadata\\""',
    ]);
    expect(ask('PATCH', 'configmaps/x', { kind: null }).code).toBe(200);
  });

  it('that is empty where a list belongs is kept without it, and the same again changes nothing', () => {
    const ask = askCore();
    const path = '/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles';
    const made = ask('POST', path, { metadata: { name: 'x' }, rules: [] });
    expect(made.value.rules).toBeNull();
    const again = ask('PUT', `${path}/x`, { metadata: { name: 'x' }, rules: [] });
    expect(again.value.metadata.resourceVersion).toBe(made.value.metadata.resourceVersion);
  });

  it('of revisions is compared as it was written', () => {
    const ask = askCore();
    const path = `${APPS}/controllerrevisions`;
    ask('POST', path, { metadata: { name: 'x' }, revision: 1, data: { a: 1 } });
    expect(ask('PATCH', `${path}/x`, { revision: 2 }).code).toBe(200);
    expect(fieldsOf(ask('PATCH', `${path}/x`, { data: { a: 2 } }))).toEqual(['data']);
  });
});

describe('a path', () => {
  it('of a version that a group does not have is answered in JSON, one of no group in text', () => {
    const ask = askCore();
    expect(ask('GET', '/api/v7/pods').value).toMatchObject({ code: 404, message: 'the server could not find the requested resource' });
    expect(() => ask('GET', '/apis/nobody.example/v1/pods')).toThrow(SyntaxError);
  });
});

describe('the metadata of a change', () => {
  it('may not be of another object: a patch cannot change the uid, a PUT is for one object', () => {
    const ask = askCore();
    ask('POST', 'configmaps', { metadata: { name: 'x' } });
    expect(fieldsOf(ask('PATCH', 'configmaps/x', { metadata: { uid: 'other' } }))).toEqual(['metadata.uid', 'metadata.uid']);
    expect(ask('PUT', 'configmaps/x', { metadata: { name: 'x', uid: 'other' } }).code).toBe(409);
    const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
    expect(ask('PUT', `${leases}/y`, { metadata: { name: 'y', uid: 'other' }, spec: { holderIdentity: 'h' } }).code).toBe(409);
  });

  it('is looked at as often as the kind does it', () => {
    const ask = askCore();
    const bad = { labels: { 'a b': 'c' }, finalizers: ['y'] };
    ask('POST', 'endpoints', { metadata: { name: 'x' } });
    const finalizers = 'metadata.finalizers[0]';
    const labels = 'metadata.labels';
    expect(fieldsOf(ask('PATCH', 'endpoints/x', { metadata: bad })).sort()).toEqual([
      finalizers,
      finalizers,
      labels,
      labels,
      labels,
      labels,
    ]);
    ask('POST', 'limitranges', { metadata: { name: 'x' }, spec: { limits: [] } });
    expect(fieldsOf(ask('PATCH', 'limitranges/x', { metadata: bad })).sort()).toEqual([finalizers, labels, labels, labels]);
  });
});

describe('a list', () => {
  it('at any version is whole, whatever the limit', () => {
    const ask = askCore();
    for (const name of ['a', 'b']) ask('POST', 'configmaps', { metadata: { name } });
    expect(ask('GET', 'configmaps?limit=1&resourceVersion=0').value.items).toHaveLength(2);
    expect(ask('GET', 'configmaps?limit=1').value.items).toHaveLength(1);
  });
});
