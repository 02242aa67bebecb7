import { describeError } from '@solo-kubelet/diagnostics';
import { createLimiter } from '@solo-kubelet/timers/turns';

/** A document as it came. `name`: where it is from, safe in length alone. */
export interface FleetDocument {
  readonly name: string;
  readonly value: unknown;
}

/** What there is of a fleet: documents as they came, and what could not be read. */
export interface FleetDocuments {
  readonly documents: readonly FleetDocument[];
  readonly problems: readonly string[];
}

/** Most that one report may have. */
export const MAX_DOCUMENT_BYTES = 64 * 1024;
/** Most that a list of reports may have. */
export const MAX_INDEX_BYTES = 64 * 1024 * 1024;
export const MAX_DOCUMENTS = 100_000;
/** Reports that are read at a time. */
export const MAX_PARALLEL = 16;
/** Limit of one request, ms. */
export const TIMEOUT_MS = 30_000;
const MAX_NAME = 256;

/** Reads parts side by side, some at a time. One that can't be read is a problem, and no more. */
export const gather = async (
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
            return named(await readPart(), name.slice(0, MAX_NAME));
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

/** Documents by the file that they are from; where it has several, with their place in it. */
export const named = (values: readonly unknown[], name: string): readonly FleetDocument[] =>
  values.map((value, index) => ({ name: values.length === 1 ? name : `${name}: document ${index + 1}`, value }));
