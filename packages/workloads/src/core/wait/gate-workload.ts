import type { WorkloadEntry } from '../expand/workload-entry.js';
import { namespaceOf } from '../expand/workload-object.js';
import { wantedTemplate } from '../rollout/config-of-workload.js';
import { isSameJson } from '../same-json.js';
import type { PodTemplate } from '../stateful-set/identity.js';
import type { WorkloadEvent } from '../workload.js';
import { parseWaitFor, termText, WAIT_FOR, type WaitTerm, waitCycle } from './wait-for.js';

export interface WaitFacts {
  /** Whether the condition holds for the object as its document asks for it. */
  readonly holds: (namespace: string, term: WaitTerm) => boolean;
  /** The annotation of another workload, by `kind/name`. */
  readonly waitOf: (namespace: string, what: string) => string | undefined;
}

export interface Gate {
  /** Why nothing new is made; undefined if the way is free. */
  readonly waiting?: string;
  /** What to go by meanwhile, where something was made before. */
  readonly template?: PodTemplate;
  readonly event?: WorkloadEvent;
}

/** Whether a workload has to wait for others. What has begun goes on: only the first Pods, and those of a new template, wait. */
export const gateWorkload = (entry: WorkloadEntry, facts: WaitFacts): Gate => {
  const annotation = entry.object.metadata.annotations?.[WAIT_FOR];
  if (annotation === undefined) return {};
  const begun = begunTemplate(entry);
  if (begun === 'all') return {};
  const { kind, metadata } = entry.object;
  const wait = judgeWait(annotation, { own: `${kind.toLowerCase()}/${metadata.name}`, namespace: namespaceOf(entry.object), facts });
  if (wait === undefined) return {};
  return {
    waiting: wait.message,
    ...(begun !== 'none' && { template: begun }),
    ...(entry.waiting !== wait.message && { event: wait }),
  };
};

/** Why what has the annotation does not begin, as an event; undefined if the way is free. `own`: its `kind/name`. */
export const judgeWait = (
  annotation: string,
  { own, namespace, facts }: { readonly own: string; readonly namespace: string; readonly facts: WaitFacts },
): WorkloadEvent | undefined => {
  const unmet = (text: string): readonly string[] => {
    const read = parseWaitFor(text);
    return read.ok ? read.terms.filter((term) => !facts.holds(namespace, term)).map(termText) : [];
  };
  const parsed = parseWaitFor(annotation);
  if (!parsed.ok) return { type: 'Warning', reason: 'InvalidWaitFor', message: parsed.error };
  const left = unmet(annotation);
  if (left.length === 0) return undefined;
  const cycle = waitCycle(own, (what) =>
    unmet((what === own ? annotation : facts.waitOf(namespace, what)) ?? '').map((term) => term.split('=')[0]!),
  );
  return cycle === undefined
    ? { type: 'Normal', reason: 'WaitingFor', message: `Waiting for ${left.join(', ')}` }
    : { type: 'Warning', reason: 'WaitCycle', message: `${cycle.join(' waits for ')}: none of them will start` };
};

/** `all`: what the document asks for has begun; `none`: nothing has; else the template that is gone by. */
const begunTemplate = (entry: WorkloadEntry): 'all' | 'none' | PodTemplate => {
  const { memory } = entry;
  switch (memory.kind) {
    case 'CronJob':
      return 'all';
    case 'Job':
    case 'ReplicaSet':
      return memory.record.podsMade > 0 || (memory.kind === 'Job' && memory.record.status?.startTime) ? 'all' : 'none';
    default: {
      const revisions: readonly { readonly revision: number; readonly template?: PodTemplate }[] = memory.revisions;
      const wanted = wantedTemplate(entry);
      if (revisions.some(({ template }) => template !== undefined && isSameJson(template, wanted))) return 'all';
      return revisions.toSorted((a, b) => a.revision - b.revision).findLast(({ template }) => template !== undefined)?.template ?? 'none';
    }
  }
};
