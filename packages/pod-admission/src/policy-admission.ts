import type { FeatureGates, Pod } from '@solo-kubelet/pod-spec';
import { concatMap, map, type Observable, of } from 'rxjs';
import { type Admission, type AdmissionRejection, isRejection } from './admission.js';
import type { AdmissionPolicy, PluginAction, PolicyRule } from './core/admission-policy.js';
import { checkOutcome } from './core/check-outcome.js';
import { changeByRule, concerns, judgeByRule } from './core/policy-rules.js';
import type { PluginVerdict } from './plugin/admission-plugin.js';

export interface PolicyAdmissionOptions {
  /** Asks a plugin; never fails. Default: every Pod that comes to a rule with a plugin is rejected. */
  readonly askPlugin?: (action: PluginAction, pod: Pod, request: Parameters<Admission>[1]) => Observable<PluginVerdict>;
  readonly featureGates?: FeatureGates;
}

/**
 * A policy as a step of admission. As in an API server, what changes Pods comes first, in the order of the file, and what judges them looks at the
 * outcome: no rule and no plugin gets past a check by its place.
 */
export const policyAdmission = (policy: AdmissionPolicy, options: PolicyAdmissionOptions = {}): Admission => {
  const { featureGates, askPlugin = () => of<PluginVerdict>({ type: 'failed', message: 'there are no plugins here' }) } = options;
  const rejection = (rule: string, field: string, message: string, retryable = false): AdmissionRejection => ({
    type: 'rejection',
    policy: policy.path,
    rule,
    field,
    message,
    retryable,
  });
  return (asked, request) => {
    const rules = policy.rules.filter((rule) => concerns(rule, request));
    const made = (name: string, given: Pod, outcome: Pod): Pod | AdmissionRejection => {
      const checked = checkOutcome(given, outcome, { nodeName: request.nodeName, ...(featureGates && { featureGates }) });
      return checked.ok ? checked.pod : rejection(name, checked.field, `it made a Pod that can not be used: ${checked.message}`);
    };
    /** What rules of the policy's own make is looked at once, at the end; of what is bad then, the first rule is told that made it so. */
    const usable = (outcome: Pod): Pod | AdmissionRejection => {
      const checked = made('', asked, outcome);
      if (!isRejection(checked)) return checked;
      let given = asked;
      for (const { name, action } of rules) {
        const step = made(name, given, changeByRule(action, given));
        if (isRejection(step)) return step;
        given = step;
      }
      return checked;
    };
    const change = ({ name, action }: PolicyRule, given: Pod): Observable<Pod | AdmissionRejection> => {
      if (action.type !== 'plugin') return of(request.mayChange ? changeByRule(action, given) : given);
      return askPlugin(action, given, request).pipe(
        map((verdict) => {
          if (verdict.type === 'failed') return rejection(name, '', `plugin ${action.module}: ${verdict.message}`, true);
          if (verdict.type === 'rejected') return rejection(name, verdict.field ?? '', verdict.message);
          return request.mayChange && verdict.pod !== undefined ? made(name, given, verdict.pod) : given;
        }),
      );
    };
    const judge = (pod: Pod): Pod | AdmissionRejection => {
      for (const { name, action } of rules) {
        const denial = judgeByRule(action, pod);
        if (denial !== undefined) return rejection(name, denial.field, denial.message);
      }
      return pod;
    };
    const changed$ = rules.reduce<Observable<Pod | AdmissionRejection>>(
      (given$, rule) => given$.pipe(concatMap((given) => (isRejection(given) ? of(given) : change(rule, given)))),
      of(asked),
    );
    return changed$.pipe(
      map((outcome) => (isRejection(outcome) ? outcome : usable(outcome))),
      map((outcome) => (isRejection(outcome) ? outcome : judge(outcome))),
    );
  };
};
