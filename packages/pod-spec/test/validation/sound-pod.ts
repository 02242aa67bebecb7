import type { Container, ObjectMeta, Pod, PodSpec } from '../../src/gen/pod-types.js';
import { validatePod } from '../../src/validation/index.js';

/** What a test may write in place of a part, right or wrong. */
export type Loose = Record<string, unknown>;

const soundContainer: Loose = {
  name: 'app',
  image: 'r/app:1',
  imagePullPolicy: 'IfNotPresent',
  terminationMessagePolicy: 'File',
  resources: {},
};

/** A container that no rule objects to, with these fields in place of its own. */
export const container = (fields: Loose = {}): Container => ({ ...soundContainer, ...fields }) as unknown as Container;

/** A Pod that no rule objects to, with these fields of its spec and metadata in place of its own. */
export const podWith = (spec: Loose = {}, metadata: Loose = {}): Pod => ({
  metadata: { name: 'web-node1', namespace: 'default', uid: 'u', ...metadata } as ObjectMeta as Pod['metadata'],
  spec: {
    containers: [container()],
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    terminationGracePeriodSeconds: 30,
    nodeName: 'node1',
    ...spec,
  } as unknown as PodSpec,
});

export const messagesOf = (pod: Pod): string[] => validatePod(pod).map(({ message }) => message);

/** The messages about a Pod whose only container has these fields. */
export const containerMessages = (fields: Loose, spec: Loose = {}): string[] =>
  messagesOf(podWith({ containers: [container(fields)], ...spec }));

/** The messages about a Pod whose only volume, `v`, has this source. */
export const volumeMessages = (source: Loose): string[] => messagesOf(podWith({ volumes: [{ name: 'v', ...source }] }));
