/**
 * kubectl's JSONPath templates (client-go/util/jsonpath): text outside braces is printed as it is; inside braces stand a path
 * (`.items[*].metadata.name`, `['key']`, `[0:2]`, `[-1:]`, `..name`, `[?(@.a=="b")]`), a quoted text, or `range PATH` … `end`.
 */
export class JsonPathError extends Error {}

type Step =
  | { readonly type: 'field'; readonly name: string }
  | { readonly type: 'wildcard' }
  | { readonly type: 'descend' }
  | { readonly type: 'slice'; readonly start: number | undefined; readonly end: number | undefined; readonly step: number }
  | { readonly type: 'filter'; readonly left: Operand; readonly operator: string; readonly right: Operand }
  | { readonly type: 'union'; readonly members: readonly (readonly Step[])[] };

type Operand =
  | { readonly type: 'path'; readonly steps: readonly Step[]; readonly fromRoot: boolean }
  | { readonly type: 'value'; readonly value: unknown }
  | { readonly type: 'exists' };

type Node =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'path'; readonly steps: readonly Step[]; readonly fromRoot: boolean }
  | { readonly type: 'range'; readonly steps: readonly Step[]; readonly fromRoot: boolean; readonly body: readonly Node[] };

export type JsonPathTemplate = (data: unknown) => string;

/** Compiles a template; a bare path such as `.metadata.name` is taken as `{.metadata.name}`. @throws JsonPathError */
export const parseJsonPath = (template: string): JsonPathTemplate => {
  const text = template.includes('{')
    ? template
    : `{${template.startsWith('.') || template.startsWith('[') || template.startsWith('$') ? '' : '.'}${template}}`;
  const tokens = splitTemplate(text);
  const { nodes } = parseNodes(tokens, 0, false);
  return (data) => printNodes(nodes, data, data);
};

type Token = { readonly type: 'text' | 'action'; readonly text: string };

const splitTemplate = (template: string): readonly Token[] => {
  const tokens: Token[] = [];
  let at = 0;
  while (at < template.length) {
    const open = template.indexOf('{', at);
    if (open !== at) tokens.push({ type: 'text', text: template.slice(at, open < 0 ? undefined : open) });
    if (open < 0) break;
    const close = closingBrace(template, open);
    tokens.push({ type: 'action', text: template.slice(open + 1, close).trim() });
    at = close + 1;
  }
  return tokens;
};

const closingBrace = (template: string, open: number): number => {
  let quote: string | undefined;
  for (let at = open + 1; at < template.length; at += 1) {
    const character = template[at];
    if (quote !== undefined) {
      if (character === '\\') at += 1;
      else if (character === quote) quote = undefined;
    } else if (character === '"' || character === "'") quote = character;
    else if (character === '}') return at;
  }
  throw new JsonPathError('unclosed action: a { has no }');
};

const parseNodes = (
  tokens: readonly Token[],
  from: number,
  inRange: boolean,
): { readonly nodes: readonly Node[]; readonly next: number } => {
  const nodes: Node[] = [];
  let at = from;
  while (at < tokens.length) {
    const token = tokens[at]!;
    at += 1;
    if (token.type === 'text') nodes.push({ type: 'text', text: token.text });
    else if (token.text === 'end') {
      if (!inRange) throw new JsonPathError('end without range');
      return { nodes, next: at };
    } else if (/^range\s/.test(token.text)) {
      const path = parsePath(token.text.slice(5).trim());
      const inner = parseNodes(tokens, at, true);
      nodes.push({ type: 'range', ...path, body: inner.nodes });
      at = inner.next;
    } else if (/^["']/.test(token.text)) nodes.push({ type: 'text', text: unquote(token.text) });
    else if (token.text !== '') nodes.push({ type: 'path', ...parsePath(token.text) });
  }
  if (inRange) throw new JsonPathError('range without end');
  return { nodes, next: at };
};

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

const unquote = (text: string): string => {
  if (text.length < 2 || text.at(-1) !== text[0]) throw new JsonPathError(`unterminated text: ${text}`);
  return text.slice(1, -1).replace(/\\(.)/g, (_, character: string) => ESCAPES[character] ?? character);
};

const parsePath = (text: string): { readonly steps: readonly Step[]; readonly fromRoot: boolean } => {
  const fromRoot = text.startsWith('$');
  const steps: Step[] = [];
  let rest = fromRoot || text.startsWith('@') ? text.slice(1) : text;
  while (rest !== '') {
    if (rest.startsWith('..')) {
      steps.push({ type: 'descend' });
      rest = rest.slice(rest[2] === '[' ? 2 : 1);
    } else if (rest.startsWith('.*')) {
      steps.push({ type: 'wildcard' });
      rest = rest.slice(2);
    } else if (rest.startsWith('[')) {
      const close = closingBracket(rest);
      steps.push(parseBracket(rest.slice(1, close).trim()));
      rest = rest.slice(close + 1);
    } else {
      const field = /^\.?((?:\\.|[^.[\\\s])*)/.exec(rest)!;
      if (field[0] === '') throw new JsonPathError(`cannot read "${rest}"`);
      if (field[1] !== '') steps.push({ type: 'field', name: field[1]!.replace(/\\(.)/g, '$1') });
      rest = rest.slice(field[0].length);
    }
  }
  return { steps, fromRoot };
};

const closingBracket = (text: string): number => {
  let depth = 0;
  let quote: string | undefined;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]!;
    if (quote !== undefined) {
      if (character === quote) quote = undefined;
    } else if (character === '"' || character === "'") quote = character;
    else if (character === '[') depth += 1;
    else if (character === ']') {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  throw new JsonPathError(`unclosed [ in ${text}`);
};

const parseBracket = (text: string): Step => {
  if (text === '*') return { type: 'wildcard' };
  if (text.startsWith('?(') && text.endsWith(')')) return parseFilter(text.slice(2, -1).trim());
  const slice = /^(-?\d+)?(:)?(-?\d+)?(?::(-?\d+))?$/.exec(text);
  if (slice && text !== '') {
    const [, start, colon, end, step] = slice;
    if (colon === undefined) {
      const index = Number(start);
      return { type: 'slice', start: index, end: index === -1 ? undefined : index + 1, step: 1 };
    }
    return {
      type: 'slice',
      start: start === undefined ? undefined : Number(start),
      end: end === undefined ? undefined : Number(end),
      step: Number(step ?? 1),
    };
  }
  const members = text.split(/,(?=(?:[^'"]*['"][^'"]*['"])*[^'"]*$)/).map((member) => member.trim());
  const steps = members.map((member): readonly Step[] =>
    /^["']/.test(member)
      ? [{ type: 'field', name: unquote(member) }]
      : /^-?\d+$/.test(member)
        ? [parseBracket(member)]
        : parsePath(member).steps,
  );
  return steps.length === 1 ? steps[0]![0]! : { type: 'union', members: steps };
};

const parseFilter = (text: string): Step => {
  const match = /^(.*?)\s*(==|!=|<=|>=|<|>)\s*(.*)$/.exec(text);
  if (!match) return { type: 'filter', left: operand(text), operator: 'exists', right: { type: 'exists' } };
  return { type: 'filter', left: operand(match[1]!), operator: match[2]!, right: operand(match[3]!) };
};

const operand = (text: string): Operand => {
  if (/^["']/.test(text)) return { type: 'value', value: unquote(text) };
  if (text === 'true' || text === 'false') return { type: 'value', value: text === 'true' };
  if (text !== '' && !Number.isNaN(Number(text))) return { type: 'value', value: Number(text) };
  return { type: 'path', ...parsePath(text) };
};

const entriesOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : typeof value === 'object' && value !== null ? Object.values(value) : [];

const descendants = (value: unknown): readonly unknown[] => [value, ...entriesOf(value).flatMap(descendants)];

const evaluate = (steps: readonly Step[], start: unknown, root: unknown): readonly unknown[] =>
  steps.reduce<readonly unknown[]>((values, step) => values.flatMap((value) => applyStep(step, value, root)), [start]);

const applyStep = (step: Step, value: unknown, root: unknown): readonly unknown[] => {
  switch (step.type) {
    case 'field': {
      const found =
        typeof value === 'object' && value !== null && Object.hasOwn(value, step.name)
          ? (value as Record<string, unknown>)[step.name]
          : undefined;
      return found === undefined ? [] : [found];
    }
    case 'wildcard':
      return entriesOf(value);
    case 'descend':
      return descendants(value);
    case 'slice': {
      if (!Array.isArray(value)) return [];
      const sliced = value.slice(step.start, step.end);
      return step.step === 1 ? sliced : sliced.filter((_, index) => index % step.step === 0);
    }
    case 'filter':
      return entriesOf(value).filter((item) => matches(step, item, root));
    case 'union':
      return step.members.flatMap((member) => evaluate(member, value, root));
  }
};

const matches = ({ left, operator, right }: Extract<Step, { type: 'filter' }>, item: unknown, root: unknown): boolean => {
  const valuesOf = (side: Operand): readonly unknown[] =>
    side.type === 'value' ? [side.value] : side.type === 'path' ? evaluate(side.steps, side.fromRoot ? root : item, root) : [];
  const [a] = valuesOf(left);
  if (operator === 'exists') return valuesOf(left).length > 0;
  const [b] = valuesOf(right);
  if (a === undefined || b === undefined) return false;
  if (operator === '==') return a === b;
  if (operator === '!=') return a !== b;
  if (typeof a !== typeof b) return false;
  const order = (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0;
  return { '<': order < 0, '<=': order <= 0, '>': order > 0, '>=': order >= 0 }[operator] === true;
};

const printNodes = (nodes: readonly Node[], current: unknown, root: unknown): string =>
  nodes
    .map((node) => {
      if (node.type === 'text') return node.text;
      const values = evaluate(node.steps, node.fromRoot ? root : current, root);
      if (node.type === 'range')
        return values
          .flatMap((value) => (values.length === 1 && Array.isArray(value) ? value : [value]))
          .map((value) => printNodes(node.body, value, root))
          .join('');
      return values.map(printValue).join(' ');
    })
    .join('');

const printValue = (value: unknown): string => (typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value));
