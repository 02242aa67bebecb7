import type { CapabilityArgs } from '../attachment.js';
import type { CniArgs } from '../cni-args.js';
import { CniError } from '../cni-error.js';
import { isJsonObject, type JsonObject } from '../json.js';
import { type NetworkConfigList, withPluginsMapped } from '../network-config.js';
import type { NetworkSelection } from './networks-annotation.js';

/** The pod a sandbox belongs to. */
export interface PodIdentity {
  readonly podSandboxId: string;
  readonly podUid: string;
  readonly podName: string;
  readonly podNamespace: string;
}

/** `CNI_ARGS` as runtimes under Kubernetes pass them. */
export const podCniArgs = ({ podSandboxId, podUid, podName, podNamespace }: PodIdentity): CniArgs => [
  ['IgnoreUnknown', '1'],
  ['K8S_POD_NAMESPACE', podNamespace],
  ['K8S_POD_NAME', podName],
  ['K8S_POD_INFRA_CONTAINER_ID', podSandboxId],
  ['K8S_POD_UID', podUid],
];

/**
 * What a selection asks of the network, as capability arguments. Throws CNI_INVALID_ANNOTATION when no plugin of the network declares a
 * capability that is asked for: an address or MAC that is silently not given shows only in the field.
 */
export const selectionCapabilityArgs = (selection: NetworkSelection, list: NetworkConfigList): CapabilityArgs => {
  const { mac, ips, portMappings, bandwidth, infinibandGUID, deviceID } = selection;
  const asked = Object.entries({ mac, ips, portMappings, bandwidth, infinibandGUID, deviceID }).filter(([, value]) => value !== undefined);
  const missing = asked.map(([name]) => name).filter((name) => !list.plugins.some((plugin) => declares(plugin, name)));
  if (missing.length > 0) {
    throw new CniError({
      code: 'CNI_INVALID_ANNOTATION',
      message: `network ${selection.namespace}/${selection.name} can't give ${missing.join(', ')}: no plugin of it declares that capability`,
      hint: `Add "capabilities": {"${missing[0]}": true} to the plugin that provides it${list.path === undefined ? '' : ` in ${list.path}`}.`,
    });
  }
  return Object.fromEntries(asked) as CapabilityArgs;
};

const declares = ({ capabilities }: JsonObject, name: string): boolean => isJsonObject(capabilities) && capabilities[name] === true;

/** The network with the selection's `cni-args` in every plugin's `args.cni`. */
export const withSelectionArgs = (list: NetworkConfigList, { cniArgs }: NetworkSelection): NetworkConfigList =>
  cniArgs === undefined
    ? list
    : withPluginsMapped(list, (plugin) => {
        const args = isJsonObject(plugin['args']) ? plugin['args'] : {};
        const own = isJsonObject(args['cni']) ? args['cni'] : {};
        return { ...plugin, args: { ...args, cni: { ...own, ...cniArgs } } };
      });
