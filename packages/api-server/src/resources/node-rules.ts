import { labelValueErrors } from '@solo-kubelet/pod-spec';
import { qualifiedNameErrors, type Report, subdomainNameErrors } from '@solo-kubelet/pod-spec/schema';
import type { ObjectDraft, Values } from '../stored-object.js';
import { plainRules } from './plain-rules.js';

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

const validateTaints = ({ spec = {} }: ObjectDraft, report: Report): void => {
  const seen = new Set<string>();
  for (const [i, taint] of ((spec['taints'] ?? []) as readonly Values[]).entries()) {
    const field = `metadata.taints[${i}]`;
    const [key, value, effect] = [taint['key'] as string, (taint['value'] ?? '') as string, taint['effect'] as string];
    report.invalidEach(`${field}.key`, key, qualifiedNameErrors(key));
    report.invalidEach(`${field}.value`, value, labelValueErrors(value));
    if (effect === '') report.required(`${field}.effect`);
    else if (!EFFECTS.includes(effect)) report.notSupported(`${field}.effect`, effect, EFFECTS);
    const identity = `${key}\n${effect}`;
    if (seen.has(identity)) report.duplicateStructure(field, taint);
    seen.add(identity);
  }
};

export const nodeRules = plainRules({
  namespaced: false,
  nameErrors: subdomainNameErrors,
  fillDefaults: (draft) => {
    const { spec, status } = draft;
    if (status?.['capacity'] !== undefined) status['allocatable'] ??= { ...(status['capacity'] as object) };
    if (spec === undefined) return;
    const cidrs = (spec['podCIDRs'] ?? []) as readonly string[];
    if (spec['podCIDR'] && cidrs[0] !== spec['podCIDR']) spec['podCIDRs'] = [spec['podCIDR']];
    else if (cidrs.length > 0) spec['podCIDR'] = cidrs[0];
  },
  validate: validateTaints,
  updateChecksMetadata: true,
  validateUpdate: (draft, old, report) => {
    const { spec = {} } = draft;
    // Upstream looks at taints twice.
    validateTaints(draft, report);
    validateTaints(draft, report);
    for (const name of ['podCIDRs', 'providerID'] as const) {
      const before = old.spec?.[name];
      if (before !== undefined && before !== '' && JSON.stringify(before) !== JSON.stringify(spec[name])) {
        report.forbidden(`spec.${name}`, `node updates may not change ${name} except from "" to valid`);
      }
    }
  },
});
