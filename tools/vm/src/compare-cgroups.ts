import {
  type ExpectedFiles,
  type ExpectedPod,
  expectedLevels,
  expectedPod,
  type MemoryQos,
  type NodeResources,
  type PodResources,
} from './kubernetes-formulas.js';

/** Values by cgroup and file; of processes, `oom_score_adj` under their names. */
export type CgroupValues = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** What read-cgroups.sh prints. */
export const parseCgroups = (text: string): CgroupValues => {
  const values = new Map<string, Map<string, string>>();
  for (const line of text.split('\n')) {
    const [cgroup, file, value] = line.split('\t');
    if (cgroup === undefined || file === undefined || value === undefined || value === '') continue;
    const files = values.get(cgroup) ?? new Map<string, string>();
    values.set(cgroup, files.set(file, value));
  }
  return values;
};

interface ComparisonOptions {
  readonly memoryQos?: MemoryQos | undefined;
  /** Whether a process keeps each sandbox. Default true; CRI-O has none where the Pod's processes don't see each other. */
  readonly pauses?: boolean;
}

/** Where the machine's cgroups are not what Kubernetes' formulas say, a line each; empty when all is well. */
export const differences = (
  values: CgroupValues,
  pods: readonly PodResources[],
  node: NodeResources,
  { memoryQos, pauses = true }: ComparisonOptions = {},
): readonly string[] => {
  const levels = expectedLevels(pods, node, memoryQos);
  const level = (name: keyof typeof levels, path: RegExp): readonly string[] => compare(name, find(values, path), levels[name]);
  return [
    ...level('kubepods', /^\/kubepods(\.slice)?$/),
    ...level('burstable', /\/(kubepods-)?burstable(\.slice)?$/),
    ...level('besteffort', /\/(kubepods-)?besteffort(\.slice)?$/),
    ...pods.flatMap((pod) => podDifferences(values, expectedPod(pod, node, memoryQos), pod.uid, pauses)),
  ];
};

const podDifferences = (values: CgroupValues, expected: ExpectedPod, uid: string, pauses: boolean): readonly string[] => {
  const pattern = new RegExp(`pod${uid.replaceAll('-', '[-_]')}(\\.slice)?$`);
  const [path] = [...values.keys()].filter((each) => pattern.test(each));
  if (path === undefined) return [`${uid}: it has no cgroup`];
  const below = childrenOf(values, path);
  const sandbox = below.find(([, files]) => files.has('oom_score_adj pause'));
  // A sandbox without a process may have a cgroup all the same.
  const container = below.find(([each, files]) => (pauses ? each !== sandbox?.[0] : processValues(files).length > 0));
  return [
    ...compare(uid, values.get(path), expected.pod),
    ...(pauses ? compare(`${uid} sandbox`, sandbox?.[1], expected.sandbox) : []),
    ...compare(`${uid} container`, container?.[1], expected.container),
  ];
};

/** The cgroups of containers. Below systemd crun keeps processes and every value of theirs in another one, below that which systemd makes. */
const childrenOf = (values: CgroupValues, path: string): readonly (readonly [string, ReadonlyMap<string, string>])[] => {
  const below = [...values].filter(([each]) => each.startsWith(`${path}/`));
  return below
    .filter(([each]) => !each.slice(path.length + 1).includes('/'))
    .map(([child, files]) => [child, values.get(`${child}/container`) ?? files]);
};

const find = (values: CgroupValues, path: RegExp): ReadonlyMap<string, string> | undefined =>
  [...values].find(([each]) => path.test(each))?.[1];

const compare = (what: string, files: ReadonlyMap<string, string> | undefined, expected: ExpectedFiles): readonly string[] => {
  if (files === undefined) return [`${what}: it has no cgroup`];
  return Object.entries(expected).flatMap(([file, wanted]) => {
    const allowed = typeof wanted === 'string' ? [wanted] : wanted;
    const found = file === 'oom_score_adj' ? processValues(files) : [files.get(file) ?? 'missing'];
    return found.length > 0 && found.every((value) => allowed.includes(value))
      ? []
      : [`${what}: ${file} is ${found.join(' and ') || 'missing'}, not ${allowed.join(' or ')}`];
  });
};

const processValues = (files: ReadonlyMap<string, string>): readonly string[] =>
  [...files].flatMap(([file, value]) => (file.startsWith('oom_score_adj ') ? [value] : []));
