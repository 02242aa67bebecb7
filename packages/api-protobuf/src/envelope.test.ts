import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeProtobuf, encodeProtobuf } from './envelope.js';
import { encodeWatchEvent } from './watch-event.js';

const fromHex = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
/** What comes back of an object that was written. */
const again = (object: Readonly<Record<string, unknown>>): unknown => {
  const result = decodeProtobuf(encodeProtobuf(object)!);
  return result.ok ? JSON.parse(JSON.stringify(result.object)) : result;
};

describe('a body in protobuf', () => {
  it('is read as kubectl sends it: zero values that JSON leaves out are left out', () => {
    // create configmap x --from-literal=a=1: metadata with every text of ObjectMeta, most of them empty, and an empty creationTimestamp.
    const body = fromHex(
      '6b3873000a0f0a02763112' +
        '09436f6e6669674d6170' +
        '121b' +
        '0a110a017812001a0022002a00320038004200' +
        '12060a0161120131' +
        '1a002200',
    );
    expect(decodeProtobuf(body)).toEqual({
      ok: true,
      object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, data: { a: '1' } },
    });
  });

  it.each([
    [
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 's', labels: { constructor: 'x', __proto__a: 'y' } },
        data: { a: 'AAH/' },
        type: 'Opaque',
        immutable: false,
      },
    ],
    [
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'd', creationTimestamp: '2026-05-01T10:00:00Z' },
        spec: {
          replicas: 0,
          selector: { matchLabels: { app: 'd' } },
          strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: 1 } },
          template: {
            metadata: {},
            spec: {
              containers: [
                {
                  name: 'c',
                  resources: { limits: { cpu: '1500m' } },
                  env: [{ name: 'E', valueFrom: { configMapKeyRef: { name: 'm', key: 'k', optional: false } } }],
                  livenessProbe: { httpGet: { path: '/', port: 80 }, periodSeconds: 5 },
                },
              ],
              volumes: [{ name: 'v', emptyDir: { sizeLimit: '1Gi' } }],
            },
          },
        },
        status: {},
      },
    ],
    [
      {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        metadata: {},
        spec: { resourceAttributes: { verb: 'get', resource: 'pods' } },
        status: {},
      },
    ],
    [
      {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        metadata: {},
        spec: { user: 'u', extra: { scopes: ['a', 'b'] } },
        status: { allowed: true },
      },
    ],
    [
      {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: 'l' },
        spec: { renewTime: '2026-05-01T10:00:00.000012Z', leaseDurationSeconds: 40 },
      },
    ],
    [{ apiVersion: 'apps/v1', kind: 'ControllerRevision', metadata: {}, data: { spec: [1] }, revision: 3 }],
    [
      {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata: {},
        spec: { rules: [{ host: 'h', http: { paths: [{ path: '/', backend: {} }] } }] },
        status: { loadBalancer: {} },
      },
    ],
    [{ apiVersion: 'policy/v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, propagationPolicy: 'Orphan', dryRun: ['All'] }],
  ])('of %j comes back as it was', (object) => expect(again(object)).toMatchObject(object));

  it('may leave its type to the request, and may hold JSON', () => {
    const [own, text] = [fromHex('12030a0178'), new TextEncoder().encode('{"metadata":{"name":"j"}}')];
    const envelope = (content: Uint8Array, contentType: string): Uint8Array =>
      Uint8Array.from([
        0x6b,
        0x38,
        0x73,
        0,
        0x12,
        content.length,
        ...content,
        0x22,
        contentType.length,
        ...new TextEncoder().encode(contentType),
      ]);
    const expected = { apiVersion: 'v1', kind: 'ConfigMap' };
    expect(decodeProtobuf(envelope(own, ''), expected)).toEqual({ ok: true, object: { ...expected, data: { x: '' } } });
    expect(decodeProtobuf(envelope(text, 'application/json'), expected)).toEqual({
      ok: true,
      object: { ...expected, metadata: { name: 'j' } },
    });
  });

  it('that is none is refused with a reason', () => {
    expect(decodeProtobuf(new Uint8Array())).toMatchObject({ problem: 'noMagic' });
    expect(decodeProtobuf(new TextEncoder().encode('{}{}'))).toMatchObject({ problem: 'noMagic' });
    expect(decodeProtobuf(fromHex('6b3873000aff'))).toMatchObject({ problem: 'malformed' });
    expect(decodeProtobuf(encodeProtobuf({ apiVersion: 'v1', kind: 'ConfigMap', data: { a: '1' } })!.slice(0, -12))).toMatchObject({
      problem: 'malformed',
    });
    expect(decodeProtobuf(fromHex('6b387300'), { apiVersion: 'v1', kind: 'constructor' })).toEqual({
      ok: false,
      problem: 'unknownKind',
      message: 'no kind "constructor" is registered for version "v1"',
    });
    expect(encodeProtobuf({ apiVersion: '__proto__', kind: 'toString' })).toBeUndefined();
  });

  it('never throws nor spins, whatever its bytes', () => {
    const head = [0x6b, 0x38, 0x73, 0x00];
    const type = { apiVersion: 'v1', kind: 'Pod' };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(typeof decodeProtobuf(Uint8Array.from([...head, ...bytes]), type).ok).toBe('boolean');
        expect(
          typeof decodeProtobuf(Uint8Array.from([...head, 0x12, bytes.length & 127, ...bytes.subarray(0, bytes.length & 127)]), type).ok,
        ).toBe('boolean');
      }),
      { numRuns: 500, seed: 23 },
    );
  });
});

it('lists and partial objects have messages of their own; Tables have none', () => {
  const metadata = { resourceVersion: '7', continue: 'x', remainingItemCount: 2 };
  const list = {
    kind: 'ConfigMapList',
    apiVersion: 'v1',
    metadata,
    items: [{ metadata: { name: 'a' }, data: { k: 'v' } }, { metadata: { name: 'b' } }],
  };
  expect(again(list)).toEqual(list);
  const partial = { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata: {}, items: [{ metadata: { name: 'a' } }] };
  expect(again(partial)).toEqual(partial);
  expect(encodeProtobuf({ kind: 'Table', apiVersion: 'meta.k8s.io/v1', rows: [] })).toBeUndefined();
  expect(encodeProtobuf({ kind: 'NopeList', apiVersion: 'v1', items: [] })).toBeUndefined();
});

it('an event of a watch is a frame: its length, its type and the object in its envelope', () => {
  const object = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a' } };
  const frame = encodeWatchEvent('ADDED', object)!;
  expect(new DataView(frame.buffer).getUint32(0)).toBe(frame.length - 4);
  expect(new TextDecoder().decode(frame.subarray(6, 11))).toBe('ADDED');
  const at = frame.findIndex((_, i) => frame[i] === 0x6b && frame[i + 1] === 0x38 && frame[i + 2] === 0x73 && frame[i + 3] === 0);
  expect(decodeProtobuf(frame.subarray(at))).toEqual({ ok: true, object });
});

it('what discovery says is read as kube-apiserver writes it, and written as it writes it but for fields that are empty', () => {
  const group =
    '6b3873000a0e0a027631120841504947726f757012240a0461707073120d0a07617070732f7631120276311a0d0a07617070732f7631120276311a002200';
  const object = {
    apiVersion: 'v1',
    kind: 'APIGroup',
    name: 'apps',
    versions: [{ groupVersion: 'apps/v1', version: 'v1' }],
    preferredVersion: { groupVersion: 'apps/v1', version: 'v1' },
  };
  expect(decodeProtobuf(fromHex(group))).toEqual({ ok: true, object });
  expect(Buffer.from(encodeProtobuf(object)!).toString('hex')).toBe(group);
  const list = fromHex(
    '6b3873000a150a027631120f4150495265736f757263654c69737412a5010a147363686564756c696e672e6b38732e696f2f7631128c010a0f7072696f72697479636c617373657310001a0d5072696f72697479436c61737322430a066372656174650a0664656c6574650a1064656c657465636f6c6c656374696f6e0a036765740a046c6973740a0570617463680a067570646174650a0577617463682a027063320d7072696f72697479636c61737342004a00520c3151776a79615a6a6a33593d1a002200',
  );
  expect(decodeProtobuf(list)).toMatchObject({
    object: {
      groupVersion: 'scheduling.k8s.io/v1',
      resources: [
        {
          name: 'priorityclasses',
          verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
          shortNames: ['pc'],
          storageVersionHash: '1QwjyaZjj3Y=',
        },
      ],
    },
  });
  // `/api` has no version of its own.
  const versions = {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: 'h:1' }],
  };
  expect(again(versions)).toEqual({ apiVersion: '', ...versions });
});
