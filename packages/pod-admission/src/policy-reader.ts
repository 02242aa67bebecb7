import { nearestName } from '@solo-kubelet/diagnostics/text';
import { isMap, isScalar, isSeq, type Pair, type YAMLMap } from 'yaml';

/** Tells that something is wrong at an offset of the text. */
export type Tell = (offset: number, field: string, message: string) => void;

type Read<T> = (value: unknown, at: { readonly field: string; readonly tell: (message: string) => void }) => T | undefined;

export const offsetOf = (node: unknown): number => (node as { readonly range?: readonly number[] } | null)?.range?.[0] ?? 0;

/** A mapping whose fields are taken one by one; what is left over when it `end`s is unknown. A value that can't be read is told of. */
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
  const text = <T>(name: string, want: string, read: (text: string) => T | undefined): T | undefined =>
    take(name, want, (value) => (isScalar(value) && typeof value.value === 'string' && value.value !== '' ? read(value.value) : undefined));
  return {
    take,
    text,
    has: (name: string): boolean => map.has(name),
    map: (name: string) => take(name, 'a mapping', (value) => (isMap(value) ? value : undefined)),
    truth: (name: string) =>
      take(name, 'true or false', (value) => (isScalar(value) && typeof value.value === 'boolean' ? value.value : undefined)),
    list: <T>(name: string, want: string, read: (item: unknown, field: string) => T | undefined): readonly T[] | undefined =>
      take(name, `a list of ${want}`, (value, { field }) => {
        if (!isSeq(value)) return undefined;
        return value.items.flatMap((item, at) => {
          const found = read(item, `${field}[${at}]`);
          return found === undefined ? [] : [found];
        });
      }),
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

/** Texts of a list; an item that is none is told of. */
export const textItem =
  (want: string, tell: Tell, read: (text: string) => string | undefined = (text) => text) =>
  (item: unknown, field: string): string | undefined => {
    const text = isScalar(item) && typeof item.value === 'string' && item.value !== '' ? read(item.value) : undefined;
    if (text === undefined) tell(offsetOf(item), field, `want ${want}`);
    return text;
  };
