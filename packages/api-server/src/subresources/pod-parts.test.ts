import { describe, expect, it } from 'vitest';
import { askCore } from '../testing/ask-core.js';

type Ask = ReturnType<typeof askCore>;
const causesOf = ({ value }: ReturnType<Ask>): readonly string[] =>
  ((value.details?.causes ?? []) as readonly { field: string; message: string }[]).map(({ field, message }) => `${field}: ${message}`);

const container = (resources: object = {}, more: object = {}) => ({ name: 'c', image: 'i:1', resources, ...more });
const create = (ask: Ask, spec: object = {}) =>
  ask('POST', 'pods', { metadata: { name: 'x' }, spec: { containers: [container()], ...spec } });
const resize = (ask: Ask, spec: object) => ask('PATCH', 'pods/x/resize', { spec });

describe('a resize is refused', () => {
  const sized = { requests: { cpu: '1' } };

  it('with all that is wrong with the Pod that it makes', () => {
    const ask = askCore();
    create(ask, { containers: [container(sized)] });
    expect(causesOf(resize(ask, { containers: [container({ requests: { cpu: '2' }, limits: { cpu: '1' } })] }))).toEqual([
      'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
    ]);
    expect(causesOf(resize(ask, { containers: [{ name: 'z', resources: sized }] }))).toEqual([
      'spec.containers[0].image: Required value',
      'spec.containers[0].name: Forbidden: containers may not be renamed or reordered on resize',
    ]);
  });

  it('for Pods of Windows, whatever it says', () => {
    const ask = askCore();
    create(ask, { containers: [container(sized)], os: { name: 'windows' } });
    expect(causesOf(resize(ask, { containers: [container()] }))).toEqual(['[]: Forbidden: windows pods cannot be resized']);
  });

  it('where a container runs whose node does not tell its resources', () => {
    const ask = askCore();
    create(ask, { containers: [container(sized)] });
    const running = { name: 'c', ready: true, restartCount: 0, image: 'i', imageID: 'x', state: { running: {} } };
    ask('PATCH', 'pods/x/status', { status: { containerStatuses: [running] } });
    const more = { containers: [container({ requests: { cpu: '2' } })] };
    expect(causesOf(resize(ask, more))).toEqual(['spec: Forbidden: Pod running on node without support for resize']);
    ask('PATCH', 'pods/x/status', { status: { containerStatuses: [{ ...running, resources: {} }] } });
    expect(resize(ask, more).code).toBe(200);
  });

  it('where it takes resources of the whole Pod away, or changes others than cpu and memory', () => {
    const ask = askCore();
    create(ask, { resources: { requests: { cpu: '2', memory: '1Gi' } } });
    expect(causesOf(resize(ask, { resources: { requests: { memory: null } } }))).toEqual([
      'spec.resources.requests: Forbidden: pod-level resource requests cannot be removed',
    ]);
    expect(causesOf(resize(ask, { resources: { requests: { 'hugepages-2Mi': '2Mi' }, limits: { 'hugepages-2Mi': '2Mi' } } }))).toContain(
      'spec: Forbidden: only cpu and memory resources are mutable at pod-level',
    );
    expect(resize(ask, { resources: { requests: { cpu: '3' } } }).code).toBe(200);
  });

  it('for init containers that are to be restarted for it', () => {
    const ask = askCore();
    const init = (cpu: string) => ({ name: 'i', image: 'i:1', resources: { requests: { cpu } } });
    create(ask, { containers: [container(sized)], initContainers: [init('1')] });
    const policy = [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }];
    expect(causesOf(resize(ask, { initContainers: [{ ...init('2'), resizePolicy: policy }] })).join()).toContain('spec.initContainers[0]');
    expect(resize(ask, { initContainers: [init('2')] }).code).toBe(200);
  });
});

describe('a Pod that waits for its gates', () => {
  const gates = { schedulingGates: [{ name: 'example.com/g' }] };
  const required = (...terms: readonly object[]) => ({
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } },
  });
  const term = (...keys: readonly string[]) => ({ matchExpressions: keys.map((key) => ({ key, operator: 'Exists' })) });

  it('knows since when', () => expect(create(askCore(), gates).value.status.conditions[0].lastTransitionTime).toBe('1970-01-01T00:00:01Z'));

  it('may be narrowed in where it comes, not more', () => {
    const ask = askCore();
    create(ask, { ...gates, nodeSelector: { a: '1' }, ...required(term('a')) });
    const patch = (spec: object) => ask('PATCH', 'pods/x', { spec });
    expect(causesOf(patch({ nodeSelector: { a: '2' } }))[0]).toContain('only additions to spec.nodeSelector are allowed');
    expect(causesOf(patch(required(term('a'), term('b'))))[0]).toContain('no additions/deletions to non-empty NodeSelectorTerms list');
    expect(causesOf(patch(required(term('b'))))[0]).toContain('nodeSelectorTerms[0]: Invalid value');
    expect(patch({ nodeSelector: { b: '1' }, ...required(term('a', 'b')) }).code).toBe(200);
    expect(causesOf(patch({ schedulingGates: [{ name: 'example.com/n' }] }))).toEqual([
      "spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'example.com/n'",
    ]);
  });
});

it('what is added to a Pod is judged with every change of it', () => {
  const ask = askCore();
  create(ask, { activeDeadlineSeconds: 9 });
  const added = { spec: { ephemeralContainers: [{ name: 'e', image: 'i:1' }] } };
  ask('PATCH', 'pods/x/ephemeralcontainers', added, { 'content-type': 'application/strategic-merge-patch+json' });
  expect(causesOf(ask('PATCH', 'pods/x', { spec: { containers: [{ name: 'e', image: 'i:1' }] } })).join()).toContain(
    'spec.ephemeralContainers[0].name',
  );
  expect(causesOf(ask('PATCH', 'pods/x', { spec: { activeDeadlineSeconds: null } }))).toEqual([
    'spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value',
  ]);
});

it('resources of the whole Pod decide the class that is recorded, even without any amount; Windows has none', () => {
  expect(create(askCore(), { containers: [container({ limits: { memory: '1Gi' } })], resources: {} }).value.status.qosClass).toBe(
    'BestEffort',
  );
  expect(causesOf(create(askCore(), { os: { name: 'windows' }, resources: { requests: { cpu: '1' } } }))).toEqual([
    'spec.resources: Forbidden: may not be set for a windows pod',
  ]);
});

describe('a binding', () => {
  const bind = (binding: object) => {
    const ask = askCore();
    create(ask);
    const { code, value } = ask('POST', 'pods/x/binding', { metadata: { name: 'x' }, target: { kind: 'Node', name: 'n' }, ...binding });
    return [code, value.reason, value.message];
  };

  it.each<[object, readonly unknown[]]>([
    [
      { target: { kind: 'Pod', name: 'n' } },
      [500, undefined, 'target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>"'],
    ],
    [{ target: {} }, [500, undefined, 'target.name: Required value']],
    [{ metadata: { name: 'y' } }, [400, 'BadRequest', 'name in URL does not match name in Binding object']],
    [
      { metadata: { name: 'x', uid: 'u' } },
      [
        409,
        'Conflict',
        expect.stringContaining('Code: 4, Key: /registry/pods/default/x, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID'),
      ],
    ],
    [{}, [201, undefined, undefined]],
  ])('of %j is answered with %j', (binding, answer) => expect(bind(binding)).toEqual(answer));
});

it('an eviction is looked at by its namespace first', () => {
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'y', namespace: 'other' } };
  expect(askCore()('POST', 'pods/x/eviction', eviction).value.message).toContain('the namespace of the provided object does not match');
});
