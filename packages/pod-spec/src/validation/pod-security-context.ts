import type { PodSecurityContext, PodSpec, Sysctl } from '../gen/pod-types.js';
import type { Report } from './report.js';
import { validateId } from './security-context.js';
import { validateAppArmorProfile, validateSeccompProfile } from './security-profiles.js';
import { sysctlNamespace } from './sysctl.js';
import { validateWindowsOptions } from './windows-options.js';

const CHOICES = {
  fsGroupChangePolicy: ['Always', 'OnRootMismatch'],
  supplementalGroupsPolicy: ['Merge', 'Strict'],
  /** Only this one while the gate SELinuxMount is off. */
  seLinuxChangePolicy: ['Recursive'],
} as const;

export const validatePodSecurityContext = (spec: PodSpec, field: string, report: Report): void => {
  const context: PodSecurityContext = spec.securityContext ?? {};
  validateId(context.fsGroup, `${field}.fsGroup`, report);
  validateId(context.runAsUser, `${field}.runAsUser`, report);
  validateId(context.runAsGroup, `${field}.runAsGroup`, report);
  for (const [i, gid] of (context.supplementalGroups ?? []).entries()) validateId(gid, `${field}.supplementalGroups[${i}]`, report);
  if (spec.shareProcessNamespace === true && spec.hostPID === true) {
    report.invalid(`${field}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled');
  }
  validateSysctls(context.sysctls ?? [], spec, `${field}.sysctls`, report);
  validateSeccompProfile(context.seccompProfile, `${field}.seccompProfile`, report);
  validateWindowsOptions(context.windowsOptions, `${field}.windowsOptions`, report);
  validateAppArmorProfile(context.appArmorProfile, `${field}.appArmorProfile`, report);
  for (const name of Object.keys(CHOICES) as (keyof typeof CHOICES)[]) {
    const value = context[name];
    const supported: readonly string[] = CHOICES[name];
    if (value !== undefined && !supported.includes(value)) report.notSupported(`${field}.${name}`, value, supported);
  }
};

const SYSCTL_SEGMENT = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const SYSCTL_NAME = `^(${SYSCTL_SEGMENT}[\\./])*${SYSCTL_SEGMENT}$`;
const sysctlPattern = new RegExp(SYSCTL_NAME);
const MAX_SYSCTL_BYTES = 253;

const validateSysctls = (sysctls: readonly Sysctl[], spec: PodSpec, field: string, report: Report): void => {
  const names = new Set<string>();
  for (const [i, { name = '' }] of sysctls.entries()) {
    const at = `${field}[${i}].name`;
    if (name === '') report.required(at);
    else if (name.length > MAX_SYSCTL_BYTES || !sysctlPattern.test(name)) {
      report.invalid(at, name, `must have at most ${MAX_SYSCTL_BYTES} characters and match regex ${SYSCTL_NAME}`);
    } else if (names.has(name)) report.duplicate(at, name);
    const namespace = sysctlNamespace(name);
    if (namespace === 'net' && spec.hostNetwork === true) report.invalid(at, name, "may not be specified when 'hostNetwork' is true");
    else if (namespace === 'ipc' && spec.hostIPC === true) report.invalid(at, name, "may not be specified when 'hostIPC' is true");
    names.add(name);
  }
};
