import { describe, expect, it } from 'vitest';
import { createCore, askCore as setUp } from '../testing/ask-core.js';

const container = (resources: object = {}) => ({ name: 'c', image: 'img:1', resources });
const pod = (name: string, spec: object = {}) => ({ metadata: { name }, spec: { containers: [container()], ...spec } });

describe('a LimitRange', () => {
  it('says the first mistake of each amount, and looks at ratios and at whole Pods', () => {
    const ask = setUp();
    const limits = [
      { type: 'Container', max: { cpu: '2' }, maxLimitRequestRatio: { memory: '2' } },
      { type: 'Pod', max: { memory: '100Mi' } },
    ];
    expect(ask('POST', 'limitranges', { metadata: { name: 'r' }, spec: { limits } }).code).toBe(201);
    const resources = { limits: { cpu: '3', memory: '90Mi' }, requests: { cpu: '3', memory: '30Mi' } };
    const { code, value } = ask('POST', 'pods', {
      metadata: { name: 'x' },
      spec: { containers: [container(resources), { ...container(resources), name: 'd' }] },
    });
    expect(code).toBe(403);
    const each = [
      'maximum cpu usage per Container is 2, but limit is 3',
      'memory max limit to request ratio per Container is 2, but provided ratio is 3.000000',
    ];
    expect(value.message).toBe(
      `pods "x" is forbidden: [${[...each, 'maximum memory usage per Pod is 100Mi, but limit is 180Mi'].join(', ')}]`,
    );
  });
});

describe('a resize', () => {
  const resize = (resources: object, rest: object = {}) => ({ spec: { containers: [{ ...container(resources), ...rest }] } });

  it('changes cpu and memory alone, and leaves everything else as it is', () => {
    const ask = setUp();
    ask('POST', 'pods', pod('x', { containers: [container({ requests: { cpu: '1' } })] }));
    const changed = ask('PATCH', 'pods/x/resize', {
      ...resize({ requests: { cpu: '2' } }, { image: 'img:2' }),
      metadata: { labels: { a: 'b' } },
    });
    expect(changed).toMatchObject({
      code: 200,
      value: { metadata: { generation: 2 }, spec: { containers: [{ image: 'img:1', resources: { requests: { cpu: '2' } } }] } },
    });
    expect(changed.value.metadata.labels).toBeUndefined();
    expect(ask('PATCH', 'pods/x/resize', resize({ requests: { cpu: '2', 'ephemeral-storage': '1Gi' } })).value.message).toBe(
      'Pod "x" is invalid: spec: Forbidden: only cpu and memory resources are mutable',
    );
    expect(ask('PATCH', 'pods/x/resize', resize({ requests: { cpu: null, memory: '1Mi' } })).value.message).toBe(
      'Pod "x" is invalid: spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed',
    );
    expect(
      ask('PATCH', 'pods/x/resize', { spec: { containers: [container({ requests: { cpu: '2' } }), { ...container(), name: 'd' }] } }).value
        .details.causes[0].field,
    ).toBe('spec.containers');
  });

  it('asks the node only when there is something to change', () => {
    const ask = setUp();
    ask('POST', 'pods', pod('x', { nodeName: 'n1', containers: [container({ requests: { cpu: '1' } })] }));
    expect(ask('PATCH', 'pods/x/resize', { metadata: { labels: { a: 'b' } } }).code).toBe(200);
    expect(ask('PATCH', 'pods/x/resize', resize({ requests: { cpu: '2' } }))).toMatchObject({
      code: 403,
      value: { message: 'pods "x" is forbidden: node "n1" not found' },
    });
  });
});

describe('an eviction', () => {
  it('says in the status of the Pod why it goes', () => {
    const ask = setUp();
    ask('POST', 'pods', pod('x', { nodeName: 'n1' }));
    const { resourceVersion } = ask('GET', 'pods/x').value.metadata;
    const evict = (preconditions: object) => ask('POST', 'pods/x/eviction', { metadata: { name: 'x' }, deleteOptions: { preconditions } });
    expect(evict({ resourceVersion: '1' }).code).toBe(409);
    expect(ask('GET', 'pods/x').value.metadata.resourceVersion).toBe(resourceVersion);
    expect(evict({ resourceVersion }).code).toBe(201);
    expect(ask('GET', 'pods/x').value).toMatchObject({
      metadata: { deletionGracePeriodSeconds: 30 },
      status: { conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI' }] },
    });
  });
});

describe('a namespace', () => {
  it('stays until its own finalizers are gone, whose names are looked at', () => {
    const ask = setUp();
    const path = '/api/v1/namespaces/n';
    const body = (finalizers: readonly string[]) => ({ metadata: { name: 'n' }, spec: { finalizers } });
    ask('POST', '/api/v1/namespaces', { metadata: { name: 'n' } });
    ask('DELETE', path);
    expect(ask('PUT', path, body([])).code).toBe(200);
    expect(ask('PUT', `${path}/finalize`, body(['foo'])).value.details.causes[0].field).toBe('spec.finalizers[0]');
    expect(ask('PUT', `${path}/finalize`, body([])).code).toBe(200);
    expect(ask('GET', path).code).toBe(404);
  });
});

describe('a Service', () => {
  it('that becomes a name of elsewhere shows no internal traffic policy', () => {
    const ask = setUp();
    ask('POST', 'services', { metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } });
    const { value } = ask('PATCH', 'services/s', {
      spec: { type: 'ExternalName', externalName: 'e.example', clusterIP: null, clusterIPs: null },
    });
    expect(value.spec.type).toBe('ExternalName');
    expect(value.spec).not.toHaveProperty('internalTrafficPolicy');
  });

  it('without a name that an address could have gets none', () => {
    const ask = setUp();
    expect(ask('POST', 'services', { metadata: { name: 'a%b' }, spec: { ports: [{ port: 80 }] } }).value.details.causes).toMatchObject([
      { field: 'spec.clusterIPs', message: expect.stringContaining("may not contain '%'") },
    ]);
  });
});

describe('a Job', () => {
  it('shows the labels of its template, which are kept with its next write', () => {
    const ask = setUp();
    const jobs = '/apis/batch/v1/namespaces/default/jobs';
    const template = { spec: { restartPolicy: 'Never', containers: [container()] } };
    const made = ask('POST', jobs, { metadata: { name: 'j' }, spec: { template } }).value.metadata;
    expect(made.labels['job-name']).toBe('j');
    const touched = ask('PATCH', `${jobs}/j/status`, { status: {} }).value.metadata;
    expect(Number(touched.resourceVersion)).toBeGreaterThan(Number(made.resourceVersion));
    expect(ask('PATCH', `${jobs}/j/status`, { status: {} }).value.metadata.resourceVersion).toBe(touched.resourceVersion);
  });
});

describe('other answers', () => {
  it('warns of a Pod whose name is no hostname', () => {
    const { code, headers } = setUp()('POST', 'pods', pod('a'.repeat(64)));
    expect(code).toBe(201);
    expect(headers.find(([name]) => name === 'Warning')?.[1]).toContain("used in the Pod's hostname");
  });

  it('says where base64 ends being base64', () => {
    const ask = setUp();
    const at = (data: unknown): string =>
      ask('POST', 'secrets', { metadata: { name: 's' }, data: { p: data } })
        .value.message.split(': ')
        .at(-1);
    expect([at('YQ='), at('YQ'), at('Y Q=='), at('YQ==YQ=='), at(['x'])]).toEqual([
      'illegal base64 data at input byte 3',
      'illegal base64 data at input byte 0',
      'illegal base64 data at input byte 1',
      'illegal base64 data at input byte 4',
      'json: cannot unmarshal string into Go struct field Secret.data of type uint8'.split(': ').at(-1),
    ]);
  });

  it('shows a Scale as a Table', () => {
    const ask = setUp();
    const apps = '/apis/apps/v1/namespaces/default/deployments';
    const labels = { app: 'x' };
    const spec = {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container()] } },
    };
    ask('POST', apps, { metadata: { name: 'd' }, spec });
    const { value } = ask('GET', `${apps}/d/scale`, {}, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
    expect(value).toMatchObject({ kind: 'Table', rows: [{ cells: ['d', 2, 0, '0s'] }] });
  });
});

describe('an object that a PUT or an apply makes', () => {
  it('gets what a POST gives it', () => {
    const ask = setUp();
    const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
    const lease = (name: string) => ({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name } });
    const filled = ({ code, value }: ReturnType<typeof ask>) => [code, Object.keys(value.metadata)];
    const posted = filled(ask('POST', leases, lease('a')));
    expect(posted).toEqual([201, ['name', 'namespace', 'uid', 'resourceVersion', 'creationTimestamp']]);
    expect(filled(ask('PUT', `${leases}/b`, lease('b')))).toEqual(posted);
    const apply = { 'content-type': 'application/apply-patch+yaml' };
    const [code, names] = filled(ask('PATCH', `${leases}/c?fieldManager=x`, lease('c'), apply));
    expect([code, (names as string[]).filter((name) => name !== 'managedFields')]).toEqual(posted);
  });
});

describe('an object of a namespace that ends', () => {
  it('may be changed, so that its finalizers can go, while nothing new comes', () => {
    const ask = setUp();
    const inside = '/api/v1/namespaces/gone/configmaps';
    ask('POST', '/api/v1/namespaces', { metadata: { name: 'gone' } });
    ask('POST', inside, { metadata: { name: 'kept', finalizers: ['example.com/held'] } });
    expect(ask('DELETE', '/api/v1/namespaces/gone').value.status.phase).toBe('Terminating');
    expect(ask('PATCH', `${inside}/kept`, { data: { a: 'b' } })).toMatchObject({ code: 200, value: { data: { a: 'b' } } });
    expect(ask('POST', inside, { metadata: { name: 'late' } }).code).toBe(403);
  });
});

describe('an object in the internal version', () => {
  const object = { apiVersion: '__internal', kind: 'ConfigMap', metadata: { name: 'x' } };
  const warnings = (headers: readonly (readonly [string, string])[]) =>
    headers.filter(([name]) => name === 'Warning').map(([, text]) => text);

  it('is refused once it was said that its fields are unknown', () => {
    const ask = setUp();
    const { code, headers, value } = ask('POST', 'configmaps', object);
    expect([code, value.message]).toEqual([400, 'the API version in the data (__internal) does not match the expected API version (v1)']);
    expect(warnings(headers)).toEqual(['299 - "unknown field \\"metadata\\""']);
    expect(ask('POST', 'configmaps?fieldValidation=Strict', object).value.message).toBe(
      'ConfigMap in version "__internal" cannot be handled as a ConfigMap: strict decoding error: unknown field "metadata"',
    );
  });
});

it('a selector that does not fit any more is printed without what is empty', () => {
  const ask = setUp();
  const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  const at = '/apis/apps/v1/namespaces/default/deployments';
  ask('POST', at, { metadata: { name: 'x' }, spec: { selector: { matchLabels: { app: 'x' } }, template } });
  const { value } = ask('PATCH', `${at}/x`, { spec: { selector: { matchLabels: null } } });
  expect(value.details.causes.map(({ message }: { readonly message: string }) => message)).toContain(
    'Invalid value: {}: field is immutable',
  );
});

it('a status that names no phase has the first one, and a Pod has none', () => {
  const ask = setUp();
  const claim = { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } };
  ask('POST', 'persistentvolumeclaims', { metadata: { name: 'x' }, ...claim });
  ask('POST', '/api/v1/persistentvolumes', {
    metadata: { name: 'x' },
    spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/p' } },
  });
  ask('POST', 'pods', pod('x'));
  const phase = (path: string, name = 'x') => ask('PUT', `${path}/status`, { metadata: { name }, status: {} }).value.status.phase;
  expect(phase('persistentvolumeclaims/x')).toBe('Pending');
  expect(phase('/api/v1/persistentvolumes/x')).toBe('Pending');
  expect(phase('/api/v1/namespaces/default', 'default')).toBe('Active');
  expect(phase('pods/x')).toBeUndefined();
});

it('a finalizer that comes too late is told of once for a volume, and twice for its status', () => {
  const ask = setUp();
  const volume = (finalizers: readonly string[]) => ({
    metadata: { name: 'x', finalizers },
    spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/p' } },
  });
  ask('POST', '/api/v1/persistentvolumes', volume(['a.b/c']));
  ask('DELETE', '/api/v1/persistentvolumes/x');
  const causes = (path: string) => ask('PUT', `/api/v1/persistentvolumes/x${path}`, volume(['a.b/c', 'd.e/f'])).value.details.causes;
  expect([causes('').length, causes('/status').length]).toEqual([1, 2]);
});

it('Jobs that are deleted all at once warn of the Pods that stay, even where there are none', () => {
  const ask = setUp();
  const warnings = (options = {}) =>
    ask('DELETE', '/apis/batch/v1/namespaces/default/jobs', options)
      .headers.filter(([name]) => name === 'Warning')
      .map(([, text]) => text);
  expect(warnings()).toEqual([expect.stringContaining('child pods are preserved by default')]);
  expect(warnings({ propagationPolicy: 'Background' })).toEqual([]);
});

it.each([
  ['sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=Exact', 422],
  ['labelSelector=a,,', 400],
  ['resourceVersion=x', 500],
  ['timeoutSeconds=x', 400],
  ['', 406],
])('a watch that cannot be had as YAML is first looked at: %s', (query, code) => {
  const target = `/api/v1/limitranges?watch=1&${query}`;
  const headers = { accept: 'application/yaml' };
  const answer = createCore().handle({ method: 'GET', target, headers, body: new Uint8Array(), nowMs: 0 });
  expect(answer).toMatchObject({ type: 'answer', code });
});
