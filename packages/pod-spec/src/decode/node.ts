/** A value of a manifest with its place in the text, before it is held against the schema. Offsets are UTF-16 units of the decoded text. */
export type ManifestNode = ScalarNode | MapNode | ListNode;

interface Placed {
  readonly start: number;
  end: number;
}

export type ScalarNode = Placed & { readonly kind: 'scalar' } & (
    | { readonly type: 'null'; readonly value: null }
    | { readonly type: 'boolean'; readonly value: boolean }
    /** `value`: the number as JSON text, so that nothing is lost. */
    | { readonly type: 'number'; readonly value: string }
    /** `raw`: the text between the quotes where JSON text had escapes. */
    | { readonly type: 'string'; readonly value: string; readonly raw?: string }
  );

export interface MapEntry {
  readonly key: string;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly value: ManifestNode;
}

export interface MapNode extends Placed {
  readonly kind: 'map';
  /** In JSON: all entries as written. In YAML: one an effective key, in the order of their bytes. */
  entries: readonly MapEntry[];
  /** In YAML: entries that a later one of the same key replaced. */
  replaced?: readonly MapEntry[];
}

export interface ListNode extends Placed {
  readonly kind: 'list';
  readonly items: ManifestNode[];
}

/** Why a text could not be read, and where. */
export interface SyntaxProblem {
  readonly message: string;
  readonly start: number;
  readonly end: number;
}

/** Carries a SyntaxProblem out of a parser; never leaves this folder. */
export class SyntaxFailure extends Error {
  constructor(readonly problem: SyntaxProblem) {
    super(problem.message);
  }
}

/** Keys and values of one text; each costs some microseconds, however short it is. Upstream has no such limit, only one of bytes. */
const MAX_NODES = 60_000;

/** Counts keys and values. Throws SyntaxFailure past the limit. */
export const createNodeCount = (): ((at: number) => void) => {
  let count = 0;
  return (at) => {
    count += 1;
    if (count > MAX_NODES) throw syntaxFailure(`more than ${MAX_NODES} keys and values`, at);
  };
};

export const syntaxFailure = (message: string, start: number, end: number = start + 1): SyntaxFailure =>
  new SyntaxFailure({ message, start, end });
