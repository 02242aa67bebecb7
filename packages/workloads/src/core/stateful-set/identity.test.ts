import { describe, expect, it } from 'vitest';
import { ordinalRange, parentAndOrdinal, type StatefulIdentity, statefulClaims, statefulPod } from './identity.js';

const set = {
  metadata: { name: 'db', namespace: 'home' },
  spec: {
    replicas: 3,
    serviceName: 'svc',
    selector: { matchLabels: { app: 'db' } },
    template: {
      metadata: { labels: { app: 'db' }, annotations: { a: 'b' }, name: 'ignored' },
      spec: {
        containers: [{ name: 'a', image: 'x' }],
        hostname: 'fixed',
        volumes: [
          { name: 'data', emptyDir: {} },
          { name: 'tmp', emptyDir: {} },
        ],
      },
    },
    volumeClaimTemplates: [{ metadata: { name: 'data', labels: { app: 'other', disk: 'ssd' } }, spec: { accessModes: ['ReadWriteOnce'] } }],
    ordinals: { start: 5 },
  },
} as unknown as StatefulIdentity;

describe('identity of a StatefulSet', () => {
  it('gives a Pod its name, host name, labels and claims', () => {
    expect(statefulPod(set, 7)).toEqual({
      metadata: {
        name: 'db-7',
        generateName: 'db-',
        namespace: 'home',
        labels: { app: 'db', 'statefulset.kubernetes.io/pod-name': 'db-7', 'apps.kubernetes.io/pod-index': '7' },
        annotations: { a: 'b' },
      },
      spec: {
        containers: [{ name: 'a', image: 'x' }],
        hostname: 'db-7',
        subdomain: 'svc',
        volumes: [
          { name: 'data', persistentVolumeClaim: { claimName: 'data-db-7' } },
          { name: 'tmp', emptyDir: {} },
        ],
      },
    });
    expect([...statefulClaims(set, 7)]).toEqual([
      [
        'data',
        {
          metadata: { name: 'data-db-7', namespace: 'home', labels: { app: 'db', disk: 'ssd' } },
          spec: { accessModes: ['ReadWriteOnce'] },
        },
      ],
    ]);
  });

  it('leaves out what the template leaves empty', () => {
    const { spec } = set;
    const bare = {
      metadata: { name: 'db' },
      spec: {
        ...spec,
        serviceName: '',
        selector: {},
        template: { metadata: { annotations: {}, finalizers: [] }, spec: { containers: [] } },
        volumeClaimTemplates: [{ metadata: { name: 'data' } }],
      },
    } as unknown as StatefulIdentity;
    expect(Object.keys(statefulPod(bare, 0).metadata)).toEqual(['name', 'generateName', 'labels']);
    expect(Object.keys(statefulPod(bare, 0).spec)).toEqual(['containers', 'hostname', 'volumes']);
    expect(statefulClaims(bare, 0).get('data')?.metadata).toEqual({ name: 'data-db-0' });
  });

  it('counts ordinals from their start', () => {
    expect(ordinalRange(set)).toEqual({ first: 5, last: 7 });
    expect(ordinalRange({ spec: { replicas: 0 } })).toEqual({ first: 0, last: -1 });
  });

  it.each([
    ['db-10', 'db', 10],
    ['a-1-2', 'a-1', 2],
    ['db-2147483648', 'db', -1],
    ['db', '', -1],
    ['db-x', '', -1],
  ])('reads %s as %j and %i', (name, parent, ordinal) => {
    expect(parentAndOrdinal(name)).toEqual({ parent, ordinal });
  });
});
