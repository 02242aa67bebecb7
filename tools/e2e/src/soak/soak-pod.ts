import { imageNames } from '@solo-kubelet-tools/images';
import { podManifest } from '../kubelet/manifests.js';
import type { SoakPod } from './soak-plan.js';

/** Ends at once when told to; takes all memory that it gets on SIGUSR1, and fails on SIGUSR2. */
const STAY = 'trap "exit 0" TERM; trap "exec tail /dev/zero" USR1; trap "exit 3" USR2; while :; do sleep 1000000 & wait $!; done';

export const imageOf = ({ image }: SoakPod): string => imageNames[image];

/** Names of the containers that run for as long as the Pod does. */
export const containersOf = ({ shape }: SoakPod): readonly string[] => (shape === 'pair' ? ['app', 'beside'] : ['app']);

/** Last argument of a container's program, by which it can be told from every other on the machine. */
export const markOf = (directory: string, pod: string, container: string): string => `${directory}/mark/${pod}/${container}`;

/** The manifest of a Pod of the soak. */
export const soakManifest = (directory: string, name: string, pod: SoakPod): object => {
  const { shape, version } = pod;
  const env = [{ name: 'VERSION', value: `${version}` }];
  const containers = containersOf(pod).map((container) => ({
    name: container,
    image: imageOf(pod),
    imagePullPolicy: 'Never',
    command: ['sh', '-c', STAY, 'sh', markOf(directory, name, container)],
    env,
    ...(shape === 'bounded' && { resources: { limits: { memory: '32Mi' } } }),
    ...(shape === 'probed' && {
      livenessProbe: { exec: { command: ['test', '!', '-e', '/tmp/sick'] }, periodSeconds: 1, failureThreshold: 2, timeoutSeconds: 10 },
    }),
    ...(shape === 'volume' && { volumeMounts: [{ name: 'memory', mountPath: '/memory' }] }),
  }));
  return podManifest(name, {
    terminationGracePeriodSeconds: 5,
    ...(shape === 'initialized' && {
      initContainers: [{ name: 'before', image: imageOf(pod), imagePullPolicy: 'Never', command: ['true'], env }],
    }),
    ...(shape === 'volume' && { volumes: [{ name: 'memory', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } }] }),
    containers,
  });
};
