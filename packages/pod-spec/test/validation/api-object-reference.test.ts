import { describe, expect, it } from 'vitest';
import { apiObjectReference } from '../../src/validation/index.js';
import { container, podWith } from './sound-pod.js';

const volumes = (...sources: object[]) => ({ volumes: sources.map((source, i) => ({ name: `v${i}`, ...source })) });

describe('apiObjectReference', () => {
  it.each([
    [{}, ''],
    [{ serviceAccountName: 'a', imagePullSecrets: [{ name: 's' }] }, 'serviceaccounts'],
    [{ imagePullSecrets: [{ name: 's' }] }, 'secrets'],
    [{ imagePullSecrets: [{}] }, ''],
    [
      {
        containers: [container({ env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'c', key: 'k' } } }] })],
        resourceClaims: [{ name: 'a' }],
      },
      'configmaps',
    ],
    [{ initContainers: [container({ envFrom: [{ secretRef: { name: 's' } }, { configMapRef: { name: 'c' } }] })] }, 'secrets'],
    [{ resourceClaims: [{ name: 'a' }], ...volumes({ csi: { driver: 'd' } }) }, 'resourceclaims'],
    [
      volumes({ hostPath: { path: '/' } }, { emptyDir: {} }, { image: {} }, { nfs: {} }, { projected: { sources: [{ downwardAPI: {} }] } }),
      '',
    ],
    [volumes({ cephfs: { secretRef: { name: 's' } } }), 'secrets'],
    [volumes({ csi: { driver: 'd' } }), 'csidrivers (via CSI volumes)'],
    [volumes({ glusterfs: {} }), 'endpoints (via glusterFS volumes)'],
    [volumes({ persistentVolumeClaim: { claimName: 'c' } }), 'persistentvolumeclaims'],
    [volumes({ ephemeral: {} }), 'persistentvolumeclaims (via ephemeral volumes)'],
    [volumes({ projected: { sources: [{ serviceAccountToken: {} }] } }), 'serviceaccounts (via projected volumes)'],
    [volumes({ projected: { sources: [{ clusterTrustBundle: {} }] } }), 'clustertrustbundles'],
    [volumes({ projected: { sources: [{ podCertificate: {} }] } }), 'podcertificates'],
  ])('%j refers to %j', (spec, reference) => expect(apiObjectReference(podWith(spec))).toBe(reference));
});
