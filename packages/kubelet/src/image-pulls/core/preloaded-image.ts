import { isRecord } from '@solo-kubelet/diagnostics/json';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import { parseImageReference } from '@solo-kubelet/pod-spec';
import type { PulledRecord } from './pull-record.js';

/** An image that was on the machine before the kubelet pulled it under any name: it stays one that came without a pull under those that it had. */
export interface PreloadedImage {
  /** The runtime's id. */
  readonly imageRef: string;
  /** Without tag and digest, in full: `docker.io/library/busybox`. */
  readonly repositories: readonly string[];
  /** Unix ms. */
  readonly lastUpdatedMs: number;
}

/**
 * Whether a record says that the kubelet has pulled an image under the name that a container gives it. It does not where the runtime has this very name for the
 * image and the record knows nothing of it: somebody else has given it. `names`: all that the runtime has. A container may also say the runtime's id, which is no name.
 */
export const isPulledUnder = (record: PulledRecord | undefined, image: string, names: readonly string[]): boolean => {
  if (record === undefined) return false;
  const reference = parseImageReference(image);
  if (reference === undefined || record.credentials.size === 0) return true;
  const isName = names.some((name) => {
    const other = parseImageReference(name);
    if (other?.repository !== reference.repository) return false;
    return reference.digest === '' ? other.digest === '' && other.tag === reference.tag : other.digest === reference.digest;
  });
  return !isName || repositoriesOf([...record.credentials.keys()]).includes(reference.repository);
};

/** Of names as containers or runtimes give them; what is no name is left out. */
export const repositoriesOf = (names: readonly string[]): readonly string[] => [
  ...new Set(names.flatMap((name) => parseImageReference(name)?.repository ?? [])),
];

export const encodePreloaded = ({ imageRef, repositories, lastUpdatedMs }: PreloadedImage): string =>
  `${JSON.stringify({ imageRef, repositories, lastUpdatedMs })}\n`;

/** @throws Error for anything else */
export const decodePreloaded = (text: string): PreloadedImage => {
  const json = parseBoundedJson(text);
  if (!isRecord(json)) throw new Error('must be an object');
  const { imageRef, repositories, lastUpdatedMs } = json;
  if (typeof imageRef !== 'string' || typeof lastUpdatedMs !== 'number') throw new Error('must have imageRef and lastUpdatedMs');
  if (!Array.isArray(repositories) || !repositories.every((name): name is string => typeof name === 'string'))
    throw new Error('must have a list of repositories');
  return { imageRef, repositories, lastUpdatedMs };
};

/** With more names; undefined where that changes nothing. */
export const addRepositories = (
  known: PreloadedImage | undefined,
  imageRef: string,
  repositories: readonly string[],
  nowMs: number,
): PreloadedImage | undefined => {
  const all = new Set(known?.repositories);
  const news = repositories.filter((name) => !all.has(name));
  return news.length === 0 ? undefined : { imageRef, repositories: [...all, ...news].sort(), lastUpdatedMs: nowMs };
};
