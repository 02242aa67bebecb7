import type { Mount } from '@solo-kubelet/cri-client';
import { describe, expect, it } from 'vitest';
import { explainImageVolume } from './image-volume-failure.js';

const failure = (message: string) => ({ ok: false, reason: 'CreateContainerError', message }) as const;
const ofHost: Mount = {
  containerPath: '/data',
  hostPath: '/a',
  readonly: false,
  selinuxRelabel: false,
  propagation: 0,
  uidMappings: [],
  gidMappings: [],
  recursiveReadOnly: false,
  image: undefined,
  imageSubPath: '',
  mountOptions: [],
};
const weights: Mount = {
  ...ofHost,
  containerPath: '/models',
  hostPath: '',
  image: { image: 'sha256:1', userSpecifiedImage: 'models:1', annotations: {}, runtimeHandler: '', imageRef: '' },
  imageSubPath: 'weights',
};
const old = 'failed to generate container spec: failed to mkdir "": mkdir : no such file or directory';

describe('explainImageVolume', () => {
  it.each([old, 'mkdir : no such file or directory', 'stat : no such file or directory'])(
    'says what is missing where a runtime says %s',
    (message) => {
      expect(explainImageVolume(failure(message), { mounts: [ofHost, weights] })).toEqual({
        ok: false,
        reason: 'CreateContainerError',
        message: `the container runtime cannot mount image "models:1" as a volume at /models with subPath "weights": it does not support image volumes: ${message}`,
      });
    },
  );

  it.each([
    ['another failure', 'stat /weights: no such file or directory', [weights]],
    ['a container without image volumes', old, [ofHost]],
  ])('leaves %s as it is', (_, message, mounts) => {
    expect(explainImageVolume(failure(message), { mounts })).toEqual(failure(message));
  });
});
