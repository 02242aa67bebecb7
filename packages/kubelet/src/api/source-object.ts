import type { SourceObject } from '@solo-kubelet/node-api';
import { isRefusal, type SourceStatus } from '@solo-kubelet/verified-source';

/** What `sources` shows of one. */
export const sourceObject = ({ url, sinceMs, appliedAtMs, checkedAtMs, ...status }: SourceStatus): SourceObject => ({
  ...status,
  ...(url === '' ? {} : { url }),
  since: time(sinceMs),
  ...(appliedAtMs === undefined ? {} : { applied: time(appliedAtMs) }),
  ...(checkedAtMs === undefined ? {} : { checked: time(checkedAtMs) }),
  ...(status.reason === undefined ? {} : { refused: isRefusal(status.reason) }),
});

const time = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
