import type { SourceObject } from '@solo-kubelet/node-api';
import { CliError } from '../cli-error.js';
import { tableWidth, write, writeRaw } from '../cli-io.js';
import { EXIT } from '../exit-status.js';
import { parseOutputFormat, printObjects } from '../output/print-objects.js';
import { sourcePrinter } from '../output/printers.js';
import type { VerbContext } from './verb-context.js';

export interface SourcesOptions {
  readonly names: readonly string[];
  /** What is to be done with their rollouts: `hold`, `resume`, `skip` or `retry`. Default: they are shown. */
  readonly command?: string;
  readonly output?: string;
  readonly noHeaders?: boolean;
}

/**
 * `sources [NAME]…`. Exit status: 0 where every source is ready; 3 where an answer of one was refused, an image of one was, or a revision failed its trial;
 * 1 where one can't be reached, was not checked yet, waits for images, is on trial, or was not renewed for too long.
 */
export const sources = async (options: SourcesOptions, context: VerbContext): Promise<number> => {
  const { names, command, output, noHeaders } = options;
  const { client, io, signal, now } = context;
  if (command !== undefined) return steer(names, command, context);
  const format = parseOutputFormat(output);
  const all = await client.listSources({ signal });
  const missing = names.find((name) => !all.some((source) => source.name === name));
  if (missing !== undefined) {
    throw new CliError({ code: 'CLI_NOT_FOUND', message: `source "${missing}" not found`, hint: 'List them with: kubelet-cli sources' });
  }
  const wanted = all.filter(({ name }) => names.length === 0 || names.includes(name));
  if (wanted.length === 0 && format.type === 'table') {
    await write(io.stderr, 'No sources: there is no ManifestSource in the source directory (--source-dir).\n');
    return EXIT.done;
  }
  const maxWidth = format.type === 'table' && format.wide ? undefined : tableWidth(io);
  const text = await printObjects(wanted, sourcePrinter({ now }), {
    format,
    single: names.length === 1,
    ...(maxWidth === undefined ? {} : { maxWidth }),
    ...(noHeaders === undefined ? {} : { noHeaders }),
  });
  await (format.type === 'jsonpath' ? writeRaw : write)(io.stdout, text);
  return statusOf(wanted);
};

/** One after the other; what one of them refuses does not keep the others from it. */
const steer = async (names: readonly string[], command: string, { client, io, signal }: VerbContext): Promise<number> => {
  let status: number = EXIT.done;
  for (const name of names) {
    try {
      await write(io.stdout, `source/${name}: ${await client.commandSource(name, command, { signal })}\n`);
    } catch (error) {
      if (!(error instanceof CliError) || !['CLI_REFUSED', 'CLI_NOT_FOUND'].includes(error.code)) throw error;
      await write(io.stderr, `error: ${error.message}\n`);
      status = EXIT.failed;
    }
  }
  return status;
};

const statusOf = (sources: readonly SourceObject[]): number => {
  const isRefused = ({ refused, rollout, imageFetch }: SourceObject): boolean =>
    refused === true || rollout?.reason === 'RolledBack' || imageFetch?.refused === true;
  if (sources.some(isRefused)) return EXIT.manifestRejected;
  return sources.every(
    ({ state, notRenewed, onTrial, rollout }) =>
      state === 'Ready' && notRenewed !== true && onTrial !== true && rollout?.reason !== 'ImagesPending',
  )
    ? EXIT.done
    : EXIT.failed;
};
