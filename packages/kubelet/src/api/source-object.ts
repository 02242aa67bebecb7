import type { SourceObject } from '@solo-kubelet/node-api';
import { isRefusal, type RolloutStatus, type SourceStatus } from '@solo-kubelet/verified-source';

/** What `sources` shows of one. */
export const sourceObject = ({
  url,
  sinceMs,
  appliedAtMs,
  checkedAtMs,
  rollout,
  refusedRevision,
  ...status
}: SourceStatus): SourceObject => ({
  ...status,
  ...(url === '' ? {} : { url }),
  since: time(sinceMs),
  ...(appliedAtMs === undefined ? {} : { applied: time(appliedAtMs) }),
  ...(checkedAtMs === undefined ? {} : { checked: time(checkedAtMs) }),
  ...(rollout && { rollout: shownRollout(rollout) }),
  ...(refusedRevision && { refusedRevision: shownRefusal(refusedRevision) }),
  ...(status.reason === undefined ? {} : { refused: isRefusal(status.reason) }),
});

const shownRollout = ({ sinceMs, ...rollout }: RolloutStatus): SourceObject['rollout'] => ({ ...rollout, since: time(sinceMs) });

const shownRefusal = ({ atMs, ...refusal }: NonNullable<SourceStatus['refusedRevision']>): SourceObject['refusedRevision'] => ({
  ...refusal,
  at: time(atMs),
});

const time = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
