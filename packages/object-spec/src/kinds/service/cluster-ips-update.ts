import type { Report } from '@solo-kubelet/pod-spec/schema';
import type { ServiceSpec } from '../../gen/object-types.js';
import { isHeadless } from './exposure.js';

const CHANGED = 'may not change once set';

/** The addresses and families of a Service stay; the second of each may come and go. With the type ExternalName there are none to keep. */
export const validateClusterIpsUpdate = (spec: ServiceSpec, old: ServiceSpec, report: Report): void => {
  if (spec.type === 'ExternalName' || old.type === 'ExternalName') return;
  const headless = isHeadless(spec);
  if (headless && isHeadless(old)) return;
  validateAddressesKept(spec, old, report);
  if (!headless && !isHeadless(old)) validateFamiliesKept(spec, old, report);
};

const validateAddressesKept = (spec: ServiceSpec, old: ServiceSpec, report: Report): void => {
  const now = spec.clusterIPs ?? [];
  const before = old.clusterIPs ?? [];
  const refuse = (i: number, detail: string): void => report.invalidStructure(`spec.clusterIPs[${i}]`, spec.clusterIPs, detail);
  if (before.length === now.length) {
    for (const [i, ip] of before.entries()) if (ip !== now[i]) refuse(i, CHANGED);
    return;
  }
  const isReleased = before.length > now.length;
  if (isReleased && now.length === 0) refuse(0, 'primary clusterIP can not be unset');
  if (before.length > 0 && now.length > 0 && before[0] !== now[0]) refuse(0, CHANGED);
  if (isReleased && now.length === 1) validateSingleStack(spec, 'clusterIP', report);
};

const validateFamiliesKept = (spec: ServiceSpec, old: ServiceSpec, report: Report): void => {
  const now = spec.ipFamilies ?? [];
  const before = old.ipFamilies ?? [];
  const refuse = (value: unknown, detail: string): void => report.invalidStructure('spec.ipFamilies[0]', value, detail);
  if (before.length === now.length) {
    if (before.some((family, i) => family !== now[i])) refuse(spec.ipFamilies, CHANGED);
    return;
  }
  const isReleased = before.length > now.length;
  // As upstream has it: the addresses are asked for the first, and given as the value of the second.
  if (isReleased && (spec.clusterIPs ?? []).length === 0) refuse(spec.ipFamilies, 'primary ipFamily can not be unset');
  if (before.length > 0 && now.length > 0 && before[0] !== now[0]) refuse(spec.clusterIPs, CHANGED);
  if (isReleased && now.length === 1) validateSingleStack(spec, 'ipFamily', report);
};

const validateSingleStack = ({ ipFamilyPolicy }: ServiceSpec, released: 'clusterIP' | 'ipFamily', report: Report): void => {
  if (ipFamilyPolicy === 'SingleStack') return;
  const detail = `must be set to 'SingleStack' when releasing the secondary ${released}`;
  if (ipFamilyPolicy === undefined) report.invalidStructure('spec.ipFamilyPolicy', undefined, detail);
  else report.invalid('spec.ipFamilyPolicy', ipFamilyPolicy, detail);
};
