import type { Pod } from '@solo-kubelet/pod-spec';
import type { AdmissionRequest } from '../admission.js';

/** What a plugin says of a Pod: nothing (it may run as it is), the Pod as it is to run, or why it may not. */
export type PluginAnswer = Pod | { readonly reject: string; readonly field?: string } | undefined;

/** The default export of a plugin: a package, or a module by its path. */
export interface AdmissionPlugin<Config = unknown> {
  /** Looks at one Pod. A rejection of the promise, or a throw, rejects the Pod; so does an answer that takes too long. */
  admit(
    pod: Pod,
    options: { readonly request: AdmissionRequest; readonly config: Config; readonly signal: AbortSignal },
  ): PluginAnswer | Promise<PluginAnswer>;
}

/** Defines a plugin; only types, the plugin stays as it is. */
export const defineAdmissionPlugin = <Config = unknown>(plugin: AdmissionPlugin<Config>): AdmissionPlugin<Config> => plugin;

/** What became of a question to a plugin. */
export type PluginVerdict =
  | { readonly type: 'admitted'; readonly pod?: Pod }
  | { readonly type: 'rejected'; readonly message: string; readonly field?: string }
  /** Nobody looked at the Pod. */
  | { readonly type: 'failed'; readonly message: string };
