/** The parts of the package `yaml` that read a text without composing it. */
export interface YamlReaders {
  readonly Lexer: new () => { lex(text: string): Iterable<string> };
  readonly Parser: new () => {
    readonly offset: number;
    readonly stack: readonly unknown[];
    next(lexeme: string): Iterable<unknown>;
    end(): Iterable<unknown>;
  };
}

/** Why a text may not be given to the package `yaml`, and where. */
export interface YamlFault {
  /** Without the place, such as `it nests deeper than 100 levels`. */
  readonly message: string;
  /** Of the place in the text, from 0. */
  readonly offset: number;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/** Most levels of collections that a YAML text may have: no settings and no object of Kubernetes need half of it, and what reads and writes it takes a quarter of the stack. */
export const MAX_YAML_LEVELS = 100;

/** Most aliases of a text: `yaml` walks through a document anew for each, so that a thousand take seconds. */
const MAX_YAML_ALIASES = 100;
/** What the lexer gives before a plain or a block scalar, which may begin as an alias does. */
const SCALAR_NEXT = '\x1f';

export interface YamlFaultOptions {
  /** Default MAX_YAML_LEVELS. */
  readonly levels?: number;
  /** Whether a map may not have a key twice. Default true. `yaml` itself is to be told `uniqueKeys: false`: its own search takes the square of their number. */
  readonly uniqueKeys?: boolean;
}

/**
 * What is wrong with the shape of a text that `yaml` is to compose; undefined where nothing is. To be asked before any of its `parse…` functions:
 * they recurse for every level, so a deep text ends the process, and what they take for keys that are collections and for aliases explodes with their number.
 * It is not said whether the text is YAML.
 */
export const yamlFault = (
  text: string,
  { Lexer, Parser }: YamlReaders,
  { levels = MAX_YAML_LEVELS, uniqueKeys = true }: YamlFaultOptions = {},
): YamlFault | undefined => {
  const parser = new Parser();
  let aliases = 0;
  let isScalar = false;
  for (const lexeme of new Lexer().lex(text)) {
    if (!isScalar && lexeme.startsWith('*')) aliases += 1;
    if (aliases > MAX_YAML_ALIASES) return faultAt(text, parser.offset, `it has more than ${MAX_YAML_ALIASES} aliases`);
    isScalar = lexeme === SCALAR_NEXT;
    for (const token of parser.next(lexeme)) {
      const fault = keyFault(token, text, uniqueKeys);
      if (fault !== undefined) return fault;
    }
    // The parser keeps the collections that are open on a stack of its own, below them the document and on top of them a scalar.
    if (parser.stack.length > levels && parser.stack.filter(isCollection).length > levels)
      return faultAt(text, parser.offset - lexeme.length, `it nests deeper than ${levels} levels`);
  }
  for (const token of parser.end()) {
    const fault = keyFault(token, text, uniqueKeys);
    if (fault !== undefined) return fault;
  }
  return undefined;
};

/** Sees that a text may be given to `yaml`, as `yamlFault` does. @throws SyntaxError that begins with the place: `line 2, column 5: …` */
export const checkYaml = (text: string, readers: YamlReaders, options: YamlFaultOptions = {}): void => {
  const fault = yamlFault(text, readers, options);
  if (fault) throw new SyntaxError(`line ${fault.line}, column ${fault.column}: ${fault.message}`);
};

interface Token {
  readonly type: string;
  readonly offset: number;
  /** Of a scalar: as it stands in the text, quotes included. */
  readonly source?: string;
  /** Of a flow collection: its bracket. */
  readonly start?: { readonly source?: string };
  readonly value?: Token | null;
  readonly items?: readonly { readonly key?: Token | null; readonly value?: Token | null }[];
}

const COLLECTIONS: ReadonlySet<string> = new Set(['block-map', 'block-seq', 'flow-collection']);
const isCollection = (token: unknown): boolean => COLLECTIONS.has((token as Token).type);

/** The one key that may stand more than once. */
const MERGE = '<<';

/** Without quotes. What escapes of a quoted key stand for is not looked at. */
const nameOf = (source: string): string => (source.length > 1 && /^["']/.test(source) ? source.slice(1, -1) : source);

const keyFault = (root: unknown, text: string, uniqueKeys: boolean): YamlFault | undefined => {
  const left: Token[] = [root as Token];
  for (let token = left.pop(); token !== undefined; token = left.pop()) {
    if (token.type === 'document' && token.value) left.push(token.value);
    if (!isCollection(token)) continue;
    const names = uniqueKeys && token.start?.source !== '[' ? new Set<string>() : undefined;
    for (const { key, value } of token.items ?? []) {
      if (key && (isCollection(key) || key.type === 'alias')) return faultAt(text, key.offset, 'a key has to be a plain text');
      const name = key?.source === undefined || names === undefined ? MERGE : nameOf(key.source);
      if (names?.has(name) && name !== MERGE) return faultAt(text, key?.offset ?? 0, 'Map keys must be unique');
      names?.add(name);
      if (value && isCollection(value)) left.push(value);
    }
  }
  return undefined;
};

const faultAt = (text: string, offset: number, message: string): YamlFault => {
  const before = text.slice(0, offset);
  return { message, offset, line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
};
