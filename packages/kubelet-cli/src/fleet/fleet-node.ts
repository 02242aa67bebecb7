import { isRecord } from '@solo-kubelet/diagnostics/json';
/** One node of a fleet, as its last report tells. */
export interface FleetNode {
  readonly name: string;
  /** `42`, or by source: `site=42,ops=7`. */
  readonly revision: string;
  readonly healthy: boolean;
  /** Its last report is older than it should be. */
  readonly stale: boolean;
  /** RFC 3339, where they can be read. */
  readonly since?: string;
  readonly seen?: string;
  readonly reason: string;
  readonly message: string;
  readonly kubeletVersion: string;
  readonly pods: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A report as it came: nobody vouches for any of it. */
export type ReadReport =
  /** `timeMs`: when it was made, as far as that can be; the last of several is the one that counts. */
  { readonly ok: true; readonly node: FleetNode; readonly timeMs: number } | { readonly ok: false; readonly error: string };

/** Longer texts are cut: a table is for reading. */
const MAX_TEXT = 256;
const MAX_SOURCES = 64;
/** As Kubernetes has it, in any case. */
const NODE_NAME = /^[A-Za-z0-9][-.A-Za-z0-9]{0,252}$/;
const MAX_LABELS = 64;

/** What is shown of one `NodeReport`. `staleMs`: how old it may be. */
export const readReport = (value: unknown, { nowMs, staleMs }: { readonly nowMs: number; readonly staleMs: number }): ReadReport => {
  if (!isRecord(value) || value['kind'] !== 'NodeReport') return { ok: false, error: 'it is no NodeReport' };
  if (value['apiVersion'] !== 'solo-kubelet.dev/v1alpha1') return { ok: false, error: 'its apiVersion is not known' };
  const { metadata, status } = value;
  const name = isRecord(metadata) ? textOf(metadata['name']) : '';
  if (!NODE_NAME.test(name) || !isRecord(status)) return { ok: false, error: 'it names no node, or has no status' };
  const timeMs = Date.parse(textOf(status['time']));
  if (Number.isNaN(timeMs)) return { ok: false, error: 'it does not say when it was made' };
  // A clock that is ahead makes reports that would count as new for as long: nobody knows how old they are.
  const isAhead = timeMs - nowMs > staleMs;
  const stale = isAhead || nowMs - timeMs > staleMs;
  const healthy = status['healthy'] === true;
  const pods = isRecord(status['pods']) ? status['pods'] : {};
  const since = timeText(status['since']);
  return {
    ok: true,
    timeMs: isAhead ? Number.NEGATIVE_INFINITY : timeMs,
    node: {
      name,
      revision: revisionsOf(status['sources']),
      healthy,
      stale,
      ...(since !== undefined && { since }),
      seen: new Date(timeMs).toISOString(),
      reason: healthy ? '' : textOf(status['reason']) || 'Unknown',
      message: healthy ? '' : textOf(status['message']),
      kubeletVersion: textOf(status['kubeletVersion']),
      pods: `${countOf(pods['ready']) + countOf(pods['succeeded'])}/${countOf(pods['total'])}`,
      labels: isRecord(metadata) ? labelsOf(metadata['labels']) : {},
    },
  };
};

const revisionsOf = (sources: unknown): string => {
  const all = (Array.isArray(sources) ? sources : []).slice(0, MAX_SOURCES).filter(isRecord);
  const revisionOf = ({ revision, digest }: Record<string, unknown>): string =>
    typeof revision === 'number' ? String(revision) : textOf(digest) || '<none>';
  const [only] = all;
  if (all.length <= 1) return only === undefined ? '<none>' : revisionOf(only);
  return all.map((source) => `${textOf(source['name'])}=${revisionOf(source)}`).join(',');
};

const labelsOf = (value: unknown): Readonly<Record<string, string>> =>
  isRecord(value)
    ? Object.fromEntries(
        Object.entries(value)
          .slice(0, MAX_LABELS)
          .map(([key, text]) => [key.slice(0, MAX_TEXT), textOf(text)]),
      )
    : {};

const timeText = (value: unknown): string | undefined => {
  const ms = Date.parse(textOf(value));
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
};

const textOf = (value: unknown): string => (typeof value === 'string' ? value.slice(0, MAX_TEXT) : '');
const countOf = (value: unknown): number => (Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : 0);

/** The newest report of each node, by name. */
export const newestOfEach = (reports: Iterable<Extract<ReadReport, { ok: true }>>): readonly FleetNode[] => {
  const newest = new Map<string, Extract<ReadReport, { ok: true }>>();
  for (const report of reports) {
    const before = newest.get(report.node.name);
    if (before === undefined || report.timeMs > before.timeMs) newest.set(report.node.name, report);
  }
  return [...newest.values()].map(({ node }) => node).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
};

/** Revisions that the summary names. */
const MAX_REVISIONS = 5;

/** `1000 nodes: 990 healthy, 7 not healthy, 3 stale; revision 42: 950, 41: 50`. */
export const fleetSummary = (nodes: readonly FleetNode[]): string => {
  const stale = nodes.filter((node) => node.stale).length;
  const healthy = nodes.filter((node) => !node.stale && node.healthy).length;
  const counts = new Map<string, number>();
  for (const { revision } of nodes) counts.set(revision, (counts.get(revision) ?? 0) + 1);
  const most = [...counts].sort(([, a], [, b]) => b - a);
  const shown = most.slice(0, MAX_REVISIONS).map(([revision, count]) => `${revision}: ${count}`);
  const more = most.length > MAX_REVISIONS ? `, and ${most.length - MAX_REVISIONS} others` : '';
  return `${nodes.length} nodes: ${healthy} healthy, ${nodes.length - healthy - stale} not healthy, ${stale} stale${
    shown.length === 0 ? '' : `; revision ${shown.join(', ')}${more}`
  }`;
};
