import type { Container, Pod, PodSpec } from '@solo-kubelet/pod-spec';

/** A container with an image; everything else as given. */
export const container = (name: string, rest: Partial<Container> = {}): Container => ({
  name,
  image: `${name}:1`,
  imagePullPolicy: 'IfNotPresent',
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
  ...rest,
});

/** A pod in namespace `default` as the parser hands it out, UID and defaults in place. Without `containers` it has one named `app`. */
export const pod = (name: string, spec: Partial<PodSpec> = {}, metadata: Partial<Pod['metadata']> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', uid: `uid-${name}`, ...metadata },
  spec: {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'Default',
    securityContext: {},
    enableServiceLinks: true,
    containers: [container('app')],
    ...spec,
  },
  status: { phase: 'Pending' },
});
