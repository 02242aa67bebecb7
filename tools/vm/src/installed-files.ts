import type { Machine } from './machine.js';

/** What changes by itself, and what is containerd's: images, which outlive whoever imported them. */
const NOT_OURS = [
  '/var/lib/containerd',
  '/var/lib/dpkg',
  '/var/lib/apt',
  '/var/lib/systemd',
  '/var/cache',
  '/var/log',
  '/var/tmp',
  '/tmp',
  '/root',
  '/opt/solo-kubelet',
];

/** Every path on the machine's disk, sorted, but for what changes by itself. */
export const installedFiles = async (machine: Machine): Promise<readonly string[]> => {
  const pruned = NOT_OURS.map((path) => `-path ${path}`).join(' -o ');
  const listed = await machine.must(`find / -xdev \\( ${pruned} \\) -prune -o -print | sort`);
  return listed.split('\n').filter((path) => path !== '');
};

/** Which paths are gone, and which have come. */
export const lostAndLeft = (before: readonly string[], after: readonly string[]) => {
  const [earlier, later] = [new Set(before), new Set(after)];
  return { lost: before.filter((path) => !later.has(path)), left: after.filter((path) => !earlier.has(path)) };
};
