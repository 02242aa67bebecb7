import { syntaxFailure } from '../node.js';
import { column, type YamlCursor } from './cursor.js';

/** A place where a simple key may have begun: whether it was one shows at the `:` behind it. */
export interface SimpleKey {
  possible: boolean;
  /** In block context at the indentation of the map: nothing but a key may stand there. */
  readonly required: boolean;
  readonly tokenNumber: number;
  readonly start: number;
  readonly line: number;
  readonly column: number;
}

const maxSimpleKeyLength = 1_024;

const noKey = (): SimpleKey => ({ possible: false, required: false, tokenNumber: -1, start: 0, line: 0, column: 0 });

/** Remembers where keys without `?` may have begun: one place for each level of brackets and braces. */
export const createSimpleKeys = (cursor: YamlCursor) => {
  const levels: SimpleKey[] = [noKey()];
  const byToken = new Map<number, SimpleKey>();

  const drop = (key: SimpleKey): void => {
    key.possible = false;
    byToken.delete(key.tokenNumber);
  };
  const dropUnlessRequired = (key: SimpleKey): void => {
    if (key.required) throw syntaxFailure("could not find expected ':'", key.start, cursor.pos);
    drop(key);
  };
  const isValid = (key: SimpleKey): boolean => {
    if (!key.possible) return false;
    if (key.line === cursor.line && key.start + maxSimpleKeyLength >= cursor.pos) return true;
    dropUnlessRequired(key);
    return false;
  };
  /** No key began there after all. Throws SyntaxFailure where one had to. */
  const remove = (): void => {
    const key = levels[levels.length - 1]!;
    if (key.possible) dropUnlessRequired(key);
  };

  return {
    remove,
    /** A key may begin at the cursor, with the token of that number. */
    save: (tokenNumber: number, required: boolean): void => {
      remove();
      const key = { possible: true, required, tokenNumber, start: cursor.pos, line: cursor.line, column: column(cursor) };
      levels[levels.length - 1] = key;
      byToken.set(tokenNumber, key);
    },
    /** The key that a `:` at the cursor ends, if there is one. */
    take: (): SimpleKey | undefined => {
      const key = levels[levels.length - 1]!;
      if (!isValid(key)) return undefined;
      drop(key);
      return key;
    },
    /** Whether a key may still turn out to begin with that token. */
    mayBegin: (tokenNumber: number): boolean => {
      const key = byToken.get(tokenNumber);
      return key !== undefined && isValid(key);
    },
    openFlow: (): void => void levels.push(noKey()),
    closeFlow: (): void => void levels.pop(),
  };
};
