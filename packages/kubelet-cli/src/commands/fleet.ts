import { withoutControls } from '@solo-kubelet/diagnostics/text';
import { delay } from '@solo-kubelet/timers';
import { CliError } from '../cli-error.js';
import { type CliIo, tableWidth, write, writeRaw } from '../cli-io.js';
import { EXIT } from '../exit-status.js';
import { type FleetNode, fleetSummary, newestOfEach, readReport } from '../fleet/fleet-node.js';
import { type Fleet, openFleet } from '../fleet/read-fleet.js';
import { ageOf } from '../output/human-duration.js';
import { type ObjectPrinter, parseOutputFormat, printObjects } from '../output/print-objects.js';

export interface FleetOptions {
  readonly action: string;
  /** A directory, the URL of an index, or a prefix of a bucket. */
  readonly where: string;
  /** Age of a report from which a node counts as stale, ms. */
  readonly staleMs: number;
  readonly watch: boolean;
  /** How often it is looked again, ms. */
  readonly intervalMs: number;
  readonly output?: string;
  readonly noHeaders: boolean;
}

/** Documents that can't be read and are named. */
const MAX_TOLD = 5;

/** `fleet status DIR|URL|s3://BUCKET/PREFIX/`. Exit status: 0 where every node is healthy and was seen lately; 1 where one is not, or a report can't be read. */
export const fleet = async (options: FleetOptions, { io, now }: { readonly io: CliIo; readonly now: () => number }): Promise<number> => {
  if (options.action !== 'status')
    throw new CliError({
      code: 'CLI_USAGE',
      message: `there is no fleet ${options.action}`,
      hint: 'There is: fleet status DIR|URL|s3://BUCKET/PREFIX/',
    });
  const reports = await openFleet(options.where, { env: io.env });
  try {
    return await show(options, { io, now, reports });
  } finally {
    reports.close();
  }
};

interface Context {
  readonly io: CliIo;
  readonly now: () => number;
  readonly reports: Fleet;
}

const show = async (options: FleetOptions, context: Context): Promise<number> => {
  const { io } = context;
  let seen = await look(options, context);
  for (let told: Seen | undefined; ; seen = await lookAgain(options, seen, context)) {
    if (seen.text !== told?.text) await (options.output?.startsWith('jsonpath=') ? writeRaw : write)(io.stdout, seen.text);
    if (seen.text !== told?.text || seen.problems !== told?.problems) await write(io.stderr, seen.problems);
    told = seen;
    if (!options.watch) return seen.status;
    await delay(options.intervalMs, undefined, { signal: io.interrupted }).catch(() => {});
    if (io.interrupted.aborted) return seen.status;
  }
};

interface Seen {
  readonly text: string;
  readonly problems: string;
  readonly status: number;
}

/** Who watches goes on through a network that is away for a while, with what was seen last. */
const lookAgain = (options: FleetOptions, before: Seen, context: Context): Promise<Seen> =>
  look(options, context).catch((error: unknown) => {
    if (!(error instanceof CliError)) throw error;
    return { text: before.text, problems: `warning: ${withoutBreaks(error.message)}\n`, status: EXIT.failed };
  });

const look = async ({ staleMs, output, noHeaders }: FleetOptions, { io, now, reports }: Context): Promise<Seen> => {
  const format = parseOutputFormat(output);
  const { documents, problems } = await reports.read({ signal: io.interrupted });
  const nowMs = now();
  const read = documents.map(({ name, value }) => ({ name, report: readReport(value, { nowMs, staleMs }) }));
  const nodes = newestOfEach(read.map(({ report }) => report).filter((report) => report.ok));
  const bad = [...problems, ...read.flatMap(({ name, report }) => (report.ok ? [] : [`${name}: ${report.error}`]))];
  const maxWidth = format.type === 'table' && format.wide ? undefined : tableWidth(io);
  const table = await printObjects(nodes, fleetPrinter(nowMs), { format, noHeaders, ...(maxWidth !== undefined && { maxWidth }) });
  const isGood = bad.length === 0 && nodes.length > 0 && nodes.every(({ healthy, stale }) => healthy && !stale);
  return {
    text: format.type === 'table' ? `${nodes.length === 0 ? '' : table}${withoutBreaks(fleetSummary(nodes))}\n` : table,
    problems: problemText(bad),
    status: isGood ? EXIT.done : EXIT.failed,
  };
};

const problemText = (bad: readonly string[]): string =>
  bad.length === 0
    ? ''
    : `${bad
        .slice(0, MAX_TOLD)
        .map((problem) => `warning: a report can't be read: ${withoutBreaks(problem)}\n`)
        .join('')}${bad.length > MAX_TOLD ? `warning: and ${bad.length - MAX_TOLD} more\n` : ''}`;

const fleetPrinter = (nowMs: number): ObjectPrinter<FleetNode> => ({
  columns: ['NODE', 'REVISION', 'HEALTHY', 'SINCE', 'REASON', 'LAST SEEN'],
  wideColumns: ['PODS', 'VERSION', 'LABELS', 'MESSAGE'],
  row: ({ name, revision, healthy, stale, since, reason, seen }) => [
    name,
    revision,
    stale ? 'Unknown' : healthy ? 'True' : 'False',
    ageOf(since, nowMs),
    stale ? 'Stale' : reason,
    ageOf(seen, nowMs),
  ],
  wideRow: ({ pods, kubeletVersion, labels, message }) => [
    pods,
    kubeletVersion,
    Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
    message,
  ],
  name: ({ name }) => `node/${name}`,
  listKind: 'List',
});

/** What a stranger wrote stays in its line, and steers nothing. */
const withoutBreaks = (text: string): string => withoutControls(text.replace(/[\n\r\f]+/g, ' '));
