import { nearestName } from '@solo-kubelet/diagnostics/text';
import { isMap, isScalar, isSeq, type Pair, type YAMLMap } from 'yaml';

/** Tells that something is wrong at an offset of the text. */
export type Tell = (offset: number, field: string, message: string) => void;

type Read<T> = (value: unknown, at: { readonly field: string; readonly tell: (message: string) => void }) => T | undefined;

/** Where a node of the text begins; 0 for what has no place in it. */
export const offsetOf = (node: unknown): number => (node as { readonly range?: readonly number[] } | null)?.range?.[0] ?? 0;

/** The text that a node is; undefined for what is none, or empty. */
export const textOf = (node: unknown): string | undefined =>
  isScalar(node) && typeof node.value === 'string' && node.value !== '' ? node.value : undefined;

const plainOf = (node: unknown): unknown => (isScalar(node) ? node.value : undefined);

/** A mapping whose fields are taken one by one; what is left over when it `end`s is unknown. A value that can't be read is told of, and is undefined. */
export const fieldsOf = (map: YAMLMap, path: string, tell: Tell) => {
  const left = new Map<string, Pair>();
  for (const pair of map.items) if (isScalar(pair.key)) left.set(String(pair.key.value), pair);
  const known: string[] = [];
  const fieldOf = (name: string): string => (path === '' ? name : `${path}.${name}`);
  const take = <T>(name: string, want: string, read: Read<T>): T | undefined => {
    known.push(name);
    const pair = left.get(name);
    left.delete(name);
    if (pair === undefined) return undefined;
    const { value } = pair;
    let told = false;
    const field = fieldOf(name);
    const here = (message: string): void => {
      told = true;
      tell(offsetOf(value ?? pair.key), field, message);
    };
    const result = read(value, { field, tell: here });
    if (result === undefined && !told) here(`want ${want}`);
    return result;
  };
  /** A text as it is, or as it is read. */
  function text(name: string, want?: string): string | undefined;
  function text<T>(name: string, want: string, read: (text: string) => T | undefined): T | undefined;
  function text(name: string, want = 'a text', read: (text: string) => unknown = (given) => given): unknown {
    return take(name, want, (value) => {
      const found = textOf(value);
      return found === undefined ? undefined : read(found);
    });
  }
  const list = <T>(name: string, want: string, read: (item: unknown, field: string) => T | undefined): readonly T[] | undefined =>
    take(name, `a list of ${want}`, (value, { field }) => {
      if (!isSeq(value)) return undefined;
      return value.items.flatMap((item, at) => {
        const found = read(item, `${field}[${at}]`);
        return found === undefined ? [] : [found];
      });
    });
  /** Of which every item must be one. */
  const wholeList = <T>(name: string, want: string, read: (item: unknown) => T | undefined): readonly T[] | undefined =>
    take(name, `a list of ${want}`, (value) => {
      const items = isSeq(value) ? value.items.map(read) : [undefined];
      return items.includes(undefined) ? undefined : (items as readonly T[]);
    });
  return {
    take,
    text,
    list,
    has: (name: string): boolean => map.has(name),
    truth: (name: string) =>
      take(name, 'true or false', (value) => {
        const found = plainOf(value);
        return typeof found === 'boolean' ? found : undefined;
      }),
    /** A text or a number, as the text that it is. */
    read: <T>(name: string, want: string, read: (text: string) => T | undefined): T | undefined =>
      take(name, want, (value) => {
        const found = plainOf(value);
        return typeof found === 'string' || typeof found === 'number' ? read(String(found)) : undefined;
      }),
    oneOf: <const Word extends string>(name: string, words: readonly Word[]): Word | undefined =>
      take(name, `one of ${words.join(', ')}`, (value) => words.find((word) => word === plainOf(value))),
    map: (name: string) => take(name, 'a mapping', (value) => (isMap(value) ? value : undefined)),
    maps: (name: string) => wholeList(name, 'mappings', (item) => (isMap(item) ? item : undefined)),
    texts: (name: string) => wholeList(name, 'texts', textOf),
    /** Tells what is wrong with a field that was read. */
    wrong: (name: string, message: string): void => {
      const pair = map.items.find(({ key }) => isScalar(key) && key.value === name);
      tell(offsetOf(pair?.value ?? pair?.key ?? map), fieldOf(name), message);
    },
    missing: (name: string, message: string): void => tell(offsetOf(map), fieldOf(name), message),
    end: (): void => {
      for (const [name, pair] of left) {
        const near = nearestName(name, known);
        tell(offsetOf(pair.key), fieldOf(name), `there is no such field${near === undefined ? '' : `; did you mean ${near}?`}`);
      }
    },
  };
};

export type Fields = ReturnType<typeof fieldsOf>;
