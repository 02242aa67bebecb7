import type { Pod } from '@solo-kubelet/pod-spec';
import { CliError } from '../cli-error.js';
import { tableWidth, write } from '../cli-io.js';
import { findPod } from '../client/find-pod.js';
import { parseLabelSelector } from '../client/label-selector.js';
import type { Abortable, WatchEvent } from '../client/node-client.js';
import { nearest } from '../config/nearest.js';
import { type ObjectPrinter, parseOutputFormat, printObjects } from '../output/print-objects.js';
import { eventPrinter, manifestPrinter, nodePrinter, podPrinter } from '../output/printers.js';
import { DEFAULT_NAMESPACE, inNamespace, type NamespaceChoice, type VerbContext } from './verb-context.js';

export interface GetOptions extends NamespaceChoice {
  readonly resource: string;
  readonly names: readonly string[];
  readonly output?: string;
  readonly watch?: boolean;
  readonly selector?: string;
  readonly noHeaders?: boolean;
}

const RESOURCES: Readonly<Record<string, 'pods' | 'node' | 'events' | 'manifests'>> = {
  pods: 'pods',
  pod: 'pods',
  po: 'pods',
  node: 'node',
  nodes: 'node',
  no: 'node',
  events: 'events',
  event: 'events',
  ev: 'events',
  manifests: 'manifests',
  manifest: 'manifests',
};

/** Whether `get` of this resource is answered here (images are the runtime's business). */
export const isGettable = (resource: string): boolean => Object.hasOwn(RESOURCES, resource);

/** `get pods|node|events|manifests [NAME…] [-w] [-o …]`. */
export const get = async (options: GetOptions, context: VerbContext): Promise<number> => {
  const resource = RESOURCES[options.resource];
  if (resource === undefined) {
    const near = nearest(options.resource, Object.keys(RESOURCES));
    throw new CliError({
      code: 'CLI_USAGE',
      message: `there is no resource "${options.resource}"`,
      hint: near ? `Did you mean "${near}"?` : 'There are: pods, node, images, events, manifests.',
    });
  }
  const { client, signal, now } = context;
  const printerOptions = { now, withNamespace: options.allNamespaces === true };
  switch (resource) {
    case 'pods': {
      const matches = options.selector === undefined ? () => true : parseLabelSelector(options.selector);
      const wanted = (pods: readonly Pod[]): readonly Pod[] => {
        if (options.names.length > 0) return options.names.map((name) => findPod(pods, name, options.namespace ?? DEFAULT_NAMESPACE));
        return inNamespace(pods, ({ metadata }) => metadata?.namespace, options).filter(({ metadata }) => matches(metadata?.labels));
      };
      const source = { list: async () => wanted(await client.listPods({ signal })), watch: () => client.watchPods({ signal }) };
      const keep = (pod: Pod): boolean => {
        const names = options.names.flatMap((name) => [name, `${name}-${pod.spec?.nodeName?.toLowerCase()}`]);
        return (
          inNamespace([pod], ({ metadata }) => metadata?.namespace, options).length > 0 &&
          matches(pod.metadata?.labels) &&
          (names.length === 0 || names.includes(pod.metadata?.name ?? ''))
        );
      };
      return show(source, keep, podPrinter(printerOptions), options, context);
    }
    case 'events': {
      const source = {
        list: async () => inNamespace(await client.listEvents({ signal }), ({ metadata }) => metadata?.namespace, options),
        watch: () => client.watchEvents({ signal }),
      };
      return show(
        source,
        (event) => inNamespace([event], ({ metadata }) => metadata?.namespace, options).length > 0,
        eventPrinter(printerOptions),
        options,
        context,
      );
    }
    case 'manifests':
      return show(
        { list: () => client.listManifests({ signal }), watch: () => client.watchManifests({ signal }) },
        () => true,
        manifestPrinter,
        options,
        context,
      );
    case 'node': {
      const node = await client.getNode({ signal });
      return show({ list: async () => [node] }, () => true, nodePrinter(printerOptions), { ...options, names: [''] }, context);
    }
  }
};

interface Source<T> {
  list(options?: Abortable): Promise<readonly T[]>;
  watch?(): AsyncIterable<WatchEvent<T>>;
}

const show = async <T extends object>(
  source: Source<T>,
  keep: (object: T) => boolean,
  printer: ObjectPrinter<T>,
  options: GetOptions,
  { io }: VerbContext,
): Promise<number> => {
  const format = parseOutputFormat(options.output);
  const maxWidth = tableWidth(io);
  const print = {
    format,
    ...(maxWidth === undefined ? {} : { maxWidth }),
    ...(options.noHeaders === undefined ? {} : { noHeaders: options.noHeaders }),
  };
  if (!options.watch) {
    const objects = await source.list();
    if (objects.length === 0 && format.type === 'table') {
      await write(
        io.stderr,
        options.allNamespaces ? 'No resources found\n' : `No resources found in ${options.namespace ?? DEFAULT_NAMESPACE} namespace.\n`,
      );
      return 0;
    }
    await write(io.stdout, printObjects(objects, printer, { ...print, single: options.names.length === 1 }));
    return 0;
  }
  if (!source.watch) throw new CliError({ code: 'CLI_USAGE', message: `cannot watch ${options.resource}` });
  // A pod changes more often than its row: a line that would repeat the last one of its object is not printed.
  const shown = new Map<string, string>();
  let first = true;
  for await (const { type, object } of source.watch()) {
    if (!keep(object)) continue;
    const row = printer.row(object).join('\t');
    const name = printer.name(object);
    if (format.type === 'table' && type !== 'DELETED' && shown.get(name) === row) continue;
    shown.set(name, row);
    await write(io.stdout, printObjects([object], printer, { ...print, single: true, noHeaders: !first || options.noHeaders === true }));
    first = false;
  }
  return 0;
};
