import type { SourceObject } from '@solo-kubelet/node-api';
import { CliError } from '../cli-error.js';
import { tableWidth, write, writeRaw } from '../cli-io.js';
import { EXIT } from '../exit-status.js';
import { parseOutputFormat, printObjects } from '../output/print-objects.js';
import { sourcePrinter } from '../output/printers.js';
import type { VerbContext } from './verb-context.js';

export interface SourcesOptions {
  readonly names: readonly string[];
  readonly output?: string;
  readonly noHeaders?: boolean;
}

/**
 * `sources [NAME]…`. Exit status: 0 where every source is ready; 3 where an answer of one was refused; 1 where one can't be reached, was not checked yet, or
 * was not renewed for too long.
 */
export const sources = async ({ names, output, noHeaders }: SourcesOptions, { client, io, signal, now }: VerbContext): Promise<number> => {
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

const statusOf = (sources: readonly SourceObject[]): number => {
  if (sources.some(({ refused }) => refused === true)) return EXIT.manifestRejected;
  return sources.every(({ state, notRenewed }) => state === 'Ready' && notRenewed !== true) ? EXIT.done : EXIT.failed;
};
