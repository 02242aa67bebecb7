import { findObject, type ObjectStore } from '@solo-kubelet/manifest-source';
import type { Container, Pod, Volume } from '@solo-kubelet/pod-spec';
import { fnv1a128 } from '@solo-kubelet/pod-spec/schema';

const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
/** Of names that Kubernetes makes: no vowels, no digits that look like letters. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const TOKEN_SECONDS = 3_607;

/**
 * The Pod with the volume by which a container reaches an API server (plugin/pkg/admission/serviceaccount), where the Pod, or else its account, says
 * `automountServiceAccountToken: true`. Nobody gets it unasked (decision 232): clients take it for a sign that they run in a cluster.
 */
export const withApiAccess = (pod: Pod, store: ObjectStore): Pod => {
  const { serviceAccountName, automountServiceAccountToken, volumes = [], containers, initContainers } = pod.spec;
  const accountName = serviceAccountName || 'default';
  const account = findObject(store, 'ServiceAccount', accountName, pod.metadata.namespace ?? 'default');
  if ((automountServiceAccountToken ?? account?.automountServiceAccountToken) !== true) return pod;
  if (volumes.some(({ name }) => name.startsWith('kube-api-access-'))) return pod;
  const volume = apiAccess(`kube-api-access-${suffix(pod.metadata.uid)}`);
  const mounted = (container: Container): Container => {
    const { volumeMounts = [] } = container;
    if (volumeMounts.some(({ mountPath }) => mountPath === MOUNT_PATH)) return container;
    return { ...container, volumeMounts: [...volumeMounts, { name: volume.name, mountPath: MOUNT_PATH, readOnly: true }] };
  };
  return {
    ...pod,
    spec: {
      ...pod.spec,
      serviceAccountName: accountName,
      volumes: [...volumes, volume],
      containers: containers.map(mounted),
      ...(initContainers && { initContainers: initContainers.map(mounted) }),
    },
  };
};

const apiAccess = (name: string): Volume => ({
  name,
  projected: {
    defaultMode: 0o644,
    sources: [
      { serviceAccountToken: { path: 'token', expirationSeconds: TOKEN_SECONDS } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
    ],
  },
});

/** Five characters that are the same for the same Pod. */
const suffix = (uid: string): string => {
  let rest = Number.parseInt(fnv1a128(new TextEncoder().encode(uid)).slice(0, 8), 16);
  let text = '';
  for (let i = 0; i < 5; i += 1) {
    text += ALPHABET[rest % ALPHABET.length];
    rest = Math.floor(rest / ALPHABET.length);
  }
  return text;
};
