import type { ObservedContainer, ObservedPod, ObservedSandbox } from '../core/observed-pod.js';
import { podUid } from '../core/pod-identity.js';

/** A ready sandbox with an address. */
export const observedSandbox = (rest: Partial<ObservedSandbox> = {}): ObservedSandbox => ({
  id: 'sandbox-0',
  attempt: 0,
  state: 'ready',
  createdAtMs: 0,
  hostNetwork: false,
  ips: ['10.0.0.2'],
  networkReported: true,
  ...rest,
});

/** A running first instance in sandbox-0; an exited one has run from 0 to `finishedAtMs`. */
export const observedContainer = (name: string, rest: Partial<ObservedContainer> = {}): ObservedContainer => ({
  id: `${name}-${rest.restartCount ?? 0}`,
  sandboxId: 'sandbox-0',
  name,
  state: 'running',
  restartCount: 0,
  hash: '',
  createdAtMs: 0,
  ...(rest.state === 'created' ? {} : { startedAtMs: 0 }),
  exitCode: 0,
  reason: '',
  message: '',
  runtimeName: 'fake',
  image: `${name}:1`,
  imageRef: `sha256:${name}`,
  ...rest,
});

/** What is seen of the pod `web`; one ready sandbox unless said. */
export const observedPod = (
  containers: readonly ObservedContainer[] = [],
  sandboxes: readonly ObservedSandbox[] = [observedSandbox()],
): ObservedPod => ({
  uid: podUid('uid-web'),
  name: 'web',
  namespace: 'default',
  sandboxes,
  containers,
});
