import { describe, expect, it } from 'vitest';
import { askCore } from '../testing/ask-core.js';

const NAMESPACE = '/api/v1/namespaces/default';
const spec = { containers: [{ name: 'c', image: 'img:1', securityContext: { privileged: true } }] };
const pod = (name: string) => ({ metadata: { name }, spec });
const label = (labels: object) => ({ metadata: { labels } });
const ENFORCE = 'pod-security.kubernetes.io/enforce';
const WARN = 'pod-security.kubernetes.io/warn';
const warningsOf = ({ headers }: { readonly headers: readonly (readonly [string, string])[] }) =>
  headers.filter(([name]) => name === 'Warning').map(([, text]) => text);

describe('a namespace whose labels ask for security', () => {
  it('refuses Pods, warns of workloads, and lets Pods be that were there', () => {
    const ask = askCore();
    expect(ask('POST', 'pods', pod('old')).code).toBe(201);
    expect(warningsOf(ask('PATCH', NAMESPACE, label({ [ENFORCE]: 'baseline' })))).toEqual([
      '299 - "existing pods in namespace \\"default\\" violate the new PodSecurity enforce level \\"baseline:latest\\""',
      '299 - "old: privileged"',
    ]);
    const refused = ask('POST', 'pods', pod('new'));
    expect([refused.code, refused.value.message]).toEqual([
      403,
      'pods "new" is forbidden: violates PodSecurity "baseline:latest": privileged (container "c" must not set securityContext.privileged=true)',
    ]);
    const template = { metadata: { labels: { app: 'x' } }, spec };
    const made = ask('POST', '/apis/apps/v1/namespaces/default/deployments', {
      metadata: { name: 'd' },
      spec: { selector: { matchLabels: { app: 'x' } }, template },
    });
    expect([made.code, warningsOf(made)[0]]).toEqual([
      201,
      '299 - "would violate PodSecurity \\"baseline:latest\\": privileged (container \\"c\\" must not set securityContext.privileged=true)"',
    ]);
    expect(ask('PATCH', 'pods/old', label({ a: 'b' })).code).toBe(200);
    expect(ask('PATCH', 'pods/old', { spec: { containers: [{ ...spec.containers[0], image: 'img:2' }] } }).code).toBe(403);
    expect(ask('PATCH', 'pods/old/status', { status: { phase: 'Running' } }).code).toBe(200);
  });

  it('refuses workloads, too, where their Pods begin without being asked for, and lets those be that were there', () => {
    const ask = askCore({}, { enforcesOnTemplates: true });
    const path = '/apis/apps/v1/namespaces/default/deployments';
    const template = { metadata: { labels: { app: 'x' } }, spec };
    const deployment = (name: string) => ({ metadata: { name }, spec: { selector: { matchLabels: { app: 'x' } }, template } });
    expect(ask('POST', path, deployment('old')).code).toBe(201);
    ask('PATCH', NAMESPACE, label({ [ENFORCE]: 'baseline' }));
    const refused = ask('POST', path, deployment('new'));
    expect([refused.code, refused.value.message]).toEqual([
      403,
      'deployments.apps "new" is forbidden: violates PodSecurity "baseline:latest": privileged (container "c" must not set securityContext.privileged=true)',
    ]);
    expect(ask('PATCH', `${path}/old`, { spec: { replicas: 3 } }).code).toBe(200);
    const changed = { spec: { template: { spec: { containers: [{ ...spec.containers[0], image: 'img:2' }] } } } };
    expect(ask('PATCH', `${path}/old`, changed).code).toBe(403);
    const safe = { ...template, spec: { containers: [{ name: 'c', image: 'img:1' }] } };
    expect(ask('POST', path, { ...deployment('safe'), spec: { ...deployment('safe').spec, template: safe } }).code).toBe(201);
  });

  it('that only warns takes them', () => {
    const ask = askCore();
    ask('PATCH', NAMESPACE, label({ [WARN]: 'baseline' }));
    const made = ask('POST', 'pods', pod('p'));
    expect([made.code, warningsOf(made).length]).toEqual([201, 1]);
  });

  it('cannot ask for a level that there is not, but keeps one that it had', () => {
    const ask = askCore();
    const answer = ask('PATCH', NAMESPACE, label({ [ENFORCE]: 'x' }));
    expect([answer.code, answer.value.details.causes[0].field]).toEqual([422, `metadata.labels[${ENFORCE}]`]);
  });
});

it('what annotations say of AppArmor becomes a field, with a warning', () => {
  const ask = askCore();
  const key = 'container.apparmor.security.beta.kubernetes.io/c';
  const made = ask('POST', 'pods', {
    metadata: { name: 'p', annotations: { [key]: 'unconfined' } },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  });
  expect(made.value.spec.containers[0].securityContext).toEqual({ appArmorProfile: { type: 'Unconfined' } });
  expect(warningsOf(made)).toEqual([
    `299 - "metadata.annotations[${key}]: deprecated since v1.30; use the \\"appArmorProfile\\" field instead"`,
  ]);
});

it('a Pod with gates says from its first moment on that it waits for them; keys of labels become part of its selectors', () => {
  const ask = askCore();
  const term = { topologyKey: 'zone', labelSelector: { matchLabels: { app: 'x' } }, matchLabelKeys: ['version'] };
  const { value } = ask('POST', 'pods', {
    metadata: { name: 'p', labels: { version: '7' } },
    spec: {
      containers: [{ name: 'c', image: 'i' }],
      schedulingGates: [{ name: 'example.com/g' }],
      affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } },
    },
  });
  expect(value.status.conditions[0]).toMatchObject({ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' });
  expect(value.spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector).toEqual({
    matchLabels: { app: 'x' },
    matchExpressions: [{ key: 'version', operator: 'In', values: ['7'] }],
  });
});
