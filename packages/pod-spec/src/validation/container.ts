import type { Container, ContainerResizePolicy } from '../gen/pod-types.js';
import { validateEnv, validateEnvFrom } from './env.js';
import { dnsLabelErrors } from './grammar.js';
import type { PodContext } from './pod-context.js';
import { validatePorts } from './ports.js';
import { validatePullPolicy } from './pull-policy.js';
import type { Report } from './report.js';
import { validateContainerResourceName, validateRequirements } from './resource-requirements.js';
import { validateSecurityContext } from './security-context.js';
import { validateVolumeDevices, validateVolumeMounts } from './volume-mounts.js';

/** The rules that hold for a container of any kind. */
export const validateContainer = (container: Container, pod: PodContext, field: string, report: Report): void => {
  const { name = '', securityContext } = container;
  const { spec, volumes, claimNames } = pod;
  if (name === '') report.required(`${field}.name`);
  else report.invalidEach(`${field}.name`, name, dnsLabelErrors(name));
  if (!container.image) report.required(`${field}.image`);
  validateTerminationMessagePolicy(container.terminationMessagePolicy, `${field}.terminationMessagePolicy`, report);
  validatePorts(container.ports ?? [], `${field}.ports`, report);
  validateEnv(container.env ?? [], `${field}.env`, report);
  validateEnvFrom(container.envFrom ?? [], `${field}.envFrom`, report);
  validateVolumeMounts(container, volumes, `${field}.volumeMounts`, report);
  validateVolumeDevices(container, volumes, `${field}.volumeDevices`, report);
  validatePullPolicy(container.imagePullPolicy, `${field}.imagePullPolicy`, report);
  const resourceRules = { validateName: validateContainerResourceName, claimNames };
  validateRequirements(container.resources ?? {}, resourceRules, `${field}.resources`, report);
  validateResizePolicy(container.resizePolicy ?? [], spec.restartPolicy, `${field}.resizePolicy`, report);
  const hostUsers = spec.hostUsers ?? true;
  if (securityContext) validateSecurityContext(securityContext, { hostUsers }, `${field}.securityContext`, report);
};

const TERMINATION_MESSAGE_POLICIES = ['File', 'FallbackToLogsOnError'];

const validateTerminationMessagePolicy = (policy: string | undefined, field: string, report: Report): void => {
  if (!policy) report.required(field);
  else if (!TERMINATION_MESSAGE_POLICIES.includes(policy)) report.notSupported(field, policy, TERMINATION_MESSAGE_POLICIES);
};

const RESIZABLE = ['cpu', 'memory'];
const RESIZE_POLICIES = ['NotRequired', 'RestartContainer'];

/** All errors but that of a repeated resource are the list's, as upstream's. */
const validateResizePolicy = (
  policies: readonly ContainerResizePolicy[],
  podRestartPolicy: string | undefined,
  field: string,
  report: Report,
): void => {
  const resources = new Set<string>();
  for (const [i, { resourceName = '', restartPolicy = '' }] of policies.entries()) {
    if (resources.has(resourceName)) report.duplicate(`${field}[${i}]`, resourceName);
    resources.add(resourceName);
    if (resourceName === '') report.required(field);
    else if (!RESIZABLE.includes(resourceName)) report.notSupported(field, resourceName, RESIZABLE);
    if (restartPolicy === '') report.required(field);
    else if (!RESIZE_POLICIES.includes(restartPolicy)) report.notSupported(field, restartPolicy, RESIZE_POLICIES);
    if (podRestartPolicy === 'Never' && restartPolicy !== 'NotRequired') {
      report.invalid(field, restartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'");
    }
  }
};
