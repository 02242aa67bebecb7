import type { CgroupDriver } from '../node-environment.js';

/** A cgroup by its elements from the cgroup root: `['kubepods', 'burstable', 'pod1234']`. Empty: the root itself. */
export type CgroupName = readonly string[];

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

/** `cgroupRoot` as a name. */
export const cgroupRootName = (root: string): CgroupName => root.split('/').filter((element) => element !== '');

export const kubepodsName = (root: CgroupName): CgroupName => [...root, 'kubepods'];

export const qosName = (root: CgroupName, qosClass: QosClass): CgroupName =>
  qosClass === 'Guaranteed' ? kubepodsName(root) : [...kubepodsName(root), qosClass.toLowerCase()];

export const podCgroupName = (root: CgroupName, qosClass: QosClass, podUid: string): CgroupName => [
  ...qosName(root, qosClass),
  `pod${podUid}`,
];

/** Path below the cgroup mount: `/kubepods/burstable/pod<uid>`, or slices of slices with systemd. This is what CRI's cgroup_parent wants. */
export const cgroupPath = (driver: CgroupDriver, name: CgroupName): string =>
  driver === 'systemd' ? `/${sliceNames(name).join('/')}` : `/${name.join('/')}`;

/** A cgroup by the path that a user gives: directories, or with systemd a slice whose name has dashes for its parents. */
export const cgroupNameOf = (driver: CgroupDriver, path: string): CgroupName => {
  const elements = cgroupRootName(path);
  return driver === 'systemd' ? (elements.at(-1) ?? '').replace(/\.slice$/, '').split('-') : elements;
};

/** The systemd unit of a cgroup: `kubepods-burstable-pod<uid>.slice`. */
export const sliceUnit = (name: CgroupName): string => sliceNames(name).at(-1) ?? '-.slice';

/** The pod UID that a cgroup directory name stands for; undefined for any other directory. */
export const podUidOfCgroup = (driver: CgroupDriver, directoryName: string): string | undefined => {
  if (driver === 'cgroupfs') return directoryName.startsWith('pod') ? directoryName.slice('pod'.length) : undefined;
  // Dashes of the UID are underscores in the slice and cannot be told apart: a UID that has underscores of its own is not recognised.
  const element = /-pod([^-]+)\.slice$/.exec(directoryName)?.[1];
  return element?.replaceAll('_', '-');
};

/** Every slice repeats the names of its parents, joined by dashes, so dashes inside a name become underscores (systemd.slice(5)). */
const sliceNames = (name: CgroupName): readonly string[] =>
  name.map(
    (_, index) =>
      `${name
        .slice(0, index + 1)
        .map((element) => element.replaceAll('-', '_'))
        .join('-')}.slice`,
  );
