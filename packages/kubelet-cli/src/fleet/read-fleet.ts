import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '@solo-kubelet/diagnostics';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import { parseUrl } from '@solo-kubelet/diagnostics/text';
import { joinSignals, timeoutSignal } from '@solo-kubelet/timers';
import { createLimiter } from '@solo-kubelet/timers/turns';
import { readRegular } from '@solo-kubelet/untrusted-files';
import { CliError } from '../cli-error.js';

/** What there is of a fleet: documents as they came, and what could not be read. */
export interface FleetDocuments {
  readonly documents: readonly unknown[];
  readonly problems: readonly string[];
}

const MAX_DOCUMENT_BYTES = 64 * 1024;
const MAX_INDEX_BYTES = 64 * 1024 * 1024;
const MAX_DOCUMENTS = 100_000;
const MAX_PARALLEL = 16;
const TIMEOUT_MS = 30_000;

/** Reports from a directory of `.json` and `.jsonl` files, or from an index at a URL. @throws (rejects) CliError where nothing at all can be read */
export const readFleet = async (where: string, options: { readonly signal: AbortSignal }): Promise<FleetDocuments> => {
  const url = /^https?:\/\//i.test(where) ? parseUrl(where) : undefined;
  try {
    return await (url === undefined ? readDirectory(where, options) : readIndex(url, options));
  } catch (error) {
    if (options.signal.aborted) throw error;
    throw new CliError({
      code: 'CLI_NOT_FOUND',
      message: `cannot read ${url === undefined ? where : shown(url)}: ${describeError(error)}`,
      cause: error,
    });
  }
};

const readDirectory = async (directory: string, { signal }: { readonly signal: AbortSignal }): Promise<FleetDocuments> => {
  const names = (await readdir(directory)).filter((name) => /^[^.].*\.jsonl?$/.test(name)).sort();
  return gather(
    names.slice(0, MAX_DOCUMENTS).map((name) => ({
      name,
      read: async () => {
        const isLines = name.endsWith('.jsonl');
        const text = (await readRegular(join(directory, name), { maxBytes: isLines ? MAX_INDEX_BYTES : MAX_DOCUMENT_BYTES })).toString();
        return isLines ? parseLines(text) : [parseBoundedJson(text)];
      },
    })),
    signal,
  );
};

/** Documents, or texts that say where they are: as a JSON list, as `items` of one, or one a line. */
const readIndex = async (url: URL, { signal }: { readonly signal: AbortSignal }): Promise<FleetDocuments> => {
  const entries = parseIndex(await get(url, MAX_INDEX_BYTES, signal));
  const documents = entries.filter((entry) => typeof entry !== 'string');
  const elsewhere = entries.filter((entry) => typeof entry === 'string');
  const fetched = await gather(
    elsewhere.slice(0, MAX_DOCUMENTS).map((text) => ({
      name: text,
      read: async () => {
        const target = parseUrl(text, url.href);
        // An index that somebody else wrote must not make this machine ask others.
        if (target?.origin !== url.origin) throw new Error('it is on another server than the index');
        return [parseBoundedJson(await get(target, MAX_DOCUMENT_BYTES, signal))];
      },
    })),
    signal,
  );
  return { documents: [...documents, ...fetched.documents], problems: fetched.problems };
};

const parseIndex = (text: string): readonly unknown[] => {
  try {
    const whole = parseBoundedJson(text);
    if (Array.isArray(whole)) return whole.slice(0, MAX_DOCUMENTS);
    const { items } = (whole ?? {}) as { readonly items?: unknown };
    return Array.isArray(items) ? items.slice(0, MAX_DOCUMENTS) : [whole];
  } catch (error) {
    // A list in one piece that is broken is no list of lines.
    if (text.trimStart().startsWith('[')) throw error;
    return parseLines(text);
  }
};

const parseLines = (text: string): readonly unknown[] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(0, MAX_DOCUMENTS)
    .map((line): unknown => {
      try {
        return parseBoundedJson(line);
      } catch {
        // Told of as a document that is none.
        return undefined;
      }
    });

const gather = async (
  parts: readonly { readonly name: string; readonly read: () => Promise<readonly unknown[]> }[],
  signal: AbortSignal,
): Promise<FleetDocuments> => {
  const limit = createLimiter(MAX_PARALLEL);
  const problems: string[] = [];
  const read = await Promise.all(
    parts.map(({ name, read: readPart }) =>
      limit.run(
        async () => {
          signal.throwIfAborted();
          try {
            return await readPart();
          } catch (error) {
            signal.throwIfAborted();
            problems.push(`${name.slice(0, MAX_NAME)}: ${describeError(error)}`);
            return [];
          }
        },
        { signal },
      ),
    ),
  );
  return { documents: read.flat().slice(0, MAX_DOCUMENTS), problems };
};
const MAX_NAME = 256;

/** The text behind a URL, no longer than it may be, and from no other server. */
const get = async (url: URL, maxBytes: number, signal: AbortSignal): Promise<string> => {
  const target = new URL(url);
  const [user, password] = [target.username, target.password].map(decodeURIComponent);
  [target.username, target.password] = ['', ''];
  using limited = joinSignals([signal, timeoutSignal(TIMEOUT_MS)]);
  const response = await fetch(target, {
    redirect: 'error',
    signal: limited.signal,
    headers: {
      accept: 'application/json',
      ...((user || password) && { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }),
    },
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`the server answered ${response.status}`);
  }
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.length;
    if (bytes > maxBytes) throw new Error(`it has more than ${maxBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
};

const shown = ({ origin, pathname }: URL): string => `${origin}${pathname}`;
