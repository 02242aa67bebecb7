import { basename } from 'node:path';
import { nearestName } from '@solo-kubelet/diagnostics/text';
import type { EventObject, ManifestObject } from '@solo-kubelet/node-api';
import type { Pod } from '@solo-kubelet/pod-spec';
import { CliError } from '../cli-error.js';
import { tableWidth, write, writeRaw } from '../cli-io.js';
import type { Abortable, ImageObject, WatchEvent } from '../client/node-client.js';
import { type ObjectPrinter, objectTable, parseOutputFormat, printObjects } from '../output/print-objects.js';
import { eventPrinter, imagePrinter, manifestPrinter, type NodeObject, nodePrinter, podPrinter } from '../output/printers.js';
import type { GetOptions } from './get-options.js';
import { DEFAULT_NAMESPACE, inNamespace, type VerbContext } from './verb-context.js';

const RESOURCES: ReadonlyMap<string, 'pods' | 'node' | 'images' | 'events' | 'manifests'> = new Map(
  Object.entries({
    pods: 'pods',
    pod: 'pods',
    po: 'pods',
    node: 'node',
    nodes: 'node',
    no: 'node',
    images: 'images',
    image: 'images',
    events: 'events',
    event: 'events',
    ev: 'events',
    manifests: 'manifests',
    manifest: 'manifests',
  } as const),
);

/** `get pods|node|images|events|manifests|all|KIND [NAME…] [-w] [-o …]`. */
export const get = async (options: GetOptions, context: VerbContext): Promise<number> => {
  if (options.resource === 'all' || options.resource.includes(',')) return (await import('./get-objects.js')).getSeveral(options, context);
  const resource = RESOURCES.get(options.resource);
  // What a plain list of Pods has no use for is loaded when it is asked for: that is most of what such a command takes.
  const kinds = resource === undefined ? await import('@solo-kubelet/object-spec/kinds') : undefined;
  const kind = kinds?.findObjectKind(options.resource.split('.', 1)[0] ?? '');
  if (kind !== undefined) {
    // With the columns of all kinds: what lists Pods need not wait for them.
    const [{ isWantedObject, wantedObjects }, { objectPrinter }] = await Promise.all([
      import('./get-objects.js'),
      import('../output/object-printer.js'),
    ]);
    const withNamespace = options.allNamespaces === true;
    return show(
      { list: () => wantedObjects(kind, options, context), watch: () => context.client.watchObjects({ signal: context.signal }) },
      isWantedObject(kind, options),
      (now) => objectPrinter(kind, { now, withNamespace }),
      options,
      context,
    );
  }
  if (resource === undefined) {
    const near = nearestName(options.resource, new Set([...RESOURCES.values(), ...(kinds?.objectKinds ?? []).map(({ plural }) => plural)]));
    throw new CliError({
      code: 'CLI_USAGE',
      message: `there is no resource "${options.resource}"`,
      hint: near
        ? `Did you mean "${near}"?`
        : 'There are: pods, node, images, events, manifests, all, and every kind that manifests may hold, such as deployments or jobs.',
    });
  }
  const { client, signal } = context;
  const withNamespace = options.allNamespaces === true;
  switch (resource) {
    case 'pods': {
      const matches =
        options.selector === undefined ? () => true : (await import('../client/label-selector.js')).parseLabelSelector(options.selector);
      const finder = options.names.length > 0 ? await import('../client/find-pod.js') : undefined;
      const wanted = (pods: readonly Pod[]): readonly Pod[] => {
        if (finder !== undefined) return options.names.map((name) => finder.findPod(pods, name, options.namespace ?? DEFAULT_NAMESPACE));
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
      return show(source, keep, (now) => podPrinter({ now, withNamespace }), options, context);
    }
    case 'events': {
      const isWanted = (event: EventObject): boolean =>
        inNamespace([event], ({ metadata }) => metadata?.namespace, options).length > 0 && isNamed(namesOfEvent(event), options);
      const list = async () =>
        allNamed(
          inNamespace(await client.listEvents({ signal }), ({ metadata }) => metadata?.namespace, options),
          namesOfEvent,
          options,
        );
      return show(
        { list, watch: () => client.watchEvents({ signal }) },
        isWanted,
        (now) => eventPrinter({ now, withNamespace }),
        options,
        context,
      );
    }
    case 'images': {
      const format = parseOutputFormat(options.output).type;
      // One image may have many names, and somebody looks for each of them.
      const rows = (images: readonly ImageObject[]) => (format === 'table' || format === 'name' ? images.flatMap(eachName) : images);
      const list = async () => rows(allNamed(await client.listImages({ signal }), ({ names, id }) => [...names, id], options));
      const { pollChanges } = await import('../client/poll-changes.js');
      const watch = () =>
        pollChanges({ list: async (o) => rows(await client.listImages(o)), keyOf: ({ names, id }) => [id, ...names].join(' '), signal });
      return show(
        { list, watch },
        ({ names, id }) => isNamed([...names, id], options),
        () => imagePrinter,
        options,
        context,
      );
    }
    case 'manifests': {
      const list = async () => allNamed(await client.listManifests({ signal }), namesOfManifest, options);
      const isWanted = (manifest: ManifestObject): boolean => isNamed(namesOfManifest(manifest), options);
      return show({ list, watch: () => client.watchManifests({ signal }) }, isWanted, () => manifestPrinter, options, context);
    }
    case 'node': {
      const list = async () => allNamed([(await client.getNode({ signal })) as NodeObject], namesOfNode, options);
      return show(
        { list },
        () => true,
        (now) => nodePrinter({ now, withNamespace }),
        { ...options, names: [''] },
        context,
      );
    }
  }
};

const eachName = (image: ImageObject): readonly ImageObject[] =>
  image.names.length < 2 ? [image] : image.names.map((name) => ({ ...image, names: [name] }));

const namesOfEvent = ({ metadata }: EventObject): readonly string[] => [metadata?.name ?? ''];
const namesOfManifest = ({ path }: ManifestObject): readonly string[] => [path, basename(path)];
const namesOfNode = ({ metadata }: NodeObject): readonly string[] => [metadata?.name ?? ''];

const isNamed = (own: readonly string[], { names }: GetOptions): boolean => names.length === 0 || own.some((name) => names.includes(name));

/** Those of the given names, or all. @throws CliError CLI_NOT_FOUND for a name that nothing has */
const allNamed = <T>(objects: readonly T[], namesOf: (object: T) => readonly string[], options: GetOptions): readonly T[] => {
  const known = new Set(objects.flatMap(namesOf));
  const missing = options.names.find((name) => !known.has(name));
  if (missing === undefined) return objects.filter((object) => isNamed(namesOf(object), options));
  const resource = RESOURCES.get(options.resource) ?? options.resource;
  throw new CliError({
    code: 'CLI_NOT_FOUND',
    message: `${resource.replace(/s$/, '')} "${missing}" not found`,
    hint: `List them with: kubelet-cli get ${resource}`,
  });
};

interface Source<T> {
  list(options?: Abortable): Promise<readonly T[]>;
  watch?(): AsyncIterable<WatchEvent<T>>;
}

const show = async <T extends object>(
  source: Source<T>,
  keep: (object: T) => boolean,
  printerAt: (now: () => number) => ObjectPrinter<T>,
  options: GetOptions,
  { io, now }: VerbContext,
): Promise<number> => {
  const format = parseOutputFormat(options.output);
  if (options.watch && !source.watch) throw new CliError({ code: 'CLI_USAGE', message: `cannot watch ${options.resource}` });
  const printer = printerAt(now);
  const maxWidth = tableWidth(io);
  const tableOptions = {
    ...(maxWidth === undefined ? {} : { maxWidth }),
    ...(options.noHeaders === undefined ? {} : { noHeaders: options.noHeaders }),
  };
  const table = objectTable(printer, { ...tableOptions, wide: format.type === 'table' && format.wide });
  const print = async (objects: readonly T[], single: boolean): Promise<void> =>
    (format.type === 'jsonpath' ? writeRaw : write)(
      io.stdout,
      format.type === 'table' ? table(objects) : await printObjects(objects, printer, { format, single }),
    );

  // A pod changes more often than its row: a line that would repeat the last one of its object, but for its age, is not printed.
  const still = printerAt(() => 0);
  const rowOf = (object: T): string => still.row(object).join('\t');
  const shown = new Map<string, string>();
  if (!options.watch || format.type === 'table') {
    const objects = await source.list();
    if (objects.length > 0 || format.type !== 'table') await print(objects, options.names.length === 1);
    else await write(io.stderr, nothingFound(options));
    for (const object of objects) shown.set(printer.name(object), rowOf(object));
  }
  if (!options.watch || !source.watch) return 0;
  for await (const { type, object } of source.watch()) {
    if (!keep(object)) continue;
    const row = rowOf(object);
    const name = printer.name(object);
    if (format.type === 'table' && type !== 'DELETED' && shown.get(name) === row) continue;
    shown.set(name, row);
    await print([object], true);
  }
  return 0;
};

const nothingFound = ({ allNamespaces, namespace = DEFAULT_NAMESPACE }: GetOptions): string =>
  allNamespaces ? 'No resources found\n' : `No resources found in ${namespace} namespace.\n`;
