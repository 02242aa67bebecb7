import { readFile } from 'node:fs/promises';
import { parseTranscript, type Section } from './transcript.js';

/** In this order: later ones may count on nothing of earlier ones. */
const FILES = ['reading', 'objects', 'access', 'network', 'workloads', 'pods'] as const;

/** Versions of kubectl that the script is written for. */
export const SCRIPTED_VERSIONS: ReadonlySet<string> = new Set(['1.20', '1.32', '1.36']);

/** Every section of the script, as a kubectl of `version` should find it. */
export const readSections = async (version: string): Promise<readonly Section[]> =>
  (
    await Promise.all(
      FILES.map(async (name) => {
        const url = new URL(`${name}.txt`, import.meta.url);
        try {
          return parseTranscript(await readFile(url, 'utf8'), version);
        } catch (cause) {
          throw new Error(`${name}.txt`, { cause });
        }
      }),
    )
  ).flat();
