import { hasControls } from '@solo-kubelet/diagnostics/text';
import type { PodSpecIssue } from '@solo-kubelet/pod-spec';
import { type IssueFactory, type ListNode, type ManifestNode, type MapNode, readKind } from '@solo-kubelet/pod-spec/schema';
import { setUp } from '../parse/parse-object.js';

/** What documents of a source may take of a node: `$(node.NAME)` in a text of a closed list of fields. */
export interface NodeValues {
  readonly values: Readonly<Record<string, string>>;
  /** Why there are no others, for a file that can't be used. */
  readonly problem?: string;
}

/** Where the node's own values are read; undefined: nothing is filled in, and a warning says so. */
export type GivenValues = NodeValues | undefined;

const API_VERSION = 'solo-kubelet.dev/v1alpha1';
const KIND = 'NodeValues';
const NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9_])?$/;
/** The node's own name, which no file may give another meaning. */
const NODE_NAME = 'name';
const MAX_VALUES = 256;
const MAX_VALUE_CHARACTERS = 4_096;

/** The value that every node has. */
export const ownNodeValues = (nodeName: string): NodeValues => ({ values: { [NODE_NAME]: nodeName } });

/** Reads a file of node values. One that has anything wrong with it gives none, and says what. Never throws. */
export const parseNodeValues = (
  source: string | Uint8Array,
  { path, nodeName }: { readonly path: string; readonly nodeName: string },
): NodeValues => {
  const { documents, place, tooLarge } = setUp(source, path, false);
  const own = ownNodeValues(nodeName);
  const wrong = (start: number, message: string): NodeValues => {
    const { line, column } = place(start, start);
    return { ...own, problem: `${path}:${line}:${column}: ${message}` };
  };
  const [document, more] = documents;
  if (tooLarge) return wrong(0, 'it is too large');
  if (document?.problem !== undefined) return wrong(document.problem.start, document.problem.message);
  const root = document?.root;
  if (root?.kind !== 'map') return wrong(0, `want a ${KIND} of ${API_VERSION}`);
  if (more !== undefined) return wrong(more.start, 'one file holds the values of one node');
  const found: Record<string, string> = {};
  for (const { key, keyStart, value } of root.entries) {
    if (key === 'apiVersion' || key === 'kind') {
      if (textOf(value) !== (key === 'kind' ? KIND : API_VERSION))
        return wrong(keyStart, `${key}: want ${key === 'kind' ? KIND : API_VERSION}`);
    } else if (key !== 'values') return wrong(keyStart, `${key}: there is no such field`);
    else if (value.kind !== 'map') return wrong(keyStart, 'values: want a mapping of names to texts');
    else {
      if (value.entries.length > MAX_VALUES) return wrong(keyStart, `values: there are more than ${MAX_VALUES}`);
      for (const { key: name, keyStart: at, value: given } of value.entries) {
        const text = textOf(given);
        const problem = !NAME.test(name)
          ? 'want a name of letters, digits, _, - and ., at most 63'
          : name === NODE_NAME
            ? 'it is the name of the node, which is known'
            : text === undefined
              ? 'want a text: put it into quotes'
              : valueProblem(text);
        if (problem !== undefined) return wrong(at, `values.${name.slice(0, 100)}: ${problem}`);
        found[name] = text ?? '';
      }
    }
  }
  for (const field of ['apiVersion', 'kind', 'values'])
    if (!root.entries.some(({ key }) => key === field)) return wrong(0, `${field}: it is missing`);
  return { values: { ...found, ...own.values } };
};

const textOf = (node: ManifestNode): string | undefined => (node.kind === 'scalar' && node.type === 'string' ? node.value : undefined);

const valueProblem = (text: string): string | undefined => {
  if (text.length > MAX_VALUE_CHARACTERS) return `it has more than ${MAX_VALUE_CHARACTERS} characters`;
  return hasControls(text) ? 'it may have no line breaks and control characters' : undefined;
};

export type FilledDocument =
  | { readonly type: 'filled'; readonly root: ManifestNode; readonly unread?: PodSpecIssue }
  | { readonly type: 'bad'; readonly issue: PodSpecIssue };

interface Filling {
  readonly given: GivenValues;
  readonly issues: IssueFactory;
  /** What was made of a node that stands in several places, by the rule for it: an alias must not cost its size each time. */
  readonly done: Map<Fill, Map<ManifestNode, ManifestNode>>;
  /** Variables of the container that is filled. */
  variables?: ReadonlySet<string> | undefined;
  found?: { readonly type: 'bad' | 'unread'; readonly issue: PodSpecIssue };
}

type Fill = (node: ManifestNode, field: string, filling: Filling) => ManifestNode;

/** A document with the values of the node in their places. Values go into texts that are parsed already: none can change what stands around it. */
export const fillNodeValues = (root: ManifestNode, given: GivenValues, issues: IssueFactory): FilledDocument => {
  const kind = readKind(root);
  // Whatever a document calls itself, such as `__proto__`.
  const rule = kind.ok ? ((Object.hasOwn(RULES, kind.kind) ? RULES[kind.kind] : undefined) ?? OBJECT) : POD;
  const filling: Filling = { given, issues, done: new Map() };
  const filled = rule(root, '', filling);
  const { found } = filling;
  if (found?.type === 'bad') return { type: 'bad', issue: found.issue };
  return { type: 'filled', root: given === undefined ? root : filled, ...(found && { unread: found.issue }) };
};

/** What stands behind the dollar signs of `$(node.NAME)`: pairs of these are escaped ones, as in Kubernetes. */
const REFERENCE = /\(node\.([A-Za-z0-9_.-]{1,63})\)/g;

const once =
  (fill: Fill): Fill =>
  (node, field, filling) => {
    const known = filling.done.get(fill) ?? new Map<ManifestNode, ManifestNode>();
    filling.done.set(fill, known);
    const made = known.get(node) ?? fill(node, field, filling);
    known.set(node, made);
    return made;
  };

/** A text. `expanded`: one that Kubernetes expands `$(NAME)` in when the container starts, so that a dollar sign in it is written twice. */
const text = (expanded: boolean): Fill =>
  once((node, field, filling) => {
    if (node.kind !== 'scalar' || node.type !== 'string' || !node.value.includes('(node.')) return node;
    let value = '';
    let from = 0;
    for (const { 0: found, 1: name = '', index } of node.value.matchAll(REFERENCE)) {
      let first = index;
      while (first > from && node.value[first - 1] === '$') first -= 1;
      if (first === index) continue;
      value += node.value.slice(from, first);
      const pairs = Math.floor((index - first) / 2);
      const isEscaped = (index - first) % 2 === 0;
      const own = isEscaped ? found : readValue(name, node, field, filling);
      // Kubernetes takes one of each two away in what it expands; elsewhere that is done here.
      value += expanded ? '$$'.repeat(pairs) + (isEscaped ? own : own.replaceAll('$', '$$$$')) : '$'.repeat(pairs) + own;
      from = index + found.length;
    }
    value += node.value.slice(from);
    return value === node.value ? node : { kind: 'scalar', type: 'string', value, start: node.start, end: node.end };
  });

const readValue = (name: string, { start, end }: ManifestNode, field: string, filling: Filling): string => {
  const { given, issues, variables } = filling;
  const reference = `$(node.${name})`;
  const isVariable = variables?.has(`node.${name}`) === true;
  if (given === undefined && isVariable) return reference;
  const tell = (type: 'bad' | 'unread', message: string, hint: string): string => {
    const severity = type === 'bad' ? 'error' : 'warning';
    // The first counts, and an error before a warning.
    if (filling.found?.type !== 'bad')
      filling.found = {
        type,
        issue: issues.own({ severity, code: 'FIELD_INVALID', field, message: `${field}: ${message}`, hint, start, end }),
      };
    return reference;
  };
  if (given === undefined)
    return tell(
      'unread',
      `${reference} is filled in in verified sources only: here it stays as it is`,
      'kubelet-cli validate --node-values FILE fills it in',
    );
  if (isVariable)
    return tell(
      'bad',
      `${reference} is a value of the node, and the container has a variable node.${name} as well`,
      'give the variable another name',
    );
  if (Object.hasOwn(given.values, name)) return given.values[name] ?? '';
  const { problem } = given;
  return tell(
    'bad',
    `there is no value for ${reference} on this node${problem === undefined ? '' : `: ${problem}`}`,
    `give it in the file of --node-values-file, or write $${reference} for the text itself`,
  );
};

const each = (fill: Fill): Fill =>
  once((node, field, filling) => {
    if (node.kind !== 'list') return node;
    const items = node.items.map((item, index) => fill(item, `${field}[${index}]`, filling));
    return items.every((item, index) => item === node.items[index]) ? node : ({ ...node, items } satisfies ListNode);
  });

const entriesOf = (node: MapNode, made: (key: string, value: ManifestNode) => ManifestNode): ManifestNode => {
  const entries = node.entries.map((entry) => ({ ...entry, value: made(entry.key, entry.value) }));
  return entries.every(({ value }, index) => value === node.entries[index]?.value) ? node : { ...node, entries };
};

const everyValue = (fill: Fill): Fill =>
  once((node, field, filling) => (node.kind === 'map' ? entriesOf(node, (key, value) => fill(value, `${field}[${key}]`, filling)) : node));

const fields = (rules: Readonly<Record<string, Fill>>): Fill =>
  once((node, field, filling) =>
    node.kind === 'map'
      ? entriesOf(node, (key, value) =>
          Object.hasOwn(rules, key) ? (rules[key] as Fill)(value, field === '' ? key : `${field}.${key}`, filling) : value,
        )
      : node,
  );

const PLAIN = text(false);
const EXPANDED = text(true);
const METADATA = fields({ labels: everyValue(PLAIN), annotations: everyValue(PLAIN) });
const CONTAINER = fields({ image: PLAIN, command: each(EXPANDED), args: each(EXPANDED), env: each(fields({ value: EXPANDED })) });
const CONTAINERS = each((node, field, filling) => {
  const env = node.kind === 'map' ? node.entries.findLast(({ key }) => key === 'env')?.value : undefined;
  const names = env?.kind === 'list' ? env.items.map(nameOf) : [];
  filling.variables = new Set(names.filter((name) => name?.startsWith('node.')) as readonly string[]);
  const filled = CONTAINER(node, field, filling);
  filling.variables = undefined;
  return filled;
});
const nameOf = (node: ManifestNode): string | undefined => {
  const name = node.kind === 'map' ? node.entries.findLast(({ key }) => key === 'name')?.value : undefined;
  return name && textOf(name);
};
const POD_SPEC = fields({
  hostname: PLAIN,
  initContainers: CONTAINERS,
  containers: CONTAINERS,
  volumes: each(fields({ hostPath: fields({ path: PLAIN }) })),
});
const POD = fields({ metadata: METADATA, spec: POD_SPEC });
const WITH_TEMPLATE = fields({ metadata: METADATA, spec: fields({ template: POD }) });
const OBJECT = fields({ metadata: METADATA });
const RULES: Readonly<Record<string, Fill>> = {
  Pod: POD,
  Deployment: WITH_TEMPLATE,
  ReplicaSet: WITH_TEMPLATE,
  StatefulSet: WITH_TEMPLATE,
  DaemonSet: WITH_TEMPLATE,
  Job: WITH_TEMPLATE,
  CronJob: fields({ metadata: METADATA, spec: fields({ jobTemplate: WITH_TEMPLATE }) }),
};
