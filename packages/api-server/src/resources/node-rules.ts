import { labelValueErrors } from '@solo-kubelet/pod-spec';
import { dnsSubdomainErrors, qualifiedNameErrors, subdomainNameErrors } from '@solo-kubelet/pod-spec/schema';
import type { Values } from '../stored-object.js';
import { plainRules } from './plain-rules.js';

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export const nodeRules = plainRules({
  namespaced: false,
  nameErrors: subdomainNameErrors,
  validate: ({ spec = {} }, report) => {
    const seen = new Set<string>();
    for (const [i, taint] of ((spec['taints'] ?? []) as readonly Values[]).entries()) {
      const field = `spec.taints[${i}]`;
      const [key, value, effect] = [taint['key'] as string, (taint['value'] ?? '') as string, taint['effect'] as string];
      report.invalidEach(`${field}.key`, key, qualifiedNameErrors(key));
      report.invalidEach(`${field}.value`, value, labelValueErrors(value));
      if (effect === '') report.required(`${field}.effect`);
      else if (!EFFECTS.includes(effect)) report.notSupported(`${field}.effect`, effect, EFFECTS);
      const identity = `${key}\n${effect}`;
      if (seen.has(identity)) report.duplicateStructure(field, taint);
      seen.add(identity);
    }
  },
  validateUpdate: ({ spec = {} }, old, report) => {
    for (const name of ['podCIDR', 'podCIDRs', 'providerID'] as const) {
      const before = old.spec?.[name];
      if (before !== undefined && before !== '' && JSON.stringify(before) !== JSON.stringify(spec[name])) {
        report.forbidden(`spec.${name}`, `node updates may not change ${name} except from "" to valid`);
      }
    }
  },
});

/** The name of a node in another object. */
export const nodeNameErrors = dnsSubdomainErrors;
