import { metaTime } from '@solo-kubelet/diagnostics/text';
import type { SourceObject } from '@solo-kubelet/node-api';
import { type ImageFetch, isRefusal, type RolloutStatus, type SourceStatus } from '@solo-kubelet/verified-source';

/** What `sources` shows of one. */
export const sourceObject = ({
  url,
  sinceMs,
  appliedAtMs,
  checkedAtMs,
  rollout,
  refusedRevision,
  imageFetch,
  ...status
}: SourceStatus): SourceObject => ({
  ...status,
  ...(url === '' ? {} : { url }),
  since: metaTime(sinceMs),
  ...(appliedAtMs === undefined ? {} : { applied: metaTime(appliedAtMs) }),
  ...(checkedAtMs === undefined ? {} : { checked: metaTime(checkedAtMs) }),
  ...(rollout && { rollout: shownRollout(rollout) }),
  ...(imageFetch && { imageFetch: shownFetch(imageFetch) }),
  ...(refusedRevision && { refusedRevision: shownRefusal(refusedRevision) }),
  ...(status.reason === undefined ? {} : { refused: isRefusal(status.reason) }),
});

const shownRollout = ({ sinceMs, ...rollout }: RolloutStatus): SourceObject['rollout'] => ({ ...rollout, since: metaTime(sinceMs) });

const shownFetch = (fetch: ImageFetch): NonNullable<SourceObject['imageFetch']> => ({
  ...fetch,
  ...(fetch.reason === undefined ? {} : { refused: isRefusal(fetch.reason) }),
});

const shownRefusal = ({ atMs, ...refusal }: NonNullable<SourceStatus['refusedRevision']>): SourceObject['refusedRevision'] => ({
  ...refusal,
  at: metaTime(atMs),
});
