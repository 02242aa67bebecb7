import { ApiError, type ApiRequest, type RequestInfo, type StoredObject, type UserInfo } from '@solo-kubelet/api-server';
import { describeError } from '@solo-kubelet/diagnostics';
import type { ManifestState, ManifestStates } from '@solo-kubelet/manifest-source';
import { type ApiObject, objectKey } from '@solo-kubelet/object-spec';
import { type EphemeralContainer, isApiPod, type Pod } from '@solo-kubelet/pod-spec';
import { isFileKind } from '../core/node-catalog.js';
import type { StagedChange } from '../store/node-store.js';
import { OWN_FINALIZERS } from '../store/owners.js';
import type { createManifestWriter, FileEdit, Header } from './manifest-directory.js';

export interface CarryOutOptions {
  readonly writer: ReturnType<typeof createManifestWriter>;
  readonly manifests: () => ManifestStates;
  readonly nodeName: string;
  /** The identity that an object will have when its file is read, by `objectKey`. */
  readonly newUids: Map<string, string>;
  /** Ends a Pod that a workload made. */
  readonly deleteWorkloadPod: (uid: string) => void;
  /** A Pod is to end sooner than its own grace period, s. */
  readonly hasten: (uid: string, gracePeriodSeconds: number) => void;
  /** Keeps the ephemeral containers of a Pod and has them run; no file has them. False: there is no such Pod any more. */
  readonly addEphemeralContainers: (uid: string, containers: readonly EphemeralContainer[]) => Promise<boolean>;
  /** Why objects of a kind count for nothing here, if they do. */
  readonly refusalOf: (apiVersion: string, kind: string) => string | undefined;
  /** What the node's admission says of a new object, or of a change of one. Default: all is admitted as it is. */
  readonly admit?: AdmitObject | undefined;
  readonly keepNode: (node: StoredObject) => Promise<void>;
  /** Every object of a namespace that files hold, and its Pods. */
  readonly objectsIn: (namespace: string) => readonly StagedChange[];
  /** Who decides on an object that a controller made. */
  readonly firstController: (object: StoredObject) => { readonly kind: string; readonly name: string } | undefined;
  /** The ends of what files hold and goes with an object. */
  readonly dependentsOf: (object: StoredObject) => readonly StagedChange[];
  readonly userOf: (request: ApiRequest) => UserInfo | undefined;
}

/** An object as it would run, or why it may not come. */
export type ObjectVerdict =
  | { readonly type: 'admitted'; readonly object: StoredObject }
  | { readonly type: 'denied'; readonly message: string };
export type AdmitObject = (object: StoredObject, previous: StoredObject | undefined) => Promise<ObjectVerdict>;

/** Where an object is from. */
interface Source {
  readonly origin: Pick<ManifestState['origin'], 'source' | 'path'>;
}

/** Kinds that are not in files: kept while the kubelet runs. */
const IN_MEMORY: ReadonlySet<string> = new Set(['Event', 'Lease']);

const refused = (message: string): ApiError => new ApiError({ code: 405, reason: 'MethodNotAllowed', message });

const controllerOf = ({ metadata }: StoredObject) => metadata.ownerReferences?.find(({ controller }) => controller === true);

/** Whether a change is a deletion, or the mark of one; an object that finalizers of somebody hold stays in its file. */
const isEnding = ({ type, object, previous }: StagedChange): boolean =>
  type === 'remove' ||
  (object.metadata.deletionTimestamp !== undefined &&
    previous?.metadata.deletionTimestamp === undefined &&
    (object.metadata.finalizers ?? []).every((name) => OWN_FINALIZERS.has(name)));

/** Of one Pod, as JSON: some hundred containers to debug it with. */
const MAX_DEBUGGERS_BYTES = 64 * 1024;

/** Namespaces that stay (plugin NamespaceLifecycle). */
const IMMORTAL: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public']);

/** Makes what requests change happen: edits of files, and words to the kubelet. */
export const createCarryOut = (options: CarryOutOptions) => {
  const { writer, manifests, nodeName, newUids } = options;

  /** Files of new objects, from the write on until the kubelet has read them. */
  const unread = new Map<string, string>();

  const stateOf = (wanted: (state: ManifestState) => boolean): Source | undefined =>
    [...manifests().manifests.values()].find((state) => (state.state === 'accepted' || state.state === 'stale') && wanted(state));

  const nameOf = (object: StoredObject): string =>
    object.kind === 'Pod' ? `Pod ${object.metadata.uid}` : objectKey(object as unknown as ApiObject);

  const manifestOf = (object: StoredObject): Source | undefined => {
    const name = nameOf(object);
    const found =
      object.kind === 'Pod' ? stateOf(({ podUid }) => podUid === object.metadata.uid) : stateOf((state) => state.objectKey === name);
    if (found !== undefined) unread.delete(name);
    const path = unread.get(name);
    return path === undefined ? found : { origin: { source: 'file', path } };
  };

  const writeFiles = async (edits: readonly FileEdit[], header: Header): Promise<void> => {
    const paths = await writer.write(edits, header);
    for (const [{ before, after }, path] of paths) {
      if (after === undefined && before !== undefined) unread.delete(nameOf(before));
      else if (after !== undefined && before === undefined) unread.set(nameOf(after), path);
    }
  };

  const fileEdit = (change: StagedChange): FileEdit => {
    const { object, previous } = change;
    const { apiVersion, kind, metadata } = object;
    const refusal = previous === undefined ? options.refusalOf(apiVersion, kind) : undefined;
    if (refusal !== undefined) throw refused(refusal);
    const ending = isEnding(change);
    const known = previous === undefined ? undefined : manifestOf(previous);
    if (known !== undefined && known.origin.source !== 'file') {
      throw new ApiError({
        code: 403,
        reason: 'Forbidden',
        message: `${kind} ${JSON.stringify(metadata.name)} comes from ${known.origin.path}: change it there`,
      });
    }
    const isStatic = kind === 'Pod' && previous !== undefined && !isApiPod(previous as unknown as Pod);
    const suffix = `-${nodeName}`;
    const name = metadata.name ?? '';
    const edit = {
      apiVersion,
      kind,
      name: isStatic && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name,
      namespace: metadata.namespace ?? '',
      // What no file holds (a default role, a default account) gets one when it is changed.
      before: known === undefined ? undefined : previous,
      after: ending ? undefined : object,
      pinUid: isStatic,
    };
    return { path: known?.origin.path, edit };
  };

  const plan = (change: StagedChange): readonly FileEdit[] => {
    const { object, previous } = change;
    const { kind, metadata } = object;
    const owner = controllerOf(previous ?? object);
    if (owner !== undefined && previous !== undefined && manifestOf(previous) === undefined) {
      if (kind === 'Pod' && isEnding(change)) return [];
      const maker = options.firstController(previous) ?? owner;
      throw refused(`${kind} ${JSON.stringify(metadata.name)} is made by ${maker.kind} ${JSON.stringify(maker.name)}: change that`);
    }
    const edit = fileEdit(change);
    // A Pod whose file is gone already, an object that no file holds: there is nothing to take away.
    return edit.edit.after === undefined && edit.path === undefined ? [] : [edit];
  };

  /** Later writes of one object count. */
  const lastOfEach = (changes: readonly StagedChange[]): readonly StagedChange[] => {
    const byKey = new Map<string, StagedChange>();
    for (const change of changes) {
      const name = `${change.bucket} ${change.key}`;
      const first = byKey.get(name);
      const previous = first === undefined ? change.previous : first.previous;
      const { previous: _previous, ...rest } = change;
      byKey.set(name, { ...rest, ...(previous && { previous }) });
    }
    return [...byKey.values()];
  };

  const added = (uid: string, containers: readonly EphemeralContainer[]): Promise<boolean> =>
    options.addEphemeralContainers(uid, containers).catch((error: unknown) => {
      const message = `Internal error occurred: cannot keep ephemeral containers: ${describeError(error)}; nothing was changed`;
      throw new ApiError({ code: 500, reason: 'InternalError', message });
    });

  /** No file holds them, and so none bounds them. @throws ApiError 413 */
  const checkDebuggers = (changes: readonly StagedChange[]): void => {
    for (const { object } of changes) {
      const { metadata, spec } = object as unknown as Pod;
      const bytes = Buffer.byteLength(JSON.stringify(spec.ephemeralContainers ?? []));
      if (bytes <= MAX_DEBUGGERS_BYTES) continue;
      const message = `pods ${JSON.stringify(metadata.name)} would have ephemeral containers of ${bytes} bytes; at most ${MAX_DEBUGGERS_BYTES} are kept of one Pod: those that were added stay until it is deleted`;
      throw new ApiError({ code: 413, reason: 'RequestEntityTooLarge', message });
    }
  };

  const debugPods = async (changes: readonly StagedChange[]): Promise<void> => {
    for (const { object } of changes) {
      const { metadata, spec } = object as unknown as Pod;
      if (await added(metadata.uid ?? '', spec.ephemeralContainers ?? [])) continue;
      const message = `Operation cannot be fulfilled on pods ${JSON.stringify(metadata.name)}: it is coming to its end`;
      throw new ApiError({ code: 409, reason: 'Conflict', message });
    }
  };

  const endNamespace = async (namespace: StoredObject): Promise<void> => {
    const path = manifestOf(namespace)?.origin.path;
    if (path === undefined) return;
    const { apiVersion, kind, metadata } = namespace;
    const edit = { apiVersion, kind, name: metadata.name ?? '', namespace: '', before: namespace, after: undefined, pinUid: false };
    await writeFiles([{ path, edit }], () => '');
  };

  /** What a workload made ends with it; of Pods the kubelet is told. */
  const endsByItself = (object: StoredObject): boolean =>
    object.kind !== 'Pod' && controllerOf(object) !== undefined && manifestOf(object) === undefined;

  const goesWith = (change: StagedChange): readonly StagedChange[] =>
    isEnding(change) && !change.object.metadata.finalizers?.includes('orphan')
      ? options.dependentsOf(change.object).filter(({ object }) => manifestOf(object) !== undefined)
      : [];

  /** Objects by change as they would run. What ends needs nobody's leave. @throws ApiError 403 */
  const admit = async (changes: readonly StagedChange[]): Promise<ReadonlyMap<StagedChange, StoredObject>> => {
    const admitted = new Map<StagedChange, StoredObject>();
    for (const change of options.admit === undefined ? [] : lastOfEach(changes)) {
      const { object, previous } = change;
      if (change.type === 'remove' || object.metadata.deletionTimestamp !== undefined) continue;
      const verdict = await options.admit?.(object, previous);
      if (verdict?.type !== 'denied') {
        admitted.set(change, verdict?.object ?? object);
        continue;
      }
      const { name } = object.metadata;
      throw new ApiError({
        code: 403,
        reason: 'Forbidden',
        message: verdict.message,
        ...(name !== undefined && { details: { name } }),
      });
    }
    return admitted;
  };

  const refuseStatus = (info: RequestInfo): void => {
    if (info.subresource === 'status') throw refused('the status of objects is what the node finds; nobody else writes it');
  };

  /** What changes come to: with what goes along, and in files. @throws ApiError */
  const planned = (changes: readonly StagedChange[]) => {
    for (const { object } of changes) {
      const name = object.metadata.name ?? '';
      if (object.kind === 'Namespace' && object.metadata.deletionTimestamp !== undefined && IMMORTAL.has(name)) {
        const message = `namespaces ${JSON.stringify(name)} is forbidden: this namespace may not be deleted`;
        throw new ApiError({ code: 403, reason: 'Forbidden', message, details: { name, kind: 'namespaces' } });
      }
    }
    const written = lastOfEach(changes).filter(({ object }) => !IN_MEMORY.has(object.kind));
    const all = written.flatMap((change) =>
      change.object.kind === 'Namespace' && change.object.metadata.deletionTimestamp !== undefined
        ? options.objectsIn(change.object.metadata.name ?? '').filter(({ object }) => !endsByItself(object))
        : [change, ...goesWith(change)],
    );
    const files = all.filter(({ object }) => isFileKind(kindOf(object)));
    return { all, files, edits: files.flatMap(plan) };
  };

  /** All that is asked of changes before they count, and nothing else; gives the object of a single one as it would run. @throws ApiError */
  const rehearse = async (changes: readonly StagedChange[], info: RequestInfo): Promise<StoredObject | undefined> => {
    refuseStatus(info);
    const [admitted] = [...(await admit(changes)).values()];
    if (info.subresource === 'ephemeralcontainers') checkDebuggers(changes);
    else await writer.write(planned(changes).edits, () => '', { dryRun: true });
    return changes.length === 1 ? admitted : undefined;
  };

  const carryOut = async (changes: readonly StagedChange[], request: ApiRequest, info: RequestInfo): Promise<void> => {
    refuseStatus(info);
    if (info.subresource === 'ephemeralcontainers') checkDebuggers(changes);
    await admit(changes);
    if (info.subresource === 'ephemeralcontainers') return debugPods(changes);
    const { all, files, edits } = planned(changes);
    for (const { object } of all) if (object.kind === 'Node' && object.apiVersion === 'v1') await options.keepNode(object);
    for (const { edit } of edits) {
      const { after, before } = edit;
      if (after === undefined || before !== undefined || after.kind === 'Pod') continue;
      newUids.set(objectKey(after as unknown as ApiObject), after.metadata.uid ?? '');
    }
    const user = options.userOf(request)?.username ?? 'nobody';
    const when = new Date(request.nowMs).toISOString().slice(0, 19);
    await writeFiles(edits, () => ` Written by the API of this node for ${printable(user)}, ${when}Z. It may be edited by hand.`);
    for (const change of files) {
      const { object, previous } = change;
      if (object.kind !== 'Pod' || previous === undefined || !isEnding(change)) continue;
      const uid = previous.metadata.uid ?? '';
      const grace = Number(object.metadata.deletionGracePeriodSeconds ?? Number.NaN);
      const own = Number(previous.spec?.['terminationGracePeriodSeconds'] ?? 30);
      if (grace < own) options.hasten(uid, grace);
      if (controllerOf(previous) !== undefined) options.deleteWorkloadPod(uid);
    }
  };
  return Object.assign(carryOut, {
    rehearse,
    /** Takes a namespace out of its file, once nothing is left in it. */
    endNamespace,
  });
};

const kindOf = ({ apiVersion, kind }: StoredObject) => ({ group: apiVersion.includes('/') ? apiVersion.split('/')[0]! : '', kind });

/** A name as a comment may hold it. */
const printable = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 100);
