import type { RequestContext } from '../context.js';
import { readSelection } from '../registry/select-objects.js';
import { parseVersion, versionProblem } from '../registry/versions.js';
import { type ListOptions, startsFromNothing } from '../request/query-options.js';
import { type ApiResource, groupVersion } from '../resources/api-resource.js';
import type { WatchAnswer, WatchSink } from '../respond/answer.js';
import { includeObjectOf, partialMetadata } from '../respond/object-answer.js';
import { jsonText, objectJson, shownObject } from '../respond/object-json.js';
import { protobufEvent } from '../respond/protobuf-answer.js';
import { emptyObject } from '../schema/empty-object.js';
import { internal, type Status } from '../status/api-error.js';
import type { StoreEvent } from '../store/object-store.js';
import type { StoredObject } from '../stored-object.js';

/** An event as clients get it. */
type WatchType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';

const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

const tooOld = (wanted: bigint, oldest: number): Status => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message: `too old resource version: ${wanted} (${oldest})`,
  reason: 'Expired',
  code: 410,
});

export interface WatchRequest {
  readonly resource: ApiResource;
  readonly namespace: string;
  readonly name?: string;
  readonly options: ListOptions;
}

/** Writes events in the form that was asked for. */
const createWriter = (ctx: RequestContext, resource: ApiResource) => {
  const { output, parts, query, request } = ctx;
  let first = true;
  const includeObject = output.as?.kind === 'Table' ? includeObjectOf(query) : 'Metadata';
  const formed = (object: StoredObject): object => {
    const shown = shownObject(resource, object);
    if (output.as === undefined) return shown;
    if (output.as.kind !== 'Table') return partialMetadata(shown, output.as.version);
    const headers = first;
    first = false;
    const metadata = { resourceVersion: shown.metadata.resourceVersion };
    return parts.tables.table(resource, [shown], { nowMs: request.nowMs, version: output.as.version, includeObject, metadata, headers });
  };
  const line = (type: WatchType, object: string): string => `{"type":"${type}","object":${object}}\n`;
  const written = (type: WatchType, value: object): string | Uint8Array =>
    (output.language === 'protobuf' ? protobufEvent(type, value) : undefined) ?? line(type, jsonText(value));
  const isPlain = output.as === undefined && output.language === 'json';
  return {
    event: (type: WatchType, object: StoredObject): string | Uint8Array =>
      isPlain ? line(type, objectJson(resource, object)) : written(type, formed(object)),
    error: (status: Status): string | Uint8Array => written('ERROR', status),
  };
};

/** An object that says only up to which version everything was told. */
const bookmark = (resource: ApiResource, version: number, annotations?: Readonly<Record<string, string>>): StoredObject => ({
  ...emptyObject(resource.struct),
  apiVersion: groupVersion(resource),
  kind: resource.kind,
  metadata: { resourceVersion: String(version), ...(annotations && { annotations }) } as StoredObject['metadata'],
});

/** What a change is to somebody who looks at some objects only. */
export const seenAs = (
  event: StoreEvent,
  matches: (object: StoredObject) => boolean,
): { type: WatchType; object: StoredObject } | undefined => {
  const now = event.type !== 'DELETED' && matches(event.object);
  const before = event.previous !== undefined && matches(event.previous);
  if (now) return { type: before ? 'MODIFIED' : 'ADDED', object: event.object };
  if (!before) return undefined;
  if (event.type === 'DELETED') return { type: 'DELETED', object: event.object };
  const { resourceVersion } = event.object.metadata;
  return {
    type: 'DELETED',
    object: { ...event.previous!, metadata: { ...event.previous!.metadata, ...(resourceVersion && { resourceVersion }) } },
  };
};

const startVersion = (text: string): bigint => {
  if (text === '') return 0n;
  const version = parseVersion(text);
  if (version === undefined) throw internal(`resourceVersion: Invalid value: ${JSON.stringify(text)}: ${versionProblem(text)}`);
  return version;
};

/** Follows the objects of a resource. @throws ApiError 400, 500 */
export const watchObjects = (ctx: RequestContext, { resource, namespace, options }: WatchRequest): WatchAnswer => {
  const { store } = ctx.parts;
  const selection = readSelection(resource, options.labelSelector, options.fieldSelector);
  const version = startVersion(options.resourceVersion);
  const prefix = resource.namespaced && namespace !== '' ? `${namespace}/` : '';
  const bucket = resource.storedAs;
  const writer = createWriter(ctx, resource);
  const wantsInitial = options.sendInitialEvents ?? version === 0n;
  const isFuture = version > BigInt(store.version);
  const tell = (event: StoreEvent, sink: WatchSink): void => {
    if (!event.key.startsWith(prefix) || BigInt(event.version) <= version) return;
    const seen = seenAs(event, selection.matches);
    if (seen !== undefined) sink.send(writer.event(seen.type, seen.object));
  };
  const start = (sink: WatchSink): (() => void) => {
    if (wantsInitial) {
      for (const object of store.list(bucket, prefix)) if (selection.matches(object)) sink.send(writer.event('ADDED', object));
      if ((options.sendInitialEvents === true || startsFromNothing(options)) && options.allowWatchBookmarks) {
        sink.send(writer.event('BOOKMARK', bookmark(resource, store.version, { [INITIAL_EVENTS_END]: 'true' })));
      }
    } else if (version !== 0n && !isFuture) {
      const events = store.eventsSince(bucket, Number(version));
      if (events === undefined) {
        sink.send(writer.error(tooOld(version, store.oldestVersion)));
        sink.end();
        return () => {};
      }
      for (const event of events) tell(event, sink);
    }
    return store.subscribe(bucket, (event) => tell(event, sink));
  };
  return {
    type: 'watch',
    headers: [['Content-Type', ctx.output.language === 'json' ? 'application/json' : 'application/vnd.kubernetes.protobuf;stream=watch']],
    start,
    ...(options.timeoutSeconds !== undefined && options.timeoutSeconds > 0 && { timeoutMs: options.timeoutSeconds * 1000 }),
    ...(options.allowWatchBookmarks && {
      tick: (sink: WatchSink) => sink.send(writer.event('BOOKMARK', bookmark(resource, store.version))),
    }),
  };
};
