import type { ManifestEvent } from '@solo-kubelet/manifest-source';
import type { ApiObject } from '@solo-kubelet/object-spec';
import type { WorkloadEntry } from '../../core/expand/workload-entry.js';
import { WORKLOAD_SOURCE } from '../workload-output.js';

export interface Announcements {
  /** Whether anything was said of the workload. */
  has(key: string): boolean;
  /** Says what an entry asks for and has not been said yet; what ends was asked for before, or belongs to nothing. */
  announce(key: string, entry: WorkloadEntry): void;
  /** The workload is no more. */
  drop(key: string): void;
}

/** Tells of Pods, claims and copies of what Pods refer to as if they were documents of the source `workload`, each of them once. */
export const createAnnouncements = (say: (event: ManifestEvent) => void): Announcements => {
  /** Numbers of what was said, by workload. */
  const announced = new Map<string, Set<number>>();
  const originOf = (key: string, number: number) => ({ source: WORKLOAD_SOURCE.source, path: key, document: number });
  return {
    has: (key) => announced.has(key),
    drop: (key) => void announced.delete(key),
    announce: (key, entry) => {
      const said = announced.get(key) ?? new Set<number>();
      announced.set(key, said);
      const claims = new Map(entry.claims.map(({ number, claim }) => [number, claim]));
      const copies = new Map(
        (entry.config?.versions ?? []).flatMap(({ copies: all = [] }) => all.map(({ number, object }) => [number, object])),
      );
      const kept = new Map(entry.children.filter(({ endingSince }) => endingSince === undefined).map(({ number, pod }) => [number, pod]));
      for (const number of said) {
        if (kept.has(number) || claims.has(number) || copies.has(number)) continue;
        said.delete(number);
        say({ type: 'removed', origin: originOf(key, number) });
      }
      for (const objects of [claims, copies]) {
        for (const [number, object] of objects) {
          if (said.has(number)) continue;
          said.add(number);
          say({ type: 'objectApplied', origin: originOf(key, number), object: object as ApiObject, warnings: [] });
        }
      }
      for (const [number, pod] of kept) {
        if (said.has(number)) continue;
        said.add(number);
        say({ type: 'applied', origin: originOf(key, number), pod, warnings: [] });
      }
    },
  };
};
