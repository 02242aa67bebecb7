import { decodeProtobuf, encodeProtobuf } from '@solo-kubelet/api-protobuf';
import { describe, expect, it } from 'vitest';
import { startApiServer } from '../http/start-api-server.js';
import { askCore } from '../testing/ask-core.js';

const container = { name: 'c', image: 'i' };
const volume = (source: object) => ({ containers: [container], volumes: [{ name: 'v', ...source }] });
const mounted = (mount: object) => ({
  containers: [{ ...container, volumeMounts: [{ name: 'v', mountPath: '/v', ...mount }] }],
  volumes: [{ name: 'v', emptyDir: {} }],
});
const probed = (probe: object) => ({ containers: [{ ...container, livenessProbe: probe }] });

/** Each field of Kubernetes 1.37: its gate, a Pod that says it, one that says it wrong, and its name. */
const FIELDS: readonly (readonly [string, object, object, string])[] = [
  ['VolumeBindMountOptions', mounted({ bindMountOptions: ['noexec'] }), mounted({ bindMountOptions: ['x'] }), 'bindMountOptions'],
  ['EmptyDirVolumeMode', volume({ emptyDir: { mode: 0o700 } }), volume({ emptyDir: { mode: -1 } }), 'mode'],
  [
    'AtomicWriteVolumeUserFields',
    volume({ configMap: { name: 'm', defaultUser: 7 } }),
    volume({ configMap: { name: 'm', defaultUser: -1 } }),
    'defaultUser',
  ],
  [
    'AtomicWriteVolumeUserFields',
    volume({ secret: { secretName: 's', defaultUser: 7 } }),
    volume({ secret: { secretName: 's', defaultUser: -1 } }),
    'defaultUser',
  ],
  [
    'AtomicWriteVolumeUserFields',
    volume({ configMap: { name: 'm', items: [{ key: 'k', path: 'p', user: 0 }] } }),
    volume({ configMap: { name: 'm', items: [{ key: 'k', path: 'p', user: -1 }] } }),
    'user',
  ],
  ['H2CContainerProbe', probed({ httpGet: { port: 80, protocol: 'HTTP2' } }), probed({ httpGet: { port: 80, protocol: 'x' } }), 'protocol'],
  ['GRPCContainerProbeTLS', probed({ grpc: { port: 80, mode: 'TLS' } }), probed({ grpc: { port: 80, mode: 'x' } }), 'mode'],
  [
    'EvictionRequestAPI',
    { containers: [container], evictionResponders: [{ name: 'example.com/a', priority: 7 }] },
    { containers: [container], evictionResponders: [{ name: 'x y', priority: -1 }] },
    'evictionResponders',
  ],
];

const pod = (spec: object) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec });
const APPLY = { 'content-type': 'application/apply-patch+yaml' };
const says = (value: unknown, name: string): boolean => JSON.stringify(value).includes(`"${name}":`);

describe.each(FIELDS)('the field behind %s', (gate, good, bad, name) => {
  it('is unknown while the gate is off: with a warning, or refused where that is asked for', () => {
    const ask = askCore();
    const made = ask('POST', 'pods', pod(bad));
    expect([made.code, says(made.value.spec, name)]).toEqual([201, false]);
    expect(made.headers.some(([header, text]) => header === 'Warning' && text.includes(`${name}\\"`))).toBe(true);
    expect(ask('POST', 'pods?fieldValidation=Strict', pod(good)).code).toBe(400);
  });

  it('is kept and judged while it is on', () => {
    const ask = askCore({ [gate]: true });
    expect(ask('POST', 'pods', pod(bad)).code).toBe(422);
    const made = ask('POST', 'pods?fieldValidation=Strict', pod(good));
    expect([made.code, says(made.value.spec, name)]).toEqual([201, true]);
  });

  it('is owned by who writes it, and by who applies it, while it is on', () => {
    const ask = askCore({ [gate]: true });
    const made = ask('POST', 'pods', pod(good));
    // Items of a list that has one owner have none of their own.
    const owned = name === 'user' ? 'f:items' : `f:${name}`;
    expect(says(made.value.metadata.managedFields, owned)).toBe(true);
    const apply = (spec: object) =>
      ask('PATCH', 'pods/q?fieldManager=m&force=true&dryRun=All', { ...pod(spec), metadata: { name: 'q' } }, APPLY);
    const applied = apply(good);
    expect([applied.code, says(applied.value.spec, name), says(applied.value.metadata.managedFields, owned)]).toEqual([201, true, true]);
  });

  it('is no field of an apply while the gate is off', () => {
    const ask = askCore();
    const applied = ask('PATCH', 'pods/q?fieldManager=m', { ...pod(good), metadata: { name: 'q' } }, APPLY);
    expect([applied.code, applied.value.message]).toEqual([500, expect.stringContaining(`.${name}: field not declared in schema`)]);
  });

  it('has a number in protobuf', () => {
    const result = decodeProtobuf(encodeProtobuf(pod(good))!);
    expect(result).toEqual({ ok: true, object: pod(good) });
  });
});

it('a gate that there is not is refused by its name', async () => {
  await expect(startApiServer({ featureGates: { Nope: true } })).rejects.toThrow(
    'no such feature gate: Nope; there are AtomicWriteVolumeUserFields',
  );
});

describe('a strategic merge patch of evictionResponders', () => {
  const patch = (responders: readonly object[]) => ({ spec: { evictionResponders: responders } });
  const STRATEGIC = { 'content-type': 'application/strategic-merge-patch+json' };

  it('merges them by their names while the gate is on', () => {
    const ask = askCore({ EvictionRequestAPI: true });
    const template = {
      metadata: { labels: { a: 'b' } },
      spec: { containers: [container], evictionResponders: [{ name: 'example.com/a', priority: 7 }] },
    };
    const spec = { selector: { matchLabels: { a: 'b' } }, template };
    ask('POST', '/apis/apps/v1/namespaces/default/deployments', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd' },
      spec,
    });
    const patched = ask(
      'PATCH',
      '/apis/apps/v1/namespaces/default/deployments/d',
      { spec: { template: patch([{ name: 'example.com/b', priority: 8 }]) } },
      STRATEGIC,
    );
    expect(patched.value.message).toBe(undefined);
    expect(patched.value.spec.template.spec.evictionResponders).toEqual([
      { name: 'example.com/b', priority: 8 },
      { name: 'example.com/a', priority: 7 },
    ]);
  });

  it('is passed over while it is off', () => {
    const ask = askCore();
    ask('POST', 'pods', pod({ containers: [container] }));
    const patched = ask('PATCH', 'pods/p', patch([{ name: 'example.com/a', priority: 7 }]), STRATEGIC);
    expect([patched.code, says(patched.value, 'evictionResponders')]).toEqual([200, false]);
  });
});
