import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import {
  type ApiRequest,
  apiPatcher,
  type CoreParts,
  createApiCore,
  createStoreAuthorizer,
  type DescribeField,
  kindTables,
  loadFieldWords,
  type NodeAnswer,
  type ObjectStore,
  type RequestInfo,
  type StoredObject,
  seedStore,
  serveRequests,
  type UserInfo,
} from '@solo-kubelet/api-server';
import { describeError, type Logger } from '@solo-kubelet/diagnostics';
import { metaTime } from '@solo-kubelet/diagnostics/text';
import { emptyManifestStates, type ManifestStates } from '@solo-kubelet/manifest-source';
import {
  createTurns,
  identityOfCertificate,
  type ListenOptions,
  listenHttps,
  loadTokenFile,
  type NodeApi,
  type TokenFile,
} from '@solo-kubelet/node-api';
import type { EphemeralContainer, FeatureGates } from '@solo-kubelet/pod-spec';
import type { PodView } from '@solo-kubelet/reconciler';
import { readState, writeDurably } from '@solo-kubelet/state-files';
import { defer, finalize, from, ignoreElements, merge, mergeMap, NEVER, type Observable, tap } from 'rxjs';
import { nodeCatalog } from './core/node-catalog.js';
import { decodeNodeSettings, nodeSettingsOf } from './core/node-object.js';
import { roleObjects } from './core/role-bindings.js';
import type { NodeObject } from './core/shown-object.js';
import { createNodeFollower } from './feed/follow-node.js';
import { type CarryOutOptions, createCarryOut } from './manifests/carry-out.js';
import { createManifestWriter } from './manifests/manifest-directory.js';
import { periodicWork } from './periodic-work.js';
import { keepAdminKubeconfig, serverUrl } from './pki/kubeconfig.js';
import { openNodeCa } from './pki/node-ca.js';
import { servingPair } from './pki/serving-pair.js';
import { answerRequests } from './serve/answer-requests.js';
import { createAuditLog } from './serve/audit-log.js';
import { auditRequests } from './serve/audit-requests.js';
import { listenWhenFree } from './serve/listen-when-free.js';
import { withStatusErrors } from './serve/status-errors.js';
import { upgradeToNode } from './serve/upgrade.js';
import { endNamespaces, objectsIn, removeUnseen } from './store/end-namespaces.js';
import { keepMeasurements } from './store/keep-measurements.js';
import { createNodeStore } from './store/node-store.js';
import { openObjectRecords } from './store/object-records.js';
import { dependentsOf, firstController } from './store/owners.js';
import { openVersionRange } from './store/version-range.js';

export interface KubeApiOptions {
  /** Where it listens. */
  readonly host: string;
  readonly port: number;
  /** Names and addresses that the serving certificate is to be good for besides `host`. */
  readonly names: readonly string[];
  /** Where the CA, records and the audit log are kept. */
  readonly directory: string;
  /** Where the kubeconfig of the administrator is kept. */
  readonly kubeconfigPath: string;
  readonly nodeName: string;
  readonly tokenFile?: string;
  /** Feature gates; those that have fields of Pods behind them say which fields there are. Default: all have their default. */
  readonly featureGates?: FeatureGates;
  /** Signs tokens of service accounts, and tells what one says that it signed. */
  readonly serviceAccounts: {
    readonly issuer: string;
    readonly sign: (claims: Readonly<Record<string, unknown>>) => string;
    readonly verify: (token: string) => Readonly<Record<string, unknown>> | undefined;
  };
  /** By uid, at once and on every change. */
  readonly pods$: Observable<ReadonlyMap<string, PodView>>;
  /** Every object but Pods, Secrets with what they hold, by key; at once and on every change. */
  readonly objects$: Observable<ReadonlyMap<string, NodeObject>>;
  /** Events as v1 has them, by id; at once and on every change. */
  readonly events$: Observable<ReadonlyMap<string, object>>;
  /** State of every manifest file and URL, at once and on every change. */
  readonly manifests$: Observable<ManifestStates>;
  /** The manifest directory, where what clients write goes; empty: there is none, and nothing can be written. */
  readonly manifestPath: string;
  /** Identities of objects that are about to come in files, by `objectKey`: whoever reads the files takes them from here. */
  readonly newUids: Map<string, string>;
  /** Ends a Pod that a workload made. */
  readonly deleteWorkloadPod: (uid: string) => void;
  /** Ends a Pod sooner than its own grace period says, s. */
  readonly hasten: (uid: string, gracePeriodSeconds: number) => void;
  /** Why objects of a kind count for nothing on this node, if they do: nobody can make one. */
  readonly refusalOf: (apiVersion: string, kind: string) => string | undefined;
  /** What the node's admission says of a new object, or of a change of one, in the words of an API server. Default: all is admitted as it is. */
  readonly admit?: CarryOutOptions['admit'];
  /** Keeps the ephemeral containers of a Pod and has them run; false: there is no such Pod any more. */
  readonly addEphemeralContainers: (uid: string, containers: readonly EphemeralContainer[]) => Promise<boolean>;
  /** The node as it is now. */
  readonly node: (signal: AbortSignal) => Promise<object>;
  /** Told when somebody cordons the node, or does so no more. */
  readonly onCordon?: (unschedulable: boolean) => void;
  /** The kubelet's own HTTP API, once it serves: logs, streams and measurements come from there. */
  readonly kubelet: () => Pick<NodeApi, 'local' | 'usage'> | undefined;
  /** What makes the network of Services of the node; undefined: it has none. */
  readonly serviceNetwork?: { readonly ranges: readonly string[]; readonly nodePorts: { readonly from: number; readonly to: number } };
  readonly logger: Logger;
  readonly now?: () => number;
  /** Connections at once. Default 2,048, of one address 1,536. */
  readonly limits?: NonNullable<ListenOptions['limits']>;
}

/** How often the node is looked at, ms (nodeStatusUpdateFrequency). */
const NODE_PERIOD_MS = 10_000;
/** How often certificates and the token file are looked at, ms. */
const RENEW_PERIOD_MS = 3_600_000;
/** How often the token file is read again, ms. */
const TOKEN_PERIOD_MS = 60_000;
const RECORDS_PERIOD_MS = 5_000;
/** How often it is looked whether what is being deleted has gone, ms. */
const ENDINGS_PERIOD_MS = 1_000;
/** Where the kubelet has logs. */
const LOGS = '/containerLogs/';
const HEADER_TIMEOUT_MS = 20_000;
const LIMITS = { total: 2_048, perPeer: 1_536 };
/** For how long measurements are good, ms. */
const FIGURES_GOOD_MS = 1_000;

/** Serves the Kubernetes API of the node while subscribed to. An address that is taken, or that the machine has not yet, is waited for. */
export const runKubeApi = (options: KubeApiOptions): Observable<never> =>
  defer(() => {
    const stopping = new AbortController();
    const opened = openKubeApi(options, stopping.signal);
    return from(opened).pipe(
      mergeMap(({ follow$ }) => merge(follow$, NEVER)),
      ignoreElements(),
      finalize(() => {
        stopping.abort();
        opened.then(({ close }) => close()).catch(() => {});
      }),
    );
  });

/** An address is given at once where there is one block of IPv4; of two families, or of IPv6, the network of Services gives it once the file is read. */
const addressBlock = ({ ranges, nodePorts }: NonNullable<KubeApiOptions['serviceNetwork']>) => ({
  range: ranges.length === 1 && !ranges[0]!.includes(':') ? ranges[0] : undefined,
  nodePorts,
});

const openKubeApi = async (options: KubeApiOptions, signal: AbortSignal) => {
  const { directory, nodeName, logger, now = Date.now, host, port } = options;
  const versions = await openVersionRange(join(directory, 'version'), { nowMs: now(), logger });
  const records = await openObjectRecords(
    join(directory, 'objects.json'),
    nodeCatalog.resources
      .filter(({ rules, kind }) => rules !== undefined && kind !== 'Event' && kind !== 'Lease')
      .map(({ storedAs }) => storedAs),
    logger,
  );
  const nodeStore = createNodeStore({ firstVersion: versions.first, versionOf: records.takeVersion });
  const follower = createNodeFollower({ nodeName, records, now });
  const audit = createAuditLog(join(directory, 'audit.log'), logger);
  const server = serverUrl(host, port);
  const ca = await openNodeCa(directory, now);
  const names = [
    ...new Set([host, 'localhost', '127.0.0.1', '::1', nodeName, 'kubernetes', 'kubernetes.default.svc', ...options.names]),
  ].filter((name) => name !== '0.0.0.0' && name !== '::');
  const pair = await servingPair(directory, ca, names, now());
  await keepAdminKubeconfig(options.kubeconfigPath, ca, server, now());
  let tokens: TokenFile | undefined = options.tokenFile === undefined ? undefined : await loadTokenFile(options.tokenFile);
  nodeStore.follow((store) => seed(store, now()));

  let describeField: DescribeField | undefined;
  const asked = new WeakMap<ApiRequest, { readonly user: UserInfo; readonly info: RequestInfo }>();
  const parts: CoreParts = {
    store: nodeStore.store,
    authorizer: createStoreAuthorizer(nodeStore.store),
    tables: kindTables,
    patcher: apiPatcher,
    userOf: (token) => {
      const identity = tokens?.lookup(token);
      return identity === undefined ? undefined : { username: identity.name, groups: identity.groups };
    },
    issuer: options.serviceAccounts.issuer,
    verifyToken: (token) => options.serviceAccounts.verify(token) as ReturnType<CoreParts['verifyToken']>,
    signToken: (claims) => options.serviceAccounts.sign(claims),
    newUid: () => crypto.randomUUID(),
    random: Math.random,
    catalog: nodeCatalog,
    debugsStaticPods: true,
    enforcesOnTemplates: true,
    ...(options.serviceNetwork && { serviceNetwork: addressBlock(options.serviceNetwork) }),
    describeField: () => describeField,
    nodeName,
    ...(options.featureGates && { featureGates: options.featureGates }),
    onRequest: (request, user, info) => void asked.set(request, { user, info }),
  };
  let measuredMs = Number.NEGATIVE_INFINITY;
  const measure = async (): Promise<void> => {
    const kubelet = options.kubelet();
    if (kubelet === undefined || performance.now() - measuredMs < FIGURES_GOOD_MS) return;
    const summary = await kubelet.usage(signal);
    measuredMs = performance.now();
    nodeStore.follow((store) => keepMeasurements(store, nodeName, summary, now()));
  };
  const settingsPath = join(directory, 'node.json');
  let settings = (await readState(settingsPath, { decode: decodeNodeSettings, logger })) ?? {};
  const writer = createManifestWriter({ path: options.manifestPath, nodeName });
  let manifests: ManifestStates = emptyManifestStates;
  const userOf = (request: ApiRequest): UserInfo | undefined => asked.get(request)?.user;
  const carryOut = createCarryOut({
    writer,
    manifests: () => manifests,
    nodeName,
    newUids: options.newUids,
    deleteWorkloadPod: options.deleteWorkloadPod,
    hasten: options.hasten,
    refusalOf: options.refusalOf,
    admit: options.admit,
    addEphemeralContainers: options.addEphemeralContainers,
    keepNode: async (node) => {
      const next = nodeSettingsOf(node, follower.reportedNode());
      await writeDurably(settingsPath, `${JSON.stringify(next)}\n`);
      if (next.unschedulable !== settings.unschedulable) options.onCordon?.(next.unschedulable === true);
      settings = next;
    },
    objectsIn: (namespace) => objectsIn(nodeStore.store, namespace),
    firstController: (object) => firstController(nodeStore.store, object),
    dependentsOf: (object) => dependentsOf(nodeStore.store, object),
    userOf,
  });
  const answerer = answerRequests({
    core: createApiCore(parts),
    nodeStore,
    userOf,
    measure,
    loadWords: async () => {
      describeField ??= await loadFieldWords();
    },
    logger,
    carryOut,
    committed: (changes) => {
      follower.noteWrites(changes);
      for (const { type, bucket, object } of changes)
        if (type === 'remove' && bucket === 'pods') follower.forget(object.metadata.uid ?? '');
    },
  });
  const audited = auditRequests({ answerer, asked: (request) => asked.get(request), record: audit.record, now });
  const known = new WeakSet<object>();
  const serveOptions = {
    now,
    // Connections of strangers make room for others first; one that showed who it is stays.
    asked: (request: ApiRequest, message: IncomingMessage) => {
      const { user } = asked.get(request) ?? {};
      if (user !== undefined && !user.groups.includes('system:unauthenticated')) known.add(message.socket);
    },
    userOf: userOfCertificate(now),
    toNode: (answer: NodeAnswer, message: IncomingMessage, response: ServerResponse) => {
      response.once('close', () => audited.ended(answer, response.statusCode));
      message.url = answer.target;
      // What a proxied request of the node gets is the kubelet's own answer, word by word.
      options.kubelet()?.local.request(message, answer.target.startsWith(LOGS) ? withStatusErrors(response) : response);
    },
  };
  const inTurn = createTurns();
  const serve = serveRequests(audited, serveOptions);
  const listenOptions: ListenOptions = {
    headerTimeoutMs: HEADER_TIMEOUT_MS,
    limits: options.limits ?? LIMITS,
    isKnown: (socket) => known.has(socket),
    handler: {
      request: (message, response) => inTurn(message.socket, response, () => serve(message, response)),
      upgrade: upgradeToNode(audited, serveOptions, () => options.kubelet()?.local, audited.ended),
    },
  };
  const tls = { pair, clientCa: [ca.certificatePem] };
  const listener = await listenWhenFree(() => listenHttps(host, port, tls, listenOptions), { signal, logger });
  logger.info({ address: listener.address, kubeconfig: options.kubeconfigPath }, 'Serving the Kubernetes API');

  const trouble = (what: string) => (error: unknown) => logger.warn({ err: describeError(error) }, what);
  const every = periodicWork(logger, signal);
  const lookAtNode = async (): Promise<void> => {
    const node = (await options.node(signal)) as StoredObject;
    nodeStore.follow((store) => follower.takeNode(store, node, settings));
  };
  await lookAtNode().catch(trouble('Cannot look at the node'));
  every(NODE_PERIOD_MS, 'Cannot look at the node', lookAtNode);
  every(ENDINGS_PERIOD_MS, 'Cannot end a namespace', async () => {
    nodeStore.follow((store) => {
      follower.takeLate(store);
      removeUnseen(store, follower.hasPod, now());
    });
    await endNamespaces(nodeStore, carryOut.endNamespace, now);
  });
  every(RECORDS_PERIOD_MS, 'Cannot keep the records of the API', async () => {
    await versions.reserve(nodeStore.store.version);
    await records.save(nodeStore.store);
  });
  every(RENEW_PERIOD_MS, 'Cannot renew the certificates of the API', async () => {
    listener.renew({ ...tls, pair: await servingPair(directory, ca, names, now()) });
    await keepAdminKubeconfig(options.kubeconfigPath, ca, server, now());
    listener.endExpired(now());
  });
  const { tokenFile } = options;
  if (tokenFile !== undefined) {
    every(TOKEN_PERIOD_MS, 'Cannot read the token file; the earlier one still counts', async () => {
      tokens = await loadTokenFile(tokenFile);
    });
  }
  const follow = <T>(stream$: Observable<T>, take: (store: ObjectStore, value: T) => void): Observable<never> =>
    stream$.pipe(
      tap((value) => nodeStore.follow((store) => take(store, value))),
      ignoreElements(),
    );
  return {
    follow$: merge(
      options.manifests$.pipe(
        tap((states) => {
          manifests = states;
        }),
        ignoreElements(),
      ),
      follow(options.objects$, follower.takeObjects),
      follow(options.pods$, follower.takePods),
      follow(options.events$, (store, events) => follower.takeEvents(store, events as ReadonlyMap<string, StoredObject>)),
    ),
    close: async (): Promise<void> => {
      await listener[Symbol.asyncDispose]();
      await records.save(nodeStore.store).catch(trouble('Cannot keep the records of the API'));
      await audit.flush();
    },
  };
};

const seed = (store: ObjectStore, nowMs: number): void => {
  const nowText = metaTime(nowMs);
  seedStore(store, { newUid: () => crypto.randomUUID(), nowText, nowMs });
  for (const { bucket, object } of roleObjects(nowText)) store.put(bucket, object.metadata.name ?? '', object, nowMs);
};

/** Who a connection's certificate says is asking. */
const userOfCertificate =
  (now: () => number) =>
  (message: IncomingMessage): UserInfo | 'untrusted' | undefined => {
    if (!(message.socket instanceof TLSSocket)) return undefined;
    const identity = identityOfCertificate(message.socket, now());
    return identity === undefined || identity === 'untrusted' ? identity : { username: identity.name, groups: identity.groups };
  };
