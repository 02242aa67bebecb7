import { type Logger, silentLogger } from '@solo-kubelet/diagnostics';
import type { FeatureGates } from '@solo-kubelet/pod-spec';
import { map, merge, type Observable, of, Subject, switchMap } from 'rxjs';
import type { Admission } from './admission.js';
import type { AdmissionPolicy, PluginAction } from './core/admission-policy.js';
import { canonicalText } from './core/pod-parts.js';
import type { PluginVerdict } from './plugin/admission-plugin.js';
import { type PluginThread, type PluginThreadOptions, startPluginThread } from './plugin/plugin-thread.js';
import { policyAdmission } from './policy-admission.js';

export interface PolicyHostOptions extends Pick<PluginThreadOptions, 'resolveFrom' | 'loadTimeoutMs' | 'maxMemoryMb' | 'restartDelayMs'> {
  readonly policy: AdmissionPolicy;
  readonly featureGates?: FeatureGates;
  readonly logger?: Logger;
}

/** A policy that can be replaced, with its plugins in threads. */
export interface PolicyHost extends AsyncDisposable {
  /** By the policy that is in force when it is asked. */
  readonly admission: Admission;
  /** `all` when the policy was replaced, `retryable` when a plugin that could not be asked can be asked again. */
  readonly again$: Observable<'all' | 'retryable'>;
  /** Puts another policy in force. Plugins that it has as well go on. */
  replace(policy: AdmissionPolicy): void;
}

/** Runs a policy: starts its plugins, and ends them. */
export const createPolicyHost = ({ policy, featureGates, logger = silentLogger, ...threads }: PolicyHostOptions): PolicyHost => {
  let plugins = new Map<string, PluginThread>();
  // The edges back: whoever asked before asks again.
  const replaced$ = new Subject<void>();
  const plugins$ = new Subject<void>();
  const keyOf = ({ module, config, timeoutMs }: PluginAction): string => canonicalText([module, config, timeoutMs]);
  const inForce = (next: AdmissionPolicy): Admission => {
    const before = plugins;
    plugins = new Map();
    for (const { action } of next.rules) {
      if (action.type !== 'plugin') continue;
      const key = keyOf(action);
      const thread = plugins.get(key) ?? before.get(key) ?? startPluginThread({ ...threads, ...action, logger });
      plugins.set(key, thread);
    }
    for (const [key, thread] of before) if (!plugins.has(key)) void thread[Symbol.asyncDispose]();
    return policyAdmission(next, {
      ...(featureGates && { featureGates }),
      askPlugin: (action, pod, request) =>
        plugins.get(keyOf(action))?.admit(pod, request) ?? of<PluginVerdict>({ type: 'failed', message: 'the policy was replaced' }),
    });
  };
  let current = inForce(policy);
  return {
    admission: (pod, request) => current(pod, request),
    again$: merge(
      replaced$.pipe(map(() => 'all' as const)),
      merge(of(undefined), plugins$).pipe(
        switchMap(() => merge(...[...plugins.values()].map(({ recovered$ }) => recovered$))),
        map(() => 'retryable' as const),
      ),
    ),
    replace: (next) => {
      current = inForce(next);
      plugins$.next();
      replaced$.next();
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...plugins.values()].map((thread) => thread[Symbol.asyncDispose]()));
    },
  };
};
