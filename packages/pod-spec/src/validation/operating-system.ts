import type { PodSpec } from '../gen/pod-types.js';
import { allContainers } from './all-containers.js';
import type { Report } from './report.js';

const SYSTEMS = ['linux', 'windows'];

/** The fields of the other operating system must not be set. */
export const validateOs = (spec: PodSpec, field: string, report: Report): void => {
  if (spec.os === undefined) return;
  const name: string = spec.os.name ?? '';
  if (name === '') report.required(`${field}.os.name`);
  else if (!SYSTEMS.includes(name)) report.notSupported(`${field}.os`, name, SYSTEMS);
  else if (name === 'linux') validateLinux(spec, field, report);
  else validateWindows(spec, field, report);
};

const validateLinux = (spec: PodSpec, field: string, report: Report): void => {
  const contexts = [
    { context: spec.securityContext, at: field },
    ...allContainers(spec, field).map(({ container, field: at }) => ({ context: container.securityContext, at })),
  ];
  for (const { context, at } of contexts) {
    if (context?.windowsOptions === undefined) continue;
    report.forbidden(`${at}.securityContext.windowsOptions`, 'windows options cannot be set for a linux pod');
  }
};

const LINUX_POD_FIELDS = ['hostUsers', 'shareProcessNamespace'] as const;
const LINUX_NAMESPACES = ['hostPID', 'hostIPC'] as const;
const LINUX_POD_CONTEXT_FIELDS = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'fsGroup',
  'fsGroupChangePolicy',
  'sysctls',
  'runAsUser',
  'runAsGroup',
  'supplementalGroups',
  'supplementalGroupsPolicy',
  'seLinuxChangePolicy',
] as const;
const LINUX_CONTEXT_FIELDS = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
] as const;

const validateWindows = (spec: PodSpec, field: string, report: Report): void => {
  const forbid = (at: string): void => report.forbidden(at, 'cannot be set for a windows pod');
  for (const name of LINUX_POD_FIELDS) if (spec[name] !== undefined) forbid(`${field}.${name}`);
  for (const name of LINUX_NAMESPACES) if (spec[name] === true) forbid(`${field}.${name}`);
  for (const name of LINUX_POD_CONTEXT_FIELDS) {
    const value = spec.securityContext?.[name];
    const isEmptyList = name === 'sysctls' && Array.isArray(value) && value.length === 0;
    if (value !== undefined && !isEmptyList) forbid(`${field}.securityContext.${name}`);
  }
  for (const { container, field: at } of allContainers(spec, field)) {
    for (const name of LINUX_CONTEXT_FIELDS) {
      if (container.securityContext?.[name] !== undefined) forbid(`${at}.securityContext.${name}`);
    }
  }
};
