import type { ProbeOutcome } from '../probe-handler.js';
import { type ProbeTarget, targetHost } from '../probe-target.js';

/** What a plugin gets to know of the container it probes. */
export type PluginTarget = Pick<ProbeTarget, 'pod' | 'podUid' | 'containerName' | 'containerId' | 'kind' | 'podIp' | 'ports'> & {
  /** The address to connect to: the Pod's, or 127.0.0.1 in the host's network. */
  readonly host: string;
  /** Time of one attempt, ms. */
  readonly timeoutMs: number;
};

/** A new kind of probe. The default export of a plugin package. */
export interface ProbePlugin<Field extends string = string, Action = unknown> {
  /** Name of the kind, as used in the annotation. */
  readonly field: Field;
  /** Checks what the annotation gives to this kind and returns it typed; throws an Error that says what is wrong. */
  validate(action: unknown): Action;
  /** Makes one attempt. When `signal` aborts it ends at once, as a failure. A rejection says that the attempt could not be made. */
  probe(action: Action, target: PluginTarget, options: { readonly signal: AbortSignal }): Promise<ProbeOutcome>;
}

/** Defines a plugin; only types, the plugin stays as it is. */
export const defineProbePlugin = <Field extends string, Action>(plugin: ProbePlugin<Field, Action>): ProbePlugin<Field, Action> => plugin;

export const pluginTarget = (target: ProbeTarget, timeoutMs: number): PluginTarget => {
  const { pod, podUid, containerName, containerId, kind, podIp, ports } = target;
  return { pod, podUid, containerName, containerId, kind, podIp, ports, host: targetHost(target), timeoutMs };
};
