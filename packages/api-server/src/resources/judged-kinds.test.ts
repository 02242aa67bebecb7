import { describe, expect, it } from 'vitest';
import { askCore } from '../testing/ask-core.js';

const causesOf = ({
  value,
}: {
  readonly value: { readonly details?: { readonly causes?: readonly { field: string; message: string }[] } };
}) => (value.details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`);

describe('a Node', () => {
  const nodes = '/api/v1/nodes';
  const node = (spec: object, more: object = {}) => ({ metadata: { name: 'n' }, spec, ...more });

  it('has blocks of addresses of two families at most, amounts that are not negative, and no field of the past without a word', () => {
    const ask = askCore();
    const cidrs = causesOf(ask('POST', nodes, node({ podCIDRs: ['10.1.0.0/24', '10.2.0.0/24', 'x'] })));
    expect(cidrs).toContain('spec.podCIDRs[2]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)');
    expect(cidrs.at(-1)).toContain('may specify no more than one CIDR for each IP family');
    expect(causesOf(ask('POST', nodes, node({}, { status: { capacity: { cpu: '-1', pods: '1.5' } } })))).toEqual([
      'status.capacity.cpu: Invalid value: "-1": must be greater than or equal to 0',
      'status.capacity.pods: Invalid value: "1500m": must be an integer',
      'status.allocatable.cpu: Invalid value: "-1": must be greater than or equal to 0',
      'status.allocatable.pods: Invalid value: "1500m": must be an integer',
    ]);
    const old = ask(
      'POST',
      nodes,
      node({ externalID: 'e', configSource: { configMap: { name: 'a', namespace: 'b', kubeletConfigKey: 'c' } } }),
    );
    expect(JSON.stringify(old.headers)).toContain('spec.externalID: this field is deprecated, and is unused by Kubernetes');
    expect(old.value.spec).toEqual({ externalID: 'e' });
  });

  it('keeps its blocks, its provider and its id; a taint may be there once', () => {
    const ask = askCore();
    ask('POST', nodes, node({ podCIDR: '10.1.0.0/24', providerID: 'p', externalID: 'e' }));
    expect(causesOf(ask('PUT', `${nodes}/n`, node({ podCIDR: '10.2.0.0/24' })))).toEqual([
      'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
      'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid',
      'spec.externalID: Forbidden: may not be updated',
    ]);
    const taint = { key: 'a', effect: 'NoSchedule' };
    expect(causesOf(ask('PATCH', `${nodes}/n`, { spec: { taints: [taint, taint] } }))[0]).toBe(
      'metadata.taints[1]: Duplicate value: {"Key":"a","Value":"","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair',
    );
    const annotations = { 'scheduler.alpha.kubernetes.io/preferAvoidPods': 'x' };
    expect(causesOf(ask('PATCH', `${nodes}/n`, { metadata: { annotations } }))[0]).toContain('invalid character');
  });
});

describe('a ResourceQuota', () => {
  const quota = (spec: object) => ({ metadata: { name: 'q' }, spec });

  it.each<[object, string]>([
    [{ hard: { pods: '-1' } }, 'spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0'],
    [{ hard: { x: '1' } }, 'spec.hard[x]: Invalid value: "x": must be a standard resource for quota'],
    [{ hard: { pods: '1.5' } }, 'spec.hard[pods]: Invalid value: "1500m": must be an integer'],
    [{ scopes: ['X'] }, 'spec.scopes: Invalid value: ["X"]: unsupported scope'],
    [{ scopes: ['BestEffort'], hard: { cpu: '1' } }, 'spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource'],
    [{ scopes: ['BestEffort', 'NotBestEffort'] }, 'spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes'],
    [
      { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In' }] } },
      "spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
    ],
    [
      { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'X' }] } },
      'spec.scopeSelector.matchExpressions.operator: Invalid value: "X": not a valid selector operator',
    ],
  ])('is refused for %j', (spec, cause) => expect(causesOf(askCore()('POST', 'resourcequotas', quota(spec)))).toContain(cause));

  it('keeps its scopes, and says so of requests above limits', () => {
    const ask = askCore();
    const made = ask('POST', 'resourcequotas', quota({ hard: { 'requests.cpu': '2', 'limits.cpu': '1' } }));
    expect(made.code).toBe(201);
    expect(JSON.stringify(made.headers)).toContain('ResourceQuota requests.cpu (2) should be less than limits.cpu (1)');
    expect(causesOf(ask('PATCH', 'resourcequotas/q', { spec: { hard: null, scopes: ['BestEffort'] } }))).toEqual([
      'spec.scopes: Invalid value: ["BestEffort"]: field is immutable',
    ]);
  });
});

describe('a Lease', () => {
  it('has no coordination of elections, and may be held by an empty name', () => {
    const spec = { holderIdentity: '', strategy: 'x', preferredHolder: 'a' };
    const { code, value } = askCore()('POST', '/apis/coordination.k8s.io/v1/namespaces/default/leases', { metadata: { name: 'l' }, spec });
    expect([code, value.spec]).toEqual([201, { holderIdentity: '' }]);
  });
});

describe('the status of a Job', () => {
  const jobs = '/apis/batch/v1/namespaces/default/jobs';
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } };
  const conditions = (...types: readonly string[]) => types.map((type) => ({ type, status: 'True' }));
  const time = '2026-01-01T00:00:00Z';
  const done = { startTime: time, completionTime: time, conditions: conditions('Complete', 'SuccessCriteriaMet') };

  it.each<[object, object, readonly string[]]>([
    [{}, { active: -1 }, ['status.active: Invalid value: -1: must be greater than or equal to 0']],
    [
      {},
      { conditions: conditions('Complete') },
      [
        'status.completionTime: Required value: completionTime is required for Complete jobs',
        'status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition',
        'status.startTime: Required value: startTime is required for finished job',
      ],
    ],
    [{}, { ready: 2, active: 1 }, ['status.ready: Invalid value: 2: cannot set more ready pods than active']],
    [
      { completionMode: 'Indexed', backoffLimitPerIndex: 1 },
      { completedIndexes: '0-1', failedIndexes: '1' },
      ['status.failedIndexes: Invalid value: "1": failedIndexes and completedIndexes overlap at index: 1'],
    ],
    [
      {},
      { completedIndexes: '7' },
      [
        'status.completedIndexes: Invalid value: "7": error parsing completedIndexes: too large index: "7"',
        'status.completedIndexes: Invalid value: "7": cannot set non-empty completedIndexes when non-indexed completion mode',
      ],
    ],
    [{}, done, []],
  ])('of %j as %j is judged', (spec, status, causes) => {
    const ask = askCore();
    expect(ask('POST', jobs, { metadata: { name: 'j' }, spec: { completions: 3, template, ...spec } }).code).toBe(201);
    expect(causesOf(ask('PATCH', `${jobs}/j/status`, { status }))).toEqual(causes);
  });

  it('does not go back from its end', () => {
    const ask = askCore();
    ask('POST', jobs, { metadata: { name: 'j' }, spec: { template } });
    expect(ask('PATCH', `${jobs}/j/status`, { status: { ...done, succeeded: 1 } }).code).toBe(200);
    expect(
      causesOf(ask('PATCH', `${jobs}/j/status`, { status: { succeeded: 0, conditions: [], startTime: null, completionTime: null } })),
    ).toEqual([
      'status.conditions: Invalid value: cannot disable the terminal Complete=True condition',
      'status.succeeded: Invalid value: 0: cannot decrease the succeeded counter',
      'status.startTime: Invalid value: null: field is immutable for unsuspended job once set',
      'status.conditions: Invalid value: cannot disable the SuccessCriteriaMet=True condition',
    ]);
  });

  it('decides whether the template of a suspended one may change', () => {
    const ask = askCore();
    ask('POST', jobs, { metadata: { name: 'j' }, spec: { suspend: true, template } });
    const pin = (value: string) => ask('PATCH', `${jobs}/j`, { spec: { template: { spec: { nodeSelector: { a: value } } } } }).code;
    expect(pin('b')).toBe(200);
    ask('PATCH', `${jobs}/j/status`, { status: { startTime: time } });
    expect(pin('c')).toBe(422);
    ask('PATCH', `${jobs}/j/status`, { status: { conditions: conditions('Suspended') } });
    expect(pin('c')).toBe(200);
  });
});

describe('a Service', () => {
  it('has its class looked at twice when it changes', () => {
    const ask = askCore();
    ask('POST', 'services', { metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } });
    const said = "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'";
    expect(causesOf(ask('PATCH', 'services/s', { spec: { loadBalancerClass: 'a.b/c' } }))).toEqual([said, said]);
  });
});

describe('a Job that had only labels without a domain', () => {
  it('needs no others', () => {
    const ask = askCore();
    const jobs = '/apis/batch/v1/namespaces/default/jobs';
    const labels = { app: 'x' };
    const template = { metadata: { labels }, spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } };
    ask('POST', jobs, { metadata: { name: 'j' }, spec: { manualSelector: true, selector: { matchLabels: labels }, template } });
    const fields = causesOf(ask('PATCH', `${jobs}/j`, { spec: { manualSelector: false } })).map((text) => text.split(': ')[0]);
    expect(fields).toEqual(['spec.template.metadata.labels[job-name]', 'spec.template.metadata.labels[controller-uid]', 'spec.selector']);
  });
});

it('a Node is made with the status that its kubelet gives it', () => {
  const { value } = askCore()('POST', '/api/v1/nodes', { metadata: { name: 'n' }, status: { capacity: { cpu: '1' } } });
  expect(value.status).toMatchObject({ capacity: { cpu: '1' }, allocatable: { cpu: '1' } });
});

it('owners that are there twice are told before a PUT looks for its object, and after a patch made them', () => {
  const ask = askCore();
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: 'u' };
  const body = { metadata: { name: 'c', ownerReferences: [owner, owner] } };
  const warned = ({ headers }: ReturnType<typeof ask>): string => JSON.stringify(headers);
  const missing = ask('PUT', 'configmaps/c', body);
  expect([missing.code, warned(missing)]).toEqual([404, expect.stringContaining('contains duplicate entries; API server dedups')]);
  const made = ask('POST', 'configmaps', body);
  expect([made.value.metadata.ownerReferences, warned(made)]).toEqual([
    [owner],
    expect.stringContaining('contains duplicate entries; API'),
  ]);
  expect(made.value.metadata.managedFields[0].fieldsV1['f:metadata']['f:ownerReferences']).toEqual({ '.': {}, 'k:{"uid":"u"}': {} });
  const patched = ask('PATCH', 'configmaps/c', { metadata: { ownerReferences: [owner, owner] } });
  expect(warned(patched)).toContain('contains duplicate entries after mutating admission happens; API server dedups');
});

it('a PUT looks at its options before its content type', () => {
  const codeOf = (query: string) => askCore()('PUT', `configmaps/c${query}`, {}, { 'content-type': 'x' }).code;
  expect([codeOf('?dryRun=x'), codeOf('')]).toEqual([422, 415]);
});

it('the log of a Pod is that of its only container, or one of all must be named', () => {
  const ask = askCore();
  const pod = (name: string, ...names: readonly string[]) => ({
    metadata: { name },
    spec: { initContainers: [{ name: 'i', image: 'i' }], containers: names.map((each) => ({ name: each, image: 'i' })) },
  });
  ask('POST', 'pods', pod('b', 'c', 'd'));
  expect(ask('GET', 'pods/b/log').value.message).toBe('a container name must be specified for pod b, choose one of: [i c d]');
});

it('a ReplicationController has no deadline', () => {
  const template = { metadata: { labels: { a: 'b' } }, spec: { activeDeadlineSeconds: 1, containers: [{ name: 'c', image: 'i' }] } };
  expect(causesOf(askCore()('POST', 'replicationcontrollers', { metadata: { name: 'r' }, spec: { template } }))).toEqual([
    'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicationController is not Supported',
  ]);
});

it('a strategy of updates is printed in the form that upstream has inside', () => {
  const labels = { app: 'x' };
  const spec = { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } } };
  const path = '/apis/apps/v1/namespaces/default/deployments';
  const make = (strategy: object) => causesOf(askCore()('POST', path, { metadata: { name: 'd' }, spec: { ...spec, strategy } }));
  expect(make({ type: 'X', rollingUpdate: { maxSurge: '25%', maxUnavailable: 1 } })).toEqual([
    'spec.strategy: Unsupported value: {"Type":"X","RollingUpdate":{"MaxUnavailable":1,"MaxSurge":"25%"}}: supported values: "Recreate", "RollingUpdate"',
  ]);
  expect(make({ type: 'X' })[0]).toContain('{"Type":"X","RollingUpdate":null}');
});
