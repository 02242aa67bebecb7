import type { Int64, SecurityContext } from '../gen/pod-types.js';
import { idErrors } from './grammar.js';
import type { Report } from './report.js';
import { validateAppArmorProfile, validateSeccompProfile } from './security-profiles.js';
import { validateWindowsOptions } from './windows-options.js';

export const validateId = (id: Int64 | undefined, field: string, report: Report): void => {
  if (id !== undefined) report.invalidEach(field, id, idErrors(id));
};

const PROC_MOUNTS = ['Default', 'Unmasked'];

/** The security context of a container; privileged ones are allowed. */
export const validateSecurityContext = (
  context: SecurityContext,
  { hostUsers }: { readonly hostUsers: boolean },
  field: string,
  report: Report,
): void => {
  const { procMount } = context;
  validateId(context.runAsUser, `${field}.runAsUser`, report);
  validateId(context.runAsGroup, `${field}.runAsGroup`, report);
  if (procMount !== undefined) {
    if (!PROC_MOUNTS.includes(procMount)) report.notSupported(`${field}.procMount`, procMount, PROC_MOUNTS);
    if (procMount === 'Unmasked' && hostUsers) {
      report.invalid(`${field}.procMount`, procMount, '`hostUsers` must be false to use `Unmasked`');
    }
  }
  validateSeccompProfile(context.seccompProfile, `${field}.seccompProfile`, report);
  if (context.allowPrivilegeEscalation === false) validateNoEscalation(context, field, report);
  validateWindowsOptions(context.windowsOptions, `${field}.windowsOptions`, report);
  validateAppArmorProfile(context.appArmorProfile, `${field}.appArmorProfile`, report);
};

const validateNoEscalation = (context: SecurityContext, field: string, report: Report): void => {
  if (context.privileged === true) {
    report.invalidStructure(field, context, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true');
  }
  for (const capability of context.capabilities?.add ?? []) {
    if (capability === 'CAP_SYS_ADMIN') {
      report.invalidStructure(field, context, 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN');
    }
  }
};
