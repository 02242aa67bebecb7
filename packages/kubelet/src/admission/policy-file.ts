import { join } from 'node:path';
import { describeError, type Logger } from '@solo-kubelet/diagnostics';
import { formatSettingsIssue } from '@solo-kubelet/manifest-source/settings';
import { type AdmissionPolicy, MAX_POLICY_BYTES, parsePolicy } from '@solo-kubelet/pod-admission';
import { readState, writeDurably } from '@solo-kubelet/state-files';
import { fromAbortable } from '@solo-kubelet/timers/rxjs';
import { readRegular } from '@solo-kubelet/untrusted-files';
import { concatMap, distinctUntilChanged, type Observable, type SchedulerLike, skip, startWith, timer } from 'rxjs';
import { KubeletError } from '../process/kubelet-error.js';

/** How often the file is looked at, ms. */
const LOOK_PERIOD_MS = 2_000;

/** The file of a policy as it was read. */
export type PolicyReading =
  | { readonly type: 'read'; readonly policy: AdmissionPolicy; readonly text: string }
  /** Why it can't be used, with the place in the file. */
  | { readonly type: 'broken'; readonly message: string };

/** Reads it; a file that is missing is as good as one that is broken. Never rejects. */
const readPolicyFile = async (path: string): Promise<PolicyReading> => {
  let text: string;
  try {
    text = (await readRegular(path, { followLinks: true, maxBytes: MAX_POLICY_BYTES })).toString();
  } catch (error) {
    return { type: 'broken', message: `${path}: ${describeError(error)}` };
  }
  const parsed = parsePolicy(text, { path });
  if (parsed.ok) return { type: 'read', policy: parsed.policy, text };
  const [first, ...more] = parsed.issues.map(formatSettingsIssue);
  return { type: 'broken', message: `${first ?? path}${more.length > 0 ? ` (and ${more.length} more)` : ''}` };
};

const sameReading = (a: PolicyReading, b: PolicyReading): boolean =>
  a.type === 'read' ? b.type === 'read' && a.text === b.text : b.type === 'broken' && a.message === b.message;

/** Every change of the file after `first`. */
export const followPolicyFile = (path: string, first: PolicyReading, scheduler: SchedulerLike): Observable<PolicyReading> =>
  timer(LOOK_PERIOD_MS, LOOK_PERIOD_MS, scheduler).pipe(
    concatMap(() => fromAbortable(() => readPolicyFile(path))),
    startWith(first),
    distinctUntilChanged(sameReading),
    skip(1),
  );

export interface StartingPolicy {
  readonly reading: PolicyReading;
  /** What is in force: what was read, or else the last one that could be used. */
  readonly policy: AdmissionPolicy;
}

interface KeptPolicy {
  readonly path: string;
  readonly text: string;
}

/** The last policy that could be used, for a start with a file that can't be. */
export const policyKeeper = (rootDirectory: string, logger: Logger) => {
  const path = join(rootDirectory, 'admission', 'policy.json');
  return {
    load: (): Promise<KeptPolicy | undefined> => readState(path, { decode: decodeKept, logger }),
    save: (kept: KeptPolicy): Promise<void> =>
      writeDurably(path, `${JSON.stringify({ version: 1, ...kept })}\n`, { mode: 0o600, directoryMode: 0o700 }).catch((error: unknown) =>
        logger.warn({ path, err: describeError(error) }, 'Cannot keep the admission policy on disk'),
      ),
  };
};

const decodeKept = (text: string): KeptPolicy => {
  const { version, path, text: policy } = JSON.parse(text) as Record<string, unknown>;
  if (version !== 1 || typeof path !== 'string' || typeof policy !== 'string') throw new Error('it is no admission policy in version 1');
  return { path, text: policy };
};

/**
 * The policy to start with. Nothing starts without one that was meant to be there: a file that can't be used is made up for by the one that was last in
 * force, and where there never was one the kubelet does not start.
 * @throws KubeletError (rejects) KUBELET_CONFIG_INVALID
 */
export const startingPolicy = async (path: string, keeper: ReturnType<typeof policyKeeper>): Promise<StartingPolicy> => {
  const reading = await readPolicyFile(path);
  if (reading.type === 'read') {
    await keeper.save({ path, text: reading.text });
    return { reading, policy: reading.policy };
  }
  const kept = await keeper.load();
  const parsed = kept?.path === path ? parsePolicy(kept.text, { path }) : undefined;
  if (parsed?.ok === true) return { reading, policy: parsed.policy };
  throw new KubeletError({
    code: 'KUBELET_CONFIG_INVALID',
    message: `--admission-policy-file: ${reading.message}`,
    hint: 'Mend the file (kubelet-cli validate --policy FILE checks it), or start without the flag. What runs, runs on.',
  });
};
