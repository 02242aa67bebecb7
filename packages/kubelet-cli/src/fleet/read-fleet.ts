import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '@solo-kubelet/diagnostics';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import { parseUrl } from '@solo-kubelet/diagnostics/text';
import { joinSignals, timeoutSignal } from '@solo-kubelet/timers';
import { readRegular } from '@solo-kubelet/untrusted-files';
import { CliError } from '../cli-error.js';
import { type FleetDocuments, gather, MAX_DOCUMENT_BYTES, MAX_DOCUMENTS, MAX_INDEX_BYTES, named, TIMEOUT_MS } from './gather.js';
import { parseLines } from './parse-lines.js';

/** A place of reports, which may be looked at again and again. */
export interface Fleet {
  /** @throws (rejects) CliError where nothing at all can be read */
  read(options: { readonly signal: AbortSignal }): Promise<FleetDocuments>;
  close(): void;
}

/**
 * Reports of a directory of `.json` and `.jsonl` files, behind an index at a URL, or below a prefix of a bucket. `env`: for credentials of buckets.
 * @throws CliError CLI_USAGE for a place that can't be one
 */
export const openFleet = async (where: string, { env }: { readonly env: Readonly<Record<string, string | undefined>> }): Promise<Fleet> => {
  if (where.startsWith('s3://')) {
    const { openBucketFleet } = await import('./bucket-fleet.js');
    const { name, read, close } = openBucketFleet(where, { env });
    return { read: (options) => withPlace(name, read(options), options), close };
  }
  const url = /^https?:\/\//i.test(where) ? parseUrl(where) : undefined;
  return {
    read: (options) =>
      url === undefined
        ? withPlace(where, readDirectory(where, options), options)
        : withPlace(shown(url), readIndex(url, options), options),
    close: () => {},
  };
};

const withPlace = async (
  name: string,
  reading: Promise<FleetDocuments>,
  { signal }: { readonly signal: AbortSignal },
): Promise<FleetDocuments> => {
  try {
    return await reading;
  } catch (error) {
    if (signal.aborted) throw error;
    throw new CliError({ code: 'CLI_NOT_FOUND', message: `cannot read ${name}: ${describeError(error)}`, cause: error });
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
  return { documents: [...named(documents, shown(url)), ...fetched.documents], problems: fetched.problems };
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
