import type { NftTable } from '../src/index.js';

interface Chain {
  readonly base: string;
  readonly rules: string[];
}

interface Elements {
  readonly kind: 'set' | 'map';
  readonly declaration: string;
  readonly elements: Map<string, string>;
}

/** As much of the kernel's side of nft as our scripts need; refuses what the kernel refuses. */
export interface NftKernel {
  /** One transaction. @throws Error naming the line that is refused */
  load(script: string): void;
  /** What a table holds, in a form that can be compared; without the chain that is its fingerprint. */
  table(name: string): unknown;
}

export const createNftKernel = (): NftKernel => {
  const tables = new Map<string, { readonly chains: Map<string, Chain>; readonly sets: Map<string, Elements> }>();
  return {
    load: (script) => {
      for (const line of script.split('\n').filter(Boolean)) {
        try {
          run(line);
        } catch (cause) {
          throw new Error(`refused: ${line}`, { cause });
        }
      }
      for (const [name, { chains, sets }] of tables)
        for (const [chain, { rules }] of chains)
          for (const rule of rules) {
            for (const [, target = ''] of rule.matchAll(/(?:goto|jump) ([^\s,}]+)/g))
              if (!chains.has(target)) throw new Error(`${name} ${chain}: no chain ${target}`);
            for (const [, set = ''] of rule.matchAll(/@([^\s,}]+)/g))
              if (!sets.has(set)) throw new Error(`${name} ${chain}: no set ${set}`);
          }
    },
    table: (name) => comparable(tables.get(name)),
  };

  function run(line: string): void {
    const [, verb = '', what = '', place = '', rest = ''] = /^(\w+) (\w+) (\S+ \S+) ?(.*)$/.exec(line) ?? [];
    if (what === 'table') {
      if (verb === 'delete' && !tables.delete(place)) throw new Error('no such table');
      if (verb === 'add' && !tables.has(place)) tables.set(place, { chains: new Map(), sets: new Map() });
      return;
    }
    const table = tables.get(place);
    if (table === undefined) throw new Error('no such table');
    const [, name = '', body = ''] = /^(\S+) ?(.*)$/.exec(rest) ?? [];
    const inBraces = body.replace(/^\{ (.*) \}$/, '$1');
    switch (`${verb} ${what}`) {
      case 'add chain':
        if (!table.chains.has(name)) table.chains.set(name, { base: inBraces, rules: [] });
        break;
      case 'flush chain':
        chainOf(table.chains, name).rules.length = 0;
        break;
      case 'delete chain':
        if (chainOf(table.chains, name).rules.length > 0) throw new Error('the chain is not empty');
        table.chains.delete(name);
        break;
      case 'add rule':
        chainOf(table.chains, name).rules.push(body);
        break;
      case 'add set':
      case 'add map':
        if (!table.sets.has(name)) table.sets.set(name, { kind: what as Elements['kind'], declaration: inBraces, elements: new Map() });
        break;
      case 'delete set':
      case 'delete map':
        if (!table.sets.delete(name)) throw new Error('no such set');
        break;
      case 'add element':
      case 'delete element': {
        const { elements } = table.sets.get(name) ?? { elements: undefined };
        if (elements === undefined) throw new Error('no such set');
        for (const text of inBraces.split(', ')) {
          const [key = '', value = ''] = text.split(' : ');
          const had = elements.get(key);
          if (verb === 'delete') {
            if (had !== value) throw new Error(`no such element: ${text}`);
            elements.delete(key);
          } else {
            if (had !== undefined && had !== value) throw new Error(`another value: ${text}`);
            elements.set(key, value);
          }
        }
        break;
      }
      default:
        throw new Error('no such command');
    }
  }
};

const chainOf = (chains: ReadonlyMap<string, Chain>, name: string): Chain => {
  const chain = chains.get(name);
  if (chain === undefined) throw new Error('no such chain');
  return chain;
};

const FINGERPRINT = /^v-[0-9a-f]{16}$/;
const sorted = <T>(map: Iterable<readonly [string, T]>): readonly (readonly [string, T])[] => [...map].sort(([a], [b]) => (a < b ? -1 : 1));

/** A table, wanted or there, in one form. */
export const comparable = (table: Pick<NftTable, 'chains' | 'sets'> | undefined): unknown =>
  table && {
    chains: sorted(table.chains)
      .filter(([name]) => !FINGERPRINT.test(name))
      .map(([name, { base = '', rules }]) => [name, base, [...rules]]),
    sets: sorted(table.sets).map(([name, { kind, declaration, elements }]) => [name, kind, declaration, sorted(elements ?? [])]),
  };
