import { textHash } from './text-hash.js';

/** A table of nftables as it is wanted. Whoever owns the name owns all of it. */
export interface NftTable {
  readonly family: 'ip' | 'ip6';
  readonly name: string;
  readonly sets: ReadonlyMap<string, NftSet>;
  readonly chains: ReadonlyMap<string, NftChain>;
}

/** A set, or a map where its elements have values. */
export interface NftSet {
  readonly kind: 'set' | 'map';
  /** E.g. `type ipv4_addr;`. */
  readonly declaration: string;
  /** The value of each element; empty in sets. Undefined: the kernel alone fills it. */
  readonly elements: ReadonlyMap<string, string> | undefined;
}

export interface NftChain {
  /** Of a base chain, e.g. `type nat hook output priority -101;`. */
  readonly base?: string;
  readonly rules: readonly string[];
}

/** Name of the empty chain by which a table says what it holds: the same for tables that hold the same, in whatever order: `v-` and 16 hexadecimal digits. */
export const tableFingerprint = (table: NftTable): string => {
  const fingerprint = fingerprints.get(table) ?? computeFingerprint(table);
  fingerprints.set(table, fingerprint);
  return fingerprint;
};

/** Asked for twice of each table, which never changes: as what comes and as what was there. */
const fingerprints = new WeakMap<NftTable, string>();

const computeFingerprint = ({ sets, chains }: NftTable): string => {
  let low = 0;
  let high = 0;
  const add = (sums: Sums): void => {
    low = (low + sums.low) >>> 0;
    high = (high + sums.high) >>> 0;
  };
  for (const [name, set] of sets) add(sumsOf(name, set, sumsOfSet));
  for (const [name, chain] of chains) add(sumsOf(name, chain, sumsOfChain));
  return `v-${high.toString(16).padStart(8, '0')}${low.toString(16).padStart(8, '0')}`;
};

interface Sums {
  readonly name: string;
  readonly low: number;
  readonly high: number;
}

/** Of sets and chains, which most changes leave as they are. */
const knownSums = new WeakMap<object, Sums>();

const sumsOf = <T extends object>(name: string, part: T, compute: (name: string, part: T) => Sums): Sums => {
  const known = knownSums.get(part);
  if (known?.name === name) return known;
  const sums = compute(name, part);
  knownSums.set(part, sums);
  return sums;
};

const createSums = (name: string) => {
  const sums = { name, low: 0, high: 0 };
  return {
    sums,
    add: (hash: number): void => {
      sums.low = (sums.low + hash) >>> 0;
      sums.high = (sums.high + Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)) >>> 0;
    },
  };
};

const sumsOfSet = (name: string, { kind, declaration, elements }: NftSet): Sums => {
  const { sums, add } = createSums(name);
  add(textHash(`${kind} ${name} ${declaration}`));
  const start = textHash(`${name} `);
  for (const [key, value] of elements ?? []) add(textHash(value, textHash(' ', textHash(key, start))));
  return sums;
};

const sumsOfChain = (name: string, { base = '', rules }: NftChain): Sums => {
  const { sums, add } = createSums(name);
  add(rules.reduce((hash, rule) => textHash(rule, textHash('\n', hash)), textHash(`${name} ${base}`)));
  return sums;
};

/** One transaction that puts the table in the place of whatever has its name. */
export const wholeTableScript = (table: NftTable): string => {
  const place = `${table.family} ${table.name}`;
  const empty: NftTable = { ...table, sets: new Map(), chains: new Map() };
  return `add table ${place}\ndelete table ${place}\nadd table ${place}\n${changeScript(empty, table, undefined)}`;
};

/** One transaction that removes a table, whether it is there or not. */
export const removeTableScript = ({ family, name }: Pick<NftTable, 'family' | 'name'>): string =>
  `add table ${family} ${name}\ndelete table ${family} ${name}\n`;

/** One transaction that makes `next` of `previous`; empty where they are the same. `fingerprint`: what the table says of itself now. */
export const tableChangeScript = (previous: NftTable, next: NftTable): string => changeScript(previous, next, tableFingerprint(previous));

/** Elements in one statement; longer ones take nft much longer to read. */
const ELEMENTS_AT_ONCE = 200;

const changeScript = (previous: NftTable, next: NftTable, fingerprint: string | undefined): string => {
  const place = `${next.family} ${next.name}`;
  // In this order: what is named is there before it is named, and nothing names what goes.
  const made: string[] = [];
  const filled: string[] = [];
  const emptied: string[] = [];
  const dropped: string[] = [];
  for (const [name, set] of next.sets) {
    const before = previous.sets.get(name);
    if (before === set) continue;
    const isKept = before !== undefined && before.declaration === set.declaration && before.kind === set.kind;
    if (!isKept) made.push(`add ${set.kind} ${place} ${name} { ${set.declaration} }`);
    const had = (isKept ? before.elements : undefined) ?? NOTHING;
    if (set.elements === undefined || had === set.elements) continue;
    const fresh: string[] = [];
    const stale: string[] = [];
    for (const [key, value] of set.elements) {
      const old = had.get(key);
      if (old === value) continue;
      if (old !== undefined) stale.push(old === '' ? key : `${key} : ${old}`);
      fresh.push(value === '' ? key : `${key} : ${value}`);
    }
    for (const [key, value] of had) if (!set.elements.has(key)) stale.push(value === '' ? key : `${key} : ${value}`);
    filled.push(...elementLines('delete', `${place} ${name}`, stale), ...elementLines('add', `${place} ${name}`, fresh));
  }
  for (const [name, chain] of next.chains) {
    const before = previous.chains.get(name);
    if (before === chain) continue;
    if (before === undefined) made.push(`add chain ${place} ${name}${chain.base === undefined ? '' : ` { ${chain.base} }`}`);
    else if (isSameRules(before.rules, chain.rules)) continue;
    else emptied.push(`flush chain ${place} ${name}`);
    for (const rule of chain.rules) emptied.push(`add rule ${place} ${name} ${rule}`);
  }
  for (const name of previous.chains.keys()) {
    if (next.chains.has(name)) continue;
    emptied.push(`flush chain ${place} ${name}`);
    dropped.push(`delete chain ${place} ${name}`);
  }
  for (const [name, { kind }] of previous.sets) if (!next.sets.has(name)) dropped.push(`delete ${kind} ${place} ${name}`);
  const lines = [...made, ...emptied, ...filled, ...dropped];
  if (fingerprint !== undefined && lines.length === 0) return '';
  const mark = [
    ...(fingerprint === undefined ? [] : [`delete chain ${place} ${fingerprint}`]),
    `add chain ${place} ${tableFingerprint(next)}`,
  ];
  return `${[...lines, ...mark].join('\n')}\n`;
};

const NOTHING: ReadonlyMap<string, string> = new Map();

const isSameRules = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((rule, i) => rule === b[i]);

const elementLines = (verb: 'add' | 'delete', place: string, elements: readonly string[]): readonly string[] =>
  Array.from({ length: Math.ceil(elements.length / ELEMENTS_AT_ONCE) }, (_, i) => {
    const some = elements.slice(i * ELEMENTS_AT_ONCE, (i + 1) * ELEMENTS_AT_ONCE);
    return `${verb} element ${place} { ${some.join(', ')} }`;
  });
