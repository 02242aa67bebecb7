import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from '@solo-kubelet/diagnostics';
import { type ManifestEvent, originKey } from '@solo-kubelet/manifest-source';
import {
  type Admission,
  type AdmissionRequest,
  type AdmissionSubject,
  admitManifests,
  createPolicyHost,
  fileAdmittedStore,
  inOrder,
  isRejection,
  type PolicyHost,
  rejectionReason,
  rejectionText,
  subjectOf,
  withOutcome,
} from '@solo-kubelet/pod-admission';
import type { FeatureGates, Pod } from '@solo-kubelet/pod-spec';
import type { Rejection, ToldEvent } from '@solo-kubelet/reconciler';
import { steadyScheduler } from '@solo-kubelet/timers/rxjs';
import {
  concat,
  concatMap,
  EMPTY,
  firstValueFrom,
  ignoreElements,
  type MonoTypeOperatorFunction,
  merge,
  mergeMap,
  type Observable,
  of,
  Subject,
  tap,
} from 'rxjs';
import { followPolicyFile, type PolicyReading, policyKeeper, startingPolicy } from './policy-file.js';

/** What decides which Pods may come to this node, and how they come. */
export interface NodeAdmission extends AsyncDisposable {
  /** Put behind sources, before their names are settled: every document of them goes through. `sources`: how many there are. */
  readonly takeDocuments: (options: { readonly sources: number }) => MonoTypeOperatorFunction<ManifestEvent>;
  /** Put behind what a cluster gives: its Pods pass, and `rejection` knows of each before it does. */
  readonly judgeClusterPods: () => MonoTypeOperatorFunction<ManifestEvent>;
  /** Why a Pod of a cluster may not run here. */
  readonly rejection: (podUid: string | undefined) => Rejection | undefined;
  /** What becomes of an object that a client writes: as it would run, or why it may not come. */
  readonly admit: <T extends WrittenObject>(object: T, previous: WrittenObject | undefined) => Promise<WriteVerdict<T>>;
  /** What was rejected, and what became of the policy. */
  readonly event$: Observable<ToldEvent>;
  /** Works while subscribed to: follows the file of the policy. */
  readonly follow$: Observable<never>;
}

/** An object as a client of the API has it. */
export type WrittenObject = Parameters<typeof subjectOf>[0];

export type WriteVerdict<T> = { readonly type: 'admitted'; readonly object: T } | { readonly type: 'denied'; readonly message: string };

export interface NodeAdmissionOptions {
  readonly nodeName: string;
  readonly rootDirectory: string;
  /** The file of the policy. Default: there is none, and `steps` alone decide. */
  readonly policyFile?: string | undefined;
  /** Looked at before the policy. Default: none. */
  readonly steps?: readonly Admission[];
  readonly featureGates?: FeatureGates;
  /** Directory beside which plugins are installed, for those that are named as packages. Default: that of this package. */
  readonly pluginsFrom?: string | undefined;
  readonly logger: Logger;
}

const OWN_DIRECTORY = dirname(fileURLToPath(import.meta.url));
/** Why a Pod that a cluster gave to this node is shown as Failed. */
const DENIED = 'AdmissionDenied';

/**
 * Reads the policy and starts its plugins.
 * @throws KubeletError (rejects) KUBELET_CONFIG_INVALID for a policy that can't be used where none ever was
 */
export const createNodeAdmission = async (options: NodeAdmissionOptions): Promise<NodeAdmission> => {
  const { nodeName, rootDirectory, policyFile, steps = [], featureGates, pluginsFrom = OWN_DIRECTORY, logger } = options;
  const event$ = new Subject<ToldEvent>();
  const keeper = policyKeeper(rootDirectory, logger);
  const start = policyFile === undefined ? undefined : await startingPolicy(policyFile, keeper);
  const host: PolicyHost | undefined =
    start && createPolicyHost({ policy: start.policy, resolveFrom: pluginsFrom, logger, ...(featureGates && { featureGates }) });
  const admission = inOrder(...steps, ...(host === undefined ? [] : [host.admission]));
  const ran = await whatRan(rootDirectory);
  const rejections = new Map<string, Rejection | undefined>();

  const tell = (type: ToldEvent['type'], reason: string, message: string): void => {
    event$.next({ type, reason, message });
    if (type === 'Warning')
      logger.warn({ path: policyFile, err: message }, 'Admission policy cannot be used; the last one that could stays in force');
    else logger.info({ path: policyFile }, 'Admission policy in force');
  };
  const take = (reading: PolicyReading): Promise<void> | undefined => {
    if (reading.type === 'broken') {
      tell('Warning', 'AdmissionPolicyInvalid', `${reading.message}; the last policy that could be used stays in force`);
      return undefined;
    }
    host?.replace(reading.policy);
    tell(
      'Normal',
      'AdmissionPolicyChanged',
      `${reading.policy.path}: policy ${reading.policy.name} is in force, with ${reading.policy.rules.length} rules`,
    );
    return keeper.save({ path: reading.policy.path, text: reading.text });
  };
  const requestOf = ({ kind, namespace, name }: AdmissionSubject, mayChange: boolean): AdmissionRequest => ({
    kind,
    namespace,
    name,
    nodeName,
    mayChange,
  });
  const judge = (pod: Pod): Observable<ManifestEvent> => {
    const uid = pod.metadata.uid ?? '';
    const subject = subjectOf({ ...pod, apiVersion: 'v1', kind: 'Pod' });
    // What ran before this kubelet did runs on: admission is for what comes.
    if (subject === undefined || rejections.has(uid) || ran.pods.has(uid)) return EMPTY;
    return admission(pod, requestOf(subject, false)).pipe(
      tap((outcome) => rejections.set(uid, isRejection(outcome) ? { reason: DENIED, message: rejectionReason(outcome) } : undefined)),
      ignoreElements(),
    );
  };
  const uids = new Map<string, string>();
  return {
    event$,
    follow$:
      policyFile === undefined || start === undefined
        ? EMPTY
        : merge(
            // Told once somebody listens.
            of(start.reading).pipe(tap((reading) => reading.type === 'broken' && take(reading))),
            followPolicyFile(policyFile, start.reading, steadyScheduler).pipe(concatMap(async (reading) => take(reading))),
          ).pipe(ignoreElements()),
    takeDocuments:
      ({ sources }) =>
      (manifestEvent$) =>
        manifestEvent$.pipe(
          admitManifests({
            admission,
            again$: host?.again$ ?? EMPTY,
            nodeName,
            sources,
            store: fileAdmittedStore({ path: join(rootDirectory, 'admission', 'admitted.json'), logger }),
            ranBefore: (subject) => (subject.kind === 'Pod' ? ran.pods.has(subject.uid) : ran.workloads.has(keyOf(subject))),
          }),
          mergeMap((output) => {
            if (output.type === 'manifest') return [output.event];
            const { kind, apiVersion, namespace, name, uid } = output.subject;
            const about = { kind, apiVersion, namespace, name, uid };
            const more = output.stale ? '; the version that was admitted before runs on' : '';
            event$.next({ type: 'Warning', reason: 'FailedCreate', message: `Error creating: ${output.message}${more}`, about });
            return [];
          }),
        ),
    judgeClusterPods: () => (manifestEvent$) =>
      manifestEvent$.pipe(
        concatMap((event) => {
          if (!('origin' in event)) return of(event);
          const key = originKey(event.origin);
          if (event.type === 'applied') {
            uids.set(key, event.pod.metadata.uid ?? '');
            return concat(judge(event.pod), of(event));
          }
          if (event.type === 'removed') {
            rejections.delete(uids.get(key) ?? '');
            uids.delete(key);
          }
          return of(event);
        }),
      ),
    rejection: (podUid = '') => rejections.get(podUid),
    admit: async (object, previous) => {
      const subject = subjectOf(object);
      if (subject === undefined) return { type: 'admitted', object };
      const before = previous && subjectOf(previous);
      if (before !== undefined && sameSpec(before.pod, subject.pod)) return { type: 'admitted', object };
      // What comes for debugging runs as it was asked for: nobody rewrites it on its way, so it is judged as it is.
      const isDebugging = before !== undefined && debuggers(before.pod) !== debuggers(subject.pod);
      const outcome = await firstValueFrom(admission(subject.pod, requestOf(subject, !isDebugging)));
      if (isRejection(outcome)) return { type: 'denied', message: rejectionText(subject.resource, subject.name, outcome) };
      return { type: 'admitted', object: outcome === subject.pod ? object : withOutcome(object, outcome) };
    },
    [Symbol.asyncDispose]: async () => {
      await host?.[Symbol.asyncDispose]();
    },
  };
};

const debuggers = ({ spec }: Pod): string => textOf(spec.ephemeralContainers ?? []);

const sameSpec = (a: Pod, b: Pod): boolean => textOf(a.spec) === textOf(b.spec);

const textOf = (value: unknown): string => JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? String(each) : each));

/** As the records of workloads are named. */
const keyOf = ({ apiVersion, kind, namespace, name }: AdmissionSubject): string =>
  `${kind}.${apiVersion.split('/', 1)[0]}/${namespace}/${name}`;

/** Nothing for what no record is named. */
const decoded = (text: string): readonly string[] => {
  try {
    return [decodeURIComponent(text)];
  } catch {
    return [];
  }
};

/** What an earlier kubelet kept records of: Pods by UID, workloads by kind, namespace and name. */
const whatRan = async (rootDirectory: string): Promise<{ readonly pods: ReadonlySet<string>; readonly workloads: ReadonlySet<string> }> => {
  const names = async (directory: string): Promise<ReadonlySet<string>> => {
    const found = await readdir(join(rootDirectory, directory)).catch(() => []);
    return new Set(found.flatMap((name) => (name.endsWith('.json') ? decoded(name.slice(0, -'.json'.length)) : [])));
  };
  return { pods: await names('pod-status'), workloads: await names('workloads') };
};
