import { imageNames } from '@solo-kubelet-tools/images';

/** A container that runs a shell script in the test image. */
export const script = (name: string, text: string, more: object = {}): object => ({
  name,
  image: imageNames.busybox,
  command: ['sh', '-c', text],
  ...more,
});

/** Sleeps until told to end, and then ends at once. */
export const SLEEP = 'trap "exit 0" TERM; while :; do sleep 0.1; done';

/** A Pod manifest. */
export const podManifest = (name: string, spec: object, metadata: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...metadata },
  spec: { terminationGracePeriodSeconds: 5, ...spec },
});

export const sleeper = (name: string, more: object = {}): object => podManifest(name, { containers: [script('app', SLEEP, more)] });
