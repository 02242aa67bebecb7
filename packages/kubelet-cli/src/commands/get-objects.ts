import { findObjectKind, type ObjectKind, objectKinds } from '@solo-kubelet/object-spec/kinds';
import type { Pod } from '@solo-kubelet/pod-spec';
import { CliError } from '../cli-error.js';
import { tableWidth, write, writeRaw } from '../cli-io.js';
import { parseLabelSelector } from '../client/label-selector.js';
import type { NodeApiObject } from '../client/node-client.js';
import { objectName } from '../output/object-name.js';
import { objectPrinter } from '../output/object-printer.js';
import { objectTable, parseOutputFormat, printObjects } from '../output/print-objects.js';
import { podPrinter } from '../output/printers.js';
import type { GetOptions } from './get-options.js';
import { DEFAULT_NAMESPACE, inNamespace, type VerbContext } from './verb-context.js';

/** Whether an object of the kind is one that the options ask for. */
export const isWantedObject = (kind: ObjectKind, options: GetOptions): ((object: NodeApiObject) => boolean) => {
  const matches = options.selector === undefined ? () => true : parseLabelSelector(options.selector);
  return (object) =>
    object.kind === kind.kind &&
    (!kind.namespaced || inNamespace([object], ({ metadata }) => metadata.namespace ?? DEFAULT_NAMESPACE, options).length > 0) &&
    matches(object.metadata.labels) &&
    (options.names.length === 0 || options.names.includes(object.metadata.name));
};

/** The objects of a kind that the options ask for. @throws CliError CLI_NOT_FOUND for a name that nothing has */
export const wantedObjects = async (
  kind: ObjectKind,
  options: GetOptions,
  { client, signal }: VerbContext,
): Promise<readonly NodeApiObject[]> => {
  const objects = (await client.listObjects({ signal })).filter(isWantedObject(kind, options));
  const missing = options.names.find((name) => !objects.some(({ metadata }) => metadata.name === name));
  if (missing === undefined) return objects;
  const group = kind.group === '' ? '' : `.${kind.group}`;
  throw new CliError({
    code: 'CLI_NOT_FOUND',
    message: `${kind.plural}${group} "${missing}" not found`,
    hint: `List them with: kubelet-cli get ${kind.plural} -A`,
  });
};

/** What `get all` lists, in kubectl's order. */
const ALL_KINDS = ['Pod', 'Service', 'DaemonSet', 'Deployment', 'ReplicaSet', 'StatefulSet', 'CronJob', 'Job'] as const;
const PODS: ReadonlySet<string> = new Set(['pods', 'pod', 'po']);

/** The kinds that `all`, or `deploy,sts`, means, as they are called. @throws CliError CLI_USAGE */
const kindsOf = (resource: string): readonly string[] => {
  if (resource === 'all') return ALL_KINDS;
  const kinds = resource.split(',').map((word) => {
    const kind = PODS.has(word) ? 'Pod' : findObjectKind(word.split('.', 1)[0] ?? '')?.kind;
    if (kind !== undefined) return kind;
    throw new CliError({ code: 'CLI_USAGE', message: `there is no resource "${word}" that can be listed beside others` });
  });
  return [...new Set(kinds)];
};

/** `get all`, `get deploy,sts`: Pods and objects, each kind as a table of its own; with `-o json` or `yaml` one List. */
export const getSeveral = async (options: GetOptions, context: VerbContext): Promise<number> => {
  const { client, io, signal, now } = context;
  if (options.watch) throw new CliError({ code: 'CLI_USAGE', message: `cannot watch ${options.resource}` });
  if (options.names.length > 0) throw new CliError({ code: 'CLI_USAGE', message: 'names go with one kind' });
  const kinds = kindsOf(options.resource);
  const format = parseOutputFormat(options.output);
  const withNamespace = options.allNamespaces === true;
  const matches = options.selector === undefined ? () => true : parseLabelSelector(options.selector);
  const [allPods, objects] = await Promise.all([client.listPods({ signal }), client.listObjects({ signal })]);
  const pods = inNamespace(allPods, ({ metadata }) => metadata?.namespace, options).filter(({ metadata }) => matches(metadata?.labels));
  const groups = kinds.map((name) => {
    const kind = objectKinds.find((one) => one.kind === name);
    return { kind, items: name === 'Pod' ? pods : kind === undefined ? [] : objects.filter(isWantedObject(kind, options)) };
  });
  const found = groups.flatMap(({ items }): readonly (Pod | NodeApiObject)[] => items);
  if (found.length === 0) {
    const where = withNamespace ? 'No resources found\n' : `No resources found in ${options.namespace ?? DEFAULT_NAMESPACE} namespace.\n`;
    if (format.type === 'table' || format.type === 'name') await write(io.stderr, where);
  }
  if (format.type !== 'table') {
    const printer = { columns: [], row: () => [], name: nameOf, listKind: 'List' };
    const text = await printObjects(found, printer, { format, single: false });
    await (format.type === 'jsonpath' ? writeRaw : write)(io.stdout, text);
    return 0;
  }
  const maxWidth = tableWidth(io);
  const table = {
    wide: format.wide,
    ...(maxWidth === undefined ? {} : { maxWidth }),
    ...(options.noHeaders === undefined ? {} : { noHeaders: options.noHeaders }),
  };
  const named = podPrinter({ now, withNamespace });
  const at = withNamespace ? 1 : 0;
  const podRows = { ...named, row: (pod: Pod) => named.row(pod).map((cell, i) => (i === at ? `pod/${cell}` : cell)) };
  const parts = groups.flatMap(({ kind, items }) => {
    if (items.length === 0) return [];
    if (kind === undefined) return [objectTable(podRows, table)(items as readonly Pod[])];
    return [objectTable(objectPrinter(kind, { now, withNamespace, withKind: true }), table)(items as readonly NodeApiObject[])];
  });
  if (parts.length > 0) await write(io.stdout, parts.join('\n'));
  return 0;
};

const nameOf = (object: Pod | NodeApiObject): string => {
  const kind = objectKinds.find((one) => one.kind === object.kind);
  return kind === undefined ? `pod/${object.metadata.name}` : objectName(kind, object.metadata.name ?? '');
};
