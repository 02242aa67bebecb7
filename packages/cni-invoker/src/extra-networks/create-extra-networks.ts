import { access } from 'node:fs/promises';
import { describeError } from '@solo-kubelet/diagnostics';
import { createKeyedLocks } from '@solo-kubelet/timers/turns';
import type { AttachmentKey } from '../attachment.js';
import { CniError } from '../cni-error.js';
import { parseResult } from '../cni-result.js';
import { createCniInvoker } from '../create-cni-invoker.js';
import { type NetworkConfigList, parseNetworkConfigList } from '../network-config.js';
import { readNetworkFiles } from '../network-files.js';
import { killByEnvironment } from '../process-kill.js';
import { type AttachmentRecord, createAttachmentRecords, type RecordedAttachment } from './attachment-record.js';
import { type SetDefaultRoute, setDefaultRouteWithIp } from './default-route.js';
import { type ParseYaml, readNetworkDirectory, selectNetwork } from './network-directory.js';
import { deriveNetworkStatus, type NetworkStatus } from './network-status.js';
import { NETWORKS_ANNOTATION, type NetworkSelection, parseNetworksAnnotation } from './networks-annotation.js';
import { type PodIdentity, podCniArgs, selectionCapabilityArgs, withSelectionArgs } from './selection-args.js';
import { type CreateStandIn, createStandInWithIp } from './stand-in-namespace.js';

export interface ExtraNetworksOptions {
  /** Directory of the networks that pods may ask for: CNI files and NetworkAttachmentDefinitions. Read anew for every pod. */
  readonly networkDir: string;
  /** Directory of this kubelet's own, for records and results; not shared with a runtime. */
  readonly stateDir: string;
  /** Directories of the plugins, searched in order. Default `/opt/cni/bin`. */
  readonly pluginDirs?: readonly string[];
  /**
   * Where the runtime's own networks are. One of the same name is never garbage-collected here, since its other users are unknown.
   * Default `/etc/cni/net.d`.
   */
  readonly runtimeConfDirs?: readonly string[];
  /** Reads YAML documents; without it only JSON files are read. */
  readonly parseYaml?: ParseYaml;
  /** What plugins inherit. Default: a `PATH` of the system's directories. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Longest run of a single plugin, ms. Default 60000. */
  readonly timeoutMs?: number;
  /** How a `default-route` is set. Default: with nsenter and ip. */
  readonly setDefaultRoute?: SetDefaultRoute;
  /** How a namespace that is gone is stood in for while masquerading rules are removed. Default: with ip. */
  readonly createStandIn?: CreateStandIn;
}

/** A sandbox that is up. */
export interface ExtraNetworksSandbox extends PodIdentity {
  readonly netnsPath: string;
  /** The pod's annotations; only `k8s.v1.cni.cncf.io/networks` is read. */
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Abortable {
  readonly signal?: AbortSignal;
}

export interface ExtraNetworksGcReport {
  /** Sandboxes that are gone and whose attachments were released. */
  readonly detached: readonly string[];
  /** What could not be released; the next collection tries again. */
  readonly failures: readonly { readonly podSandboxId?: string; readonly network?: string; readonly message: string }[];
}

/** Whether a network of the directory could serve a pod now. */
export interface ExtraNetworkHealth {
  readonly name: string;
  readonly namespace?: string;
  /** The file, when the fault is the file's. */
  readonly path?: string;
  readonly error?: CniError;
}

/** Attaches pods to further networks, next to the one the runtime gave them. The runtime's network is never touched. */
export interface ExtraNetworks {
  /**
   * Attaches what the annotation asks for, in its order. Resolves to one status per network. All or nothing: what was attached before a
   * failure is detached again. Repeating it for a sandbox that has everything only tells the statuses.
   */
  attach(sandbox: ExtraNetworksSandbox, options?: Abortable): Promise<readonly NetworkStatus[]>;
  /** Detaches in reverse order, from the record alone: also after a crash, and when the network namespace is gone. Repeatable. */
  detach(podSandboxId: string, options?: Abortable): Promise<void>;
  /**
   * Detaches every recorded sandbox that is not valid, then lets each network release what nobody claims. A failing plugin is told in the
   * report. Throws CNI_CACHE_FAILED when a record can't be read: what it claims is not known, and must not be released.
   * A function is asked after the records were read: what is attached meanwhile is then never taken for garbage.
   */
  collectGarbage(
    validPodSandboxIds: Iterable<string> | ((options: Abortable) => Promise<Iterable<string>>),
    options?: Abortable,
  ): Promise<ExtraNetworksGcReport>;
  /** The state of each network in the directory. */
  status(options?: Abortable): Promise<readonly ExtraNetworkHealth[]>;
  /** What a sandbox has, from its record; undefined when nothing is attached or the attaching did not finish. */
  statuses(podSandboxId: string): Promise<readonly NetworkStatus[] | undefined>;
}

const ALL = 'all';

export const createExtraNetworks = ({
  networkDir,
  stateDir,
  pluginDirs = ['/opt/cni/bin'],
  runtimeConfDirs = ['/etc/cni/net.d'],
  parseYaml,
  env,
  timeoutMs,
  setDefaultRoute = setDefaultRouteWithIp(env),
  createStandIn = createStandInWithIp(env),
}: ExtraNetworksOptions): ExtraNetworks => {
  const cni = createCniInvoker({ pluginDirs, cacheDir: stateDir, env, timeoutMs });
  const records = createAttachmentRecords(stateDir);
  const locks = createKeyedLocks();
  /** One operation at a time on a sandbox; a collection of networks alone. */
  const forSandbox = <T>(podSandboxId: string, { signal }: Abortable, work: () => Promise<T>): Promise<T> =>
    locks.run(ALL, 'shared', () => locks.run(podSandboxId, 'exclusive', work, signal), signal);

  const attach: ExtraNetworks['attach'] = (sandbox, options = {}) =>
    forSandbox(sandbox.podSandboxId, options, async () => {
      const { podSandboxId, podNamespace, podName, netnsPath } = sandbox;
      const asked = sandbox.annotations[NETWORKS_ANNOTATION] ?? '';
      const earlier = await records.read(podSandboxId);
      if (earlier?.statuses && earlier.asked === asked && earlier.netnsPath === netnsPath) return earlier.statuses;
      // Left over from a kubelet that ended half-way: begin anew.
      if (earlier) await release(earlier, options);

      const selections = parseNetworksAnnotation(asked, { podNamespace });
      if (selections.length === 0) return [];
      const planned = await plan(sandbox, selections, options);
      const record: AttachmentRecord = {
        podSandboxId,
        pod: `${podNamespace}/${podName}`,
        netnsPath,
        asked,
        attachments: planned.map(({ attachment }) => attachment),
      };
      await records.write(record);
      try {
        const statuses: NetworkStatus[] = [];
        for (const { selection, list, attachment } of planned) {
          statuses.push(deriveNetworkStatus(selection, await cni.add(list, attachment, options)));
        }
        for (const { ifName, defaultRoute } of selections) {
          if (defaultRoute) await setDefaultRoute({ netnsPath, ifName, gateways: defaultRoute }, options);
        }
        await records.write({ ...record, statuses });
        return statuses;
      } catch (error) {
        // The caller's signal is left out: it may be what ended the attaching. What can't be released stays on record.
        await release(record, {}).catch(() => {});
        throw error;
      }
    });

  interface Planned {
    readonly selection: NetworkSelection;
    readonly list: NetworkConfigList;
    readonly attachment: RecordedAttachment;
  }

  /** Everything that can be wrong without touching the network shows here. */
  const plan = async (
    sandbox: ExtraNetworksSandbox,
    selections: readonly NetworkSelection[],
    options: Abortable,
  ): Promise<readonly Planned[]> => {
    const directory = await readNetworkDirectory({ networkDir, parseYaml });
    const planned: Planned[] = [];
    for (const selection of selections) {
      const offered = selectNetwork(directory, selection, networkDir);
      const list = withSelectionArgs(await cni.negotiate(offered, options), selection);
      const attachment = {
        selection: `${selection.namespace}/${selection.name}`,
        config: list.text,
        containerId: sandbox.podSandboxId,
        netns: sandbox.netnsPath,
        ifName: selection.ifName,
        args: podCniArgs(sandbox),
        capabilityArgs: selectionCapabilityArgs(selection, list),
      };
      planned.push({ selection, list, attachment });
    }
    return planned;
  };

  /** Detaches what a record holds, in reverse, going on after a failure; what failed stays on record. */
  const release = async (record: AttachmentRecord, options: Abortable): Promise<void> => {
    const netnsThere = await access(record.netnsPath).then(
      () => true,
      () => false,
    );
    const left: RecordedAttachment[] = [];
    const faults: unknown[] = [];
    for (const attachment of [...record.attachments].reverse()) {
      try {
        // A plugin may outlive the kubelet that started it; it must not finish its ADD after the DEL.
        const { containerId, ifName } = attachment;
        if (!record.statuses) await killByEnvironment({ CNI_CONTAINERID: containerId, CNI_IFNAME: ifName }, options);
        const list = parseNetworkConfigList(attachment.config);
        if (netnsThere) await cni.del(list, { ...attachment, netns: record.netnsPath }, options);
        else await delWithoutNetns(list, attachment, options);
      } catch (error) {
        options.signal?.throwIfAborted();
        left.unshift(attachment);
        faults.push(error);
      }
    }
    if (left.length === 0) return records.delete(record.podSandboxId);
    const { statuses: _, ...unfinished } = record;
    await records.write({ ...unfinished, attachments: left });
    throw new CniError({
      code: 'CNI_DETACH_FAILED',
      retryable: true,
      message: `pod ${record.pod} could not be detached from ${left.map(({ selection }) => selection).join(', ')}: ${faults.map(describeError).join('; ')}`,
      cause: new AggregateError(faults),
    });
  };

  /** Plugins read the addresses whose masquerading ends from the interface itself, so they are shown one. */
  const delWithoutNetns = async (list: NetworkConfigList, attachment: RecordedAttachment, options: Abortable): Promise<void> => {
    const { containerId, ifName } = attachment;
    const masquerades = list.plugins.some(({ ipMasq }) => ipMasq === true);
    const kept = masquerades
      ? (await cni.attachments({ containerId, network: list.name })).find((one) => one.ifName === ifName)
      : undefined;
    const addresses =
      kept === undefined ? [] : parseResult(kept.result, { defaultVersion: list.cniVersion }).ips.map(({ address }) => address);
    if (addresses.length === 0) return cni.del(list, { ...attachment, netns: '' }, options);
    await using standIn = await createStandIn({ ifName, addresses }, options);
    await cni.del(list, { ...attachment, netns: standIn.netnsPath }, options);
  };

  const detach: ExtraNetworks['detach'] = (podSandboxId, options = {}) =>
    forSandbox(podSandboxId, options, async () => {
      const record = await records.read(podSandboxId);
      if (record) await release(record, options);
    });

  const collectGarbage: ExtraNetworks['collectGarbage'] = async (validPodSandboxIds, options = {}) => {
    const recorded = await records.list();
    const valid = new Set(typeof validPodSandboxIds === 'function' ? await validPodSandboxIds(options) : validPodSandboxIds);
    const detached: string[] = [];
    const failures: { podSandboxId?: string; network?: string; message: string }[] = [];
    for (const { podSandboxId } of recorded) {
      if (valid.has(podSandboxId)) continue;
      try {
        await detach(podSandboxId, options);
        detached.push(podSandboxId);
      } catch (error) {
        options.signal?.throwIfAborted();
        failures.push({ podSandboxId, message: describeError(error) });
      }
    }
    await locks.run(
      ALL,
      'exclusive',
      async () => {
        const claims = (await records.list()).flatMap(({ attachments }) => attachments);
        for (const list of await collectableNetworks(claims)) {
          try {
            await cni.gc(await cni.negotiate(list, options), claimsOn(list, claims), options);
          } catch (error) {
            options.signal?.throwIfAborted();
            failures.push({ network: list.name, message: describeError(error) });
          }
        }
      },
      options.signal,
    );
    return { detached, failures };
  };

  /** Networks of the directory, and of the records in case a file is gone meanwhile; one of each name, none that the runtime has too. */
  const collectableNetworks = async (claims: readonly RecordedAttachment[]): Promise<readonly NetworkConfigList[]> => {
    const { networks } = await readNetworkDirectory({ networkDir, parseYaml });
    const lists = [...networks.map(({ list }) => list), ...claims.map(({ config }) => parseNetworkConfigList(config))];
    const runtimeFiles = (await Promise.all(runtimeConfDirs.map(readNetworkFiles))).flat();
    const foreign = new Set(runtimeFiles.flatMap((file) => (file.ok ? [file.list.name] : [])));
    return [...new Map(lists.map((list) => [list.name, list])).values()].filter(({ name }) => !foreign.has(name));
  };

  const status: ExtraNetworks['status'] = async (options = {}) => {
    const { networks, faults } = await readNetworkDirectory({ networkDir, parseYaml });
    const healths: ExtraNetworkHealth[] = faults.map(({ path, error }) => ({ name: path, path, error }));
    for (const { name, namespace, list } of networks) {
      try {
        await cni.status(await cni.negotiate(list, options), options);
        healths.push({ name, namespace });
      } catch (error) {
        if (!CniError.is(error)) throw error;
        healths.push({ name, namespace, error });
      }
    }
    return healths;
  };

  return { attach, detach, collectGarbage, status, statuses: async (podSandboxId) => (await records.read(podSandboxId))?.statuses };
};

const claimsOn = (list: NetworkConfigList, claims: readonly RecordedAttachment[]): readonly AttachmentKey[] =>
  claims
    .filter(({ config }) => parseNetworkConfigList(config).name === list.name)
    .map(({ containerId, ifName }) => ({ containerId, ifName }));
