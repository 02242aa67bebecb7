import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import { type CpuSet, formatCpuSet, parseCpuSet } from '../cpu/cpu-set.js';
import type { CpuState } from '../cpu/cpu-state.js';
import { fnv32a, type GoValue, goText } from './go-text.js';

type Entries = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What a state file says, or why it can't be used. */
export type ReadCheckpoint<State> =
  | { readonly ok: true; readonly policyName: string; readonly state: State }
  | { readonly ok: false; readonly message: string };

/** `cpu_manager_state` in upstream's form (version 2, which every kubelet since 1.18 reads). Upstream: pkg/kubelet/cm/cpumanager/state/checkpoint.go. */
export const formatCpuCheckpoint = (policyName: string, { sharedPool, assignments }: CpuState): string => {
  const defaultCpuSet = formatCpuSet(sharedPool);
  const entries: Entries = Object.fromEntries(
    [...assignments]
      .sort(byKey)
      .map(([podUid, containers]) => [
        podUid,
        Object.fromEntries([...containers].sort(byKey).map(([name, cpus]) => [name, formatCpuSet(cpus)])),
      ]),
  );
  const checksum = checksumOf(policyName, defaultCpuSet, entries);
  return JSON.stringify({ policyName, defaultCpuSet, ...(assignments.size > 0 ? { entries } : {}), checksum });
};

const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);

const checksumOf = (policyName: string, defaultCpuSet: string, entries: Entries): number => {
  const text = (value: string): GoValue => ({ type: 'string', value });
  return fnv32a(
    goText({
      type: '*state.CPUManagerCheckpoint',
      fields: [
        ['PolicyName', text(policyName)],
        ['DefaultCPUSet', text(defaultCpuSet)],
        [
          'Entries',
          {
            type: 'map[string]map[string]string',
            entries: Object.entries(entries).map(([podUid, containers]) => [
              podUid,
              { type: 'map[string]string', entries: Object.entries(containers).map(([name, cpus]) => [name, text(cpus)]) },
            ]),
          },
        ],
        ['Checksum', { type: 'checksum.Checksum', value: 0 }],
      ],
    }),
  );
};

/** A checksum of 0, or none, is not checked, as upstream. */
export const parseCpuCheckpoint = (text: string): ReadCheckpoint<CpuState> => {
  let json: unknown;
  try {
    json = parseBoundedJson(text);
  } catch {
    return { ok: false, message: 'it is no JSON' };
  }
  const { policyName, defaultCpuSet, entries, checksum = 0 } = lowerCased(json) as Record<string, unknown>;
  if (typeof policyName !== 'string' || typeof defaultCpuSet !== 'string' || !isEntries(entries)) {
    return { ok: false, message: 'it is not of the form that a kubelet writes' };
  }
  if (checksum !== 0 && checksum !== checksumOf(policyName, defaultCpuSet, entries ?? {})) {
    return { ok: false, message: 'checkpoint is corrupted' };
  }
  return toState(policyName, defaultCpuSet, entries ?? {});
};

/** Go reads field names whatever their case. */
const lowerCased = (json: unknown): unknown =>
  typeof json === 'object' && json !== null && 'defaultCPUSet' in json ? { ...json, defaultCpuSet: json.defaultCPUSet } : (json ?? {});

const isEntries = (json: unknown): json is Entries | undefined =>
  json === undefined || isRecordOf(json, (pod) => isRecordOf(pod, isString));
const isRecordOf = (json: unknown, accepts: (value: unknown) => boolean): boolean =>
  typeof json === 'object' && json !== null && Object.values(json).every(accepts);
const isString = (json: unknown): boolean => typeof json === 'string';

const toState = (policyName: string, defaultCpuSet: string, entries: Entries): ReadCheckpoint<CpuState> => {
  const sharedPool = parseCpuSet(defaultCpuSet);
  if (sharedPool === undefined) return { ok: false, message: `could not parse default cpu set "${defaultCpuSet}"` };
  const assignments = new Map<string, ReadonlyMap<string, CpuSet>>();
  for (const [podUid, containers] of Object.entries(entries)) {
    const parsed = new Map<string, CpuSet>();
    for (const [name, given] of Object.entries(containers)) {
      const cpus = parseCpuSet(given);
      if (cpus === undefined) return { ok: false, message: `could not parse cpuset "${given}" for container "${name}" in pod "${podUid}"` };
      parsed.set(name, cpus);
    }
    assignments.set(podUid, parsed);
  }
  return { ok: true, policyName, state: { sharedPool, assignments } };
};
