import type { Container, ObjectMeta, Pod, PodSpec } from '@solo-kubelet/pod-spec';

/** A pod `web-node1` with one container `app`, and whatever a test is about. */
export const testPod = (
  spec: Partial<Omit<PodSpec, 'containers'>> & { readonly containers?: readonly Partial<Container>[] } = {},
  metadata: ObjectMeta = {},
): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web-node1', namespace: 'default', uid: '0123456789abcdef0123456789abcdef', ...metadata },
  spec: {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    ...spec,
    containers: (spec.containers ?? [{}]).map((container) => ({ name: 'app', image: 'nginx:1', ...container })),
  },
});
