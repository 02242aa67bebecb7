import { type Report, subdomainNameErrors } from '@solo-kubelet/pod-spec/schema';
import type { ReferenceGrant } from '../../gen/object-types.js';
import type { KindRules } from '../kind-rules.js';
import { validateCount, validateReference } from './crd-rules.js';

const MAX_ITEMS = 16;

const validate = ({ spec }: ReferenceGrant, report: Report): void => {
  const { from = [], to = [] } = spec ?? {};
  for (const [key, items] of Object.entries({ from, to } as const)) {
    const field = `spec.${key}`;
    if (items.length === 0) report.invalid(field, 0, `${field} in body should have at least 1 items`);
    validateCount(items, field, report, MAX_ITEMS);
    // An object that is referred to may be left open, one that refers has no name.
    for (const [i, item] of items.entries()) validateReference({ ...item, name: '*' }, `${field}[${i}]`, report);
  }
  for (const [i, { namespace }] of from.entries()) if (!namespace) report.required(`spec.from[${i}].namespace`);
};

export const referenceGrantRules: KindRules<ReferenceGrant> = {
  nameErrors: subdomainNameErrors,
  countsGeneration: true,
  updateChecksMetadata: true,
  validate,
  validateUpdate: (grant, _old, report) => validate(grant, report),
};
