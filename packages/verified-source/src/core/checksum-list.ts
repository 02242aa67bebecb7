import { keyProblem } from './source-url.js';

/** One line of a list of sums, as `sha256sum` writes it. */
export interface ListedFile {
  /** A path below the place of the list, such as `shop/web.yaml`. */
  readonly name: string;
  /** SHA-256, lower-case hexadecimal. */
  readonly hex: string;
}

export type ChecksumList = { readonly ok: true; readonly files: readonly ListedFile[] } | { readonly ok: false; readonly message: string };

/** Name of the list in a directory. */
export const CHECKSUM_LIST = 'SHA256SUMS';
/** Manifests of a directory. Each is a request. */
export const MAX_FILES = 256;
/** Lines of all kinds: a directory may hold other files. */
const MAX_LINES = 10_000;
const MAX_SHOWN = 200;

/** The manifests of a list, in the order of their paths, at least one. Other files are passed over, and so are hidden ones. */
export const parseChecksumList = (text: string): ChecksumList => {
  const refused = (message: string): ChecksumList => ({ ok: false, message: `${CHECKSUM_LIST} ${message}` });
  const lines = text.split('\n');
  if (lines.length > MAX_LINES) return refused(`has more than ${MAX_LINES} lines`);
  const files = new Map<string, string>();
  for (const [index, line] of lines.entries()) {
    if (line === '' || line === '\r') continue;
    const [, hex, given] = /^([0-9a-f]{64}) [ *]([^\r]+)\r?$/.exec(line) ?? [];
    // A line that begins with a backslash is of a file whose name has a line break.
    if (hex === undefined || given === undefined) return refused(`is no list of sha256sum in line ${index + 1}`);
    const name = given.replace(/^\.\//, '');
    if (!isManifest(name)) continue;
    const wrong = nameProblem(name);
    if (wrong !== undefined)
      return refused(`names a file in line ${index + 1} whose path ${wrong}: ${JSON.stringify(name.slice(0, MAX_SHOWN))}`);
    if (files.has(name)) return refused(`names ${JSON.stringify(name)} twice`);
    files.set(name, hex);
    if (files.size > MAX_FILES) return refused(`names more than ${MAX_FILES} manifests: put them into an archive`);
  }
  if (files.size === 0) return refused('names no manifest (.yaml, .yml, .json)');
  return { ok: true, files: [...files].map(([name, hex]) => ({ name, hex })).sort((a, b) => (a.name < b.name ? -1 : 1)) };
};

/** A list as `sha256sum` would have written it. */
export const formatChecksumList = (files: readonly ListedFile[]): string => files.map(({ name, hex }) => `${hex}  ${name}\n`).join('');

/** Why a path of a directory can't be used; undefined: it can. */
export const nameProblem = (name: string): string | undefined => (name.startsWith('/') ? 'is absolute' : keyProblem(name));

/** As in a manifest directory, hidden files are none; nor are those in a hidden directory. A path that leads out is for nobody to overlook. */
export const isManifest = (name: string): boolean =>
  /\.(ya?ml|json)$/.test(name) && !name.split('/').some((part) => part.startsWith('.') && part !== '.' && part !== '..');
