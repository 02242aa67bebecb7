import type { LogFields, Logger } from '@solo-kubelet/diagnostics';
import type { ManifestEvent } from '@solo-kubelet/manifest-source';
import { CUSTOM_PROBE_PREFIX, customProbes } from '@solo-kubelet/probe-engine';
import type { PluginHost } from '@solo-kubelet/probe-engine/plugin';
import type { ContainerStop, KubeletActivity, KubeletEvent, PodAction } from '@solo-kubelet/reconciler';

/** Tells what the manifests do: every rejection with its place in the file. `probeKinds`: what there are handlers for. */
export const logManifestEvent = (logger: Logger, event: ManifestEvent, probeKinds: readonly string[]): void => {
  switch (event.type) {
    case 'applied':
      logger.info({ path: event.origin.path, pod: podName(event.pod.metadata) }, 'Manifest accepted');
      for (const { message, line, column } of event.warnings) logger.warn({ path: event.origin.path, line, column }, message);
      logCustomProbes(logger, event, probeKinds);
      return;
    case 'objectApplied':
      logger.info({ path: event.origin.path, object: objectName(event.object) }, 'Manifest accepted');
      for (const { message, line, column } of event.warnings) logger.warn({ path: event.origin.path, line, column }, message);
      return;
    case 'objectShadowed':
      logger.warn({ path: event.origin.path, object: event.objectKey, by: event.by.path }, 'Manifest unused: another one has this object');
      return;
    case 'removed':
      logger.info({ path: event.origin.path }, 'Manifest gone');
      return;
    case 'rejected': {
      const [first] = event.issues;
      const place = first === undefined ? event.origin.path : `${event.origin.path}:${first.line}:${first.column}`;
      const what = event.stale ? 'Manifest rejected; its last good version runs on' : 'Manifest rejected';
      logger.warn({ path: place, issues: event.issues.map(({ message }) => message), reason: event.message }, what);
      return;
    }
    case 'shadowed':
      logger.warn({ path: event.origin.path, pod: event.podKey, by: event.by.path }, 'Manifest unused: another one has this Pod');
      return;
    case 'sourceFailed':
      logger.warn({ path: event.path, reason: event.message }, 'Manifest source cannot be read; what runs stays');
      return;
    case 'sourceRecovered':
      logger.info({ path: event.path }, 'Manifest source can be read again');
      return;
    case 'synced':
      logger.debug({ path: event.path }, 'Manifest source has been read');
      return;
  }
};

const objectName = ({ kind, metadata: { namespace, name } }: (ManifestEvent & { type: 'objectApplied' })['object']): string =>
  namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;

/** What is wrong with a plugin's probe is told once, when its Pod comes, and not at every attempt. */
const logCustomProbes = (logger: Logger, { pod, origin }: ManifestEvent & { type: 'applied' }, kinds: readonly string[]): void => {
  const { probes, issues } = customProbes(pod);
  const fields = { path: origin.path, pod: podName(pod.metadata) };
  for (const { annotation, message } of issues) logger.warn({ ...fields, annotation, reason: message }, 'Probe annotation unused');
  for (const { containerName, kind, custom } of probes) {
    if (kinds.includes(custom.field)) continue;
    const annotation = `${CUSTOM_PROBE_PREFIX}${containerName}.${kind}`;
    logger.warn({ ...fields, annotation, kind: custom.field }, 'No plugin serves this kind of probe (--probe-plugin)');
  }
};

/** What a plugin does not take of its annotations is told once too. */
export const logRefusedProbes = async (logger: Logger, event: ManifestEvent, refusedProbes: PluginHost['refusedProbes']): Promise<void> => {
  if (event.type !== 'applied') return;
  for (const { annotation, message } of await refusedProbes(event.pod)) {
    const fields = { path: event.origin.path, pod: podName(event.pod.metadata), annotation, reason: message };
    logger.warn(fields, 'The plugin does not take this probe; no attempt will succeed');
  }
};

/** Events are what a user of Kubernetes knows from kubectl describe. Of a message of several lines only the first is logged: commands wrote the others. */
export const logEvent = (logger: Logger, { type, reason, message: text, involvedObject }: KubeletEvent): void => {
  const [message = ''] = text.split('\n', 1);
  const about =
    involvedObject.kind === 'Node'
      ? { node: involvedObject.name }
      : { [involvedObject.kind === 'Pod' ? 'pod' : 'workload']: podName(involvedObject) };
  const fields = { ...about, reason, ...(involvedObject.fieldPath ? { field: involvedObject.fieldPath } : {}) };
  // Without a cluster there is no cluster DNS: upstream's warning would be told of almost every Pod.
  if (type === 'Warning' && reason !== 'MissingClusterDNS') logger.warn(fields, message);
  else logger.info(fields, message);
};

/** Steps are details; troubles of the node are not. */
export const logActivity = (logger: Logger, activity: KubeletActivity): void => {
  const fields = activityFields(activity);
  if (activity.scope === 'pod') logger.debug(fields, activity.type);
  else if (activity.type === 'relisted') logger.trace(fields, activity.type);
  else if (activity.type === 'podReadAgain') logger.info(fields, 'The runtime tells of a pod again');
  else logger.warn(fields, NODE_TROUBLE[activity.type]);
};

/** What of an activity may be logged: containers by name only, since their specs hold values of variables. */
export const activityFields = (activity: KubeletActivity): LogFields =>
  Object.fromEntries(
    Object.entries(activity).flatMap(([key, value]): readonly (readonly [string, unknown])[] => {
      switch (key) {
        case 'type':
        case 'scope':
        case 'atMs':
        case 'level':
        case 'output':
          return [];
        case 'action':
          return [['action', (value as PodAction).type], ...containerOf(value as PodAction)];
        case 'stop': {
          const { containerName, containerId, gracePeriodSeconds, reason } = value as ContainerStop;
          return Object.entries({ containerName, containerId, gracePeriodSeconds, reason });
        }
        default:
          return [[key, value]];
      }
    }),
  );

const containerOf = (action: PodAction): readonly (readonly [string, unknown])[] => {
  if ('container' in action) return [['containerName', action.container.name]];
  return 'containerName' in action ? [['containerName', action.containerName]] : [];
};

const NODE_TROUBLE = {
  relistFailed: 'Cannot list the pods of the runtime; what is known of them stays',
  podUnread: 'Cannot read what the runtime says of a pod; what was last known of it stays',
  storeFailed: 'Cannot keep the records of a pod',
  pinFailed: 'Cannot move the container to its CPUs; trying again',
  syncCrashed: 'The sync of a pod failed; it will be tried again',
} as const;

const podName = ({ namespace, name }: { readonly namespace?: string; readonly name?: string }): string =>
  `${namespace ?? 'default'}/${name ?? ''}`;
