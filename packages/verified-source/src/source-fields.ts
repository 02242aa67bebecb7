import { nearestName } from '@solo-kubelet/diagnostics/text';
import { isMap, isScalar, isSeq, type Pair, type YAMLMap } from 'yaml';

/** Puts an issue on record, at an offset of the text. */
export type Tell = (offset: number, field: string, message: string) => void;

/** A mapping whose fields are taken one by one; what is left over is unknown. */
export const fieldsOf = (map: YAMLMap, at: string, tell: Tell) => {
  const left = new Map<string, Pair>();
  for (const pair of map.items) if (isScalar(pair.key)) left.set(String(pair.key.value), pair);
  const known: string[] = [];
  const offsetOf = (node: unknown): number => (node as { range?: readonly number[] } | null)?.range?.[0] ?? map.range?.[0] ?? 0;
  const path = (name: string): string => (at === '' ? name : `${at}.${name}`);
  const take = <T>(
    name: string,
    want: string,
    read: (value: unknown, tellHere: (message: string) => void) => T | undefined,
  ): T | undefined => {
    known.push(name);
    const pair = left.get(name);
    left.delete(name);
    if (pair === undefined) return undefined;
    const { value } = pair;
    let told = false;
    const here = (message: string): void => {
      told = true;
      tell(offsetOf(value ?? pair.key), path(name), message);
    };
    const plain = isScalar(value) ? value.value : value;
    const result = read(plain, here);
    if (result === undefined && !told) here(`want ${want}`);
    return result;
  };
  return {
    text: (name: string, want = 'a text') => take(name, want, (value) => (typeof value === 'string' && value !== '' ? value : undefined)),
    truth: (name: string) => take(name, 'true or false', (value) => (typeof value === 'boolean' ? value : undefined)),
    read: <T>(name: string, want: string, read: (text: string) => T | undefined) =>
      take(name, want, (value) => (typeof value === 'string' || typeof value === 'number' ? read(String(value)) : undefined)),
    map: (name: string) => take(name, 'a mapping', (value) => (isMap(value) ? value : undefined)),
    texts: (name: string) =>
      take(name, 'a list of texts', (value) => {
        if (!isSeq(value)) return undefined;
        const texts = value.items.map((item) =>
          isScalar(item) && typeof item.value === 'string' && item.value !== '' ? item.value : undefined,
        );
        return texts.includes(undefined) ? undefined : (texts as readonly string[]);
      }),
    maps: (name: string) =>
      take(name, 'a list of mappings', (value) => {
        if (!isSeq(value)) return undefined;
        const maps = value.items.filter((item) => isMap(item));
        return maps.length === value.items.length ? maps : undefined;
      }),
    oneOf: <const Word extends string>(name: string, words: readonly Word[]) =>
      take(name, `one of ${words.join(', ')}`, (value) => words.find((word) => word === value)),
    missing: (name: string, message: string) => tell(map.range?.[0] ?? 0, path(name), message),
    wrong: (name: string, message: string) => {
      const pair = map.items.find(({ key }) => isScalar(key) && key.value === name);
      tell(offsetOf(pair?.value ?? pair?.key), path(name), message);
    },
    end: () => {
      for (const [name, pair] of left) {
        const near = nearestName(name, known);
        tell(offsetOf(pair.key), path(name), `there is no such field${near === undefined ? '' : `; did you mean ${near}?`}`);
      }
    },
  };
};
