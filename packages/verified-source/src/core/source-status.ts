import type { RolloutReason } from './rollout/decide-rollout.js';
import type { RefusedAnswer } from './rollout/rollout.js';
import type { Requirement } from './source-definition.js';

/** Why the last check of a source changed nothing, in one word. */
export type SourceReason =
  | 'SourceFileInvalid'
  | 'KeyInvalid'
  | 'CredentialsUnusable'
  | 'Unreachable'
  | 'CertificateUntrusted'
  | 'TooSlow'
  | 'NotFound'
  | 'HttpError'
  | 'RedirectRefused'
  | 'Empty'
  | 'TooLarge'
  | 'SignatureMissing'
  | 'SignatureInvalid'
  | 'KeyUnknown'
  | 'HashMismatch'
  | 'WrongSource'
  | 'RevisionMissing'
  | 'RevisionTooOld'
  | 'RevisionReused'
  | 'Expired'
  | 'NamespaceForbidden'
  | 'ArchiveInvalid'
  | 'ArtifactInvalid'
  | 'ListInvalid'
  | 'ManifestInvalid'
  | 'NotDecrypted'
  | 'NotKept'
  | 'LastGoodUnusable'
  | 'ImageInvalid'
  | 'DiskFull'
  | 'NotImported';

/** Reasons that say something about the way to the source, not about what it answered. */
const OF_THE_WAY: ReadonlySet<SourceReason> = new Set([
  'Unreachable',
  'CertificateUntrusted',
  'TooSlow',
  'NotFound',
  'HttpError',
  'LastGoodUnusable',
  'DiskFull',
  'NotImported',
]);

/** Whether an answer came and was refused. */
export const isRefusal = (reason: SourceReason): boolean => !OF_THE_WAY.has(reason);

/** What is known of a source; every field is safe to show. */
export interface SourceStatus {
  readonly name: string;
  /** Without user name, password and values of the query; empty where the source's file can't be read. */
  readonly url: string;
  readonly require: Requirement;
  readonly priority: number;
  /**
   * `Pending`: not checked yet, or nothing runs before its images are here. `Ready`: the last check found what runs, or something new that runs now. `Stale`: the last check failed, and the last good
   * answer runs on. `Failed`: it failed, and there is no last good answer.
   */
  readonly state: 'Pending' | 'Ready' | 'Stale' | 'Failed';
  /** Of what runs, where it says one. */
  readonly revision?: number;
  /** SHA-256 of what runs, hexadecimal. */
  readonly digest?: string;
  /** What vouched for what runs, such as `minisign 8B7A3F0D12345678`. */
  readonly verifiedBy?: string;
  /** How many of its documents are for other nodes. */
  readonly elsewhere?: number;
  /** Names of images that are to be kept: those that came along with what runs, ran before it or waits, and those of what it may go back to. */
  readonly images?: readonly string[];
  /** When what runs was taken, ms since 1970. */
  readonly appliedAtMs?: number;
  readonly checkedAtMs?: number;
  /** Since when the source is in its state, ms since 1970. */
  readonly sinceMs: number;
  /** Why the last check failed, and the same in a sentence. */
  readonly reason?: SourceReason;
  readonly message?: string;
  /** Checks that failed in a row. */
  readonly failures: number;
  /** That the source has had no new revision for longer than it should. */
  readonly notRenewed?: true;
  /** What is open about the newest revision: that it waits, or is on trial. Default: it runs. */
  readonly rollout?: RolloutStatus;
  /** That what runs is on trial, and may be left for what ran before. */
  readonly onTrial?: true;
  /** The last revision that was given up on this node: it failed its trial, or was skipped. */
  readonly refusedRevision?: RefusedAnswer;
  /** How it is with the images that the source itself has. Default: all that are wanted are in the runtime. */
  readonly imageFetch?: ImageFetch;
}

/** Images of a source on their way into the runtime. */
export interface ImageFetch {
  /** How many are wanted, and of these, how many the runtime has. */
  readonly images: number;
  readonly ready: number;
  /** Bytes that are here, and those that are needed of what the runtime did not hold, as far as that is known yet. */
  readonly bytes: number;
  readonly totalBytes: number;
  /** Why the last try did not bring all of them, and the same in a sentence. Default: it goes on. */
  readonly reason?: SourceReason;
  readonly message?: string;
  /** Tries in a row that brought nothing. */
  readonly failures: number;
}

export interface RolloutStatus {
  readonly reason: RolloutReason;
  readonly message: string;
  /** The revision that it is about; none where nothing new is there. */
  readonly revision?: number;
  /** Its SHA-256, hexadecimal. */
  readonly digest?: string;
  /** Since when the reason holds for this revision, ms since 1970. */
  readonly sinceMs: number;
}

/** How the rollout is after a step of it. */
export interface RolloutFinding {
  /** Default: none. */
  readonly images?: readonly string[];
  readonly rollout?: Omit<RolloutStatus, 'sinceMs'>;
  readonly onTrial?: true;
  readonly refusedRevision?: RefusedAnswer;
  readonly imageFetch?: ImageFetch;
}

export interface RunningAnswer {
  readonly revision?: number | undefined;
  readonly digest: string;
  readonly verifiedBy: string;
  readonly appliedAtMs: number;
  /** Default 0. */
  readonly elsewhere?: number;
}

export type SourceFinding =
  /** What was kept on disk runs again. */
  | { readonly type: 'restored'; readonly running: RunningAnswer }
  | { readonly type: 'applied'; readonly running: RunningAnswer }
  | { readonly type: 'unchanged' }
  /** What came is good, and nothing runs before its images are here. */
  | { readonly type: 'waiting' }
  /** Without a check: something that was there already has begun, or has come back. */
  | { readonly type: 'switched'; readonly running: RunningAnswer }
  | { readonly type: 'failed'; readonly reason: SourceReason; readonly message: string };

/** The status after one more finding. */
export const reduceStatus = (
  status: SourceStatus,
  finding: SourceFinding,
  { nowMs, renewWithinMs }: { readonly nowMs: number; readonly renewWithinMs: number },
): SourceStatus => {
  const next = afterFinding(status, finding, nowMs);
  const { notRenewed: _before, ...rest } = next;
  const overdue = renewWithinMs > 0 && next.appliedAtMs !== undefined && nowMs - next.appliedAtMs > renewWithinMs;
  return { ...rest, ...(overdue && { notRenewed: true }), sinceMs: next.state === status.state ? status.sinceMs : nowMs };
};

/** The status with how its rollout is. */
export const withRollout = (status: SourceStatus, { rollout, ...finding }: RolloutFinding, nowMs: number): SourceStatus => {
  const { rollout: before, refusedRevision: _refused, onTrial: _trial, images: _images, imageFetch: _fetch, ...rest } = status;
  const isSame = before !== undefined && before.reason === rollout?.reason && before.digest === rollout.digest;
  return {
    ...rest,
    ...(rollout && { rollout: { ...rollout, sinceMs: isSame ? before.sinceMs : nowMs } }),
    ...finding,
  };
};

const afterFinding = (status: SourceStatus, finding: SourceFinding, nowMs: number): SourceStatus => {
  const { reason: _reason, message: _message, ...calm } = status;
  const { revision: _revision, elsewhere: _elsewhere, ...anew } = calm;
  switch (finding.type) {
    case 'restored':
      return { ...anew, ...ofRunning(finding.running), state: 'Pending', failures: 0 };
    case 'applied':
      return { ...anew, ...ofRunning(finding.running), state: 'Ready', failures: 0, checkedAtMs: nowMs };
    case 'switched': {
      const { revision: _revision, elsewhere: _elsewhere, ...same } = status;
      // Nothing ran while it waited, and its answer had come.
      const isFirst = status.state === 'Pending' && status.checkedAtMs !== undefined;
      return { ...same, ...ofRunning(finding.running), ...(isFirst && { state: 'Ready' as const }) };
    }
    case 'waiting':
      return { ...calm, state: 'Pending', failures: 0, checkedAtMs: nowMs };
    case 'unchanged':
      return { ...calm, state: 'Ready', failures: 0, checkedAtMs: nowMs };
    case 'failed': {
      const { reason, message } = finding;
      const state = status.digest === undefined ? 'Failed' : 'Stale';
      return { ...calm, state, reason, message, failures: status.failures + 1, checkedAtMs: nowMs };
    }
  }
};

const ofRunning = ({ revision, digest, verifiedBy, appliedAtMs, elsewhere = 0 }: RunningAnswer) => ({
  ...(revision === undefined ? {} : { revision }),
  digest,
  verifiedBy,
  ...(elsewhere > 0 && { elsewhere }),
  appliedAtMs,
});
