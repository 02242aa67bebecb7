import type { LimitRange } from '@solo-kubelet/object-spec';
import type { EnvVar } from '@solo-kubelet/pod-spec';
import type { LevelAt } from '@solo-kubelet/pod-spec/pod-security';

/** A policy as its file says it. */
export interface AdmissionPolicy {
  readonly name: string;
  /** The file, for messages. */
  readonly path: string;
  readonly rules: readonly PolicyRule[];
}

export interface PolicyRule {
  /** Unique in its policy. */
  readonly name: string;
  /** Namespaces in which it counts, with `*` for any text. Default: all. */
  readonly namespaces?: readonly string[];
  /** Pods for which it does not count. */
  readonly except: readonly PodPattern[];
  readonly action: PolicyAction;
}

/** Names of Pods or of their workloads; `*` stands for any text. */
export interface PodPattern {
  readonly namespace: string;
  readonly name: string;
}

export interface ImageRewrite {
  /** A registry, and as much of a repository as has to fit: `docker.io/library`. */
  readonly from: string;
  readonly to: string;
}

export type PolicyAction =
  | { readonly type: 'rewriteImages'; readonly rewrites: readonly ImageRewrite[] }
  | {
      readonly type: 'add';
      readonly labels: Readonly<Record<string, string>>;
      readonly annotations: Readonly<Record<string, string>>;
      readonly env: readonly EnvVar[];
    }
  | PluginAction
  /** Gives defaults and holds bounds, as a LimitRange does. */
  | { readonly type: 'limits'; readonly range: LimitRange }
  | { readonly type: 'requireDigests' }
  | { readonly type: 'allowedImages'; readonly prefixes: readonly string[] }
  | { readonly type: 'podSecurity'; readonly level: LevelAt; readonly checks?: readonly string[] };

export interface PluginAction {
  readonly type: 'plugin';
  /** Package name, or absolute path of a module. */
  readonly module: string;
  /** How long one answer may take, ms. */
  readonly timeoutMs: number;
  /** Handed to the plugin as it is. */
  readonly config: unknown;
}
