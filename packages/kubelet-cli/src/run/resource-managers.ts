import { createResourceManagers, type ResourceManagers, type ResourceProvider } from '@solo-kubelet/resource-managers';

/** Everything that gives pods something of their own; undefined when nothing on this node does. */
export const resourceManagers = (providers: readonly ResourceProvider[]): ResourceManagers | undefined =>
  providers.length === 0 ? undefined : createResourceManagers({ providers });
