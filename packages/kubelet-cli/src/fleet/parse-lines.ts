import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import { MAX_DOCUMENTS } from './gather.js';

/** Documents, one a line; one that can't be read is undefined. */
export const parseLines = (text: string): readonly unknown[] =>
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
