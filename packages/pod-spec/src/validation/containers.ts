import type { Container, EphemeralContainer } from '../gen/pod-types.js';
import { validateContainer } from './container.js';
import type { PodContext } from './pod-context.js';
import { validateHostPortsUnique } from './ports.js';
import { validateProbesAndHooks } from './probes.js';
import type { Report } from './report.js';
import { validateRestart } from './restart-rules.js';
import { trimSpace } from './security-profiles.js';

export const validateContainers = (pod: PodContext, field: string, report: Report): void => {
  const { containers } = pod.spec;
  if (containers.length === 0) {
    report.required(field);
    return;
  }
  const names = new Set<string>();
  for (const [i, container] of containers.entries()) {
    const name = container.name ?? '';
    validateContainer(container, pod, `${field}[${i}]`, report);
    if (names.has(name)) report.duplicate(`${field}[${i}].name`, name);
    names.add(name);
    validateProbesAndHooks(container, pod.spec, `${field}[${i}]`, report);
    validateRestart(container, { isInit: false }, `${field}[${i}]`, report);
  }
  validateHostPortsUnique(containers, field, report);
};

const ONLY_WHILE_RUNNING = ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const;

export const validateInitContainers = (pod: PodContext, field: string, report: Report): void => {
  const names = new Set(pod.spec.containers.map(({ name = '' }) => name));
  for (const [i, container] of (pod.spec.initContainers ?? []).entries()) {
    const at = `${field}[${i}]`;
    const name = container.name ?? '';
    validateContainer(container, pod, at, report);
    validateRestart(container, { isInit: true }, at, report);
    if (names.has(name)) report.duplicate(`${at}.name`, name);
    else if (name !== '') names.add(name);
    // Each is alone with its ports, so that the index in the path is always 0.
    validateHostPortsUnique([container], field, report);
    if (container.restartPolicy === 'Always') validateProbesAndHooks(container, pod.spec, at, report);
    else {
      for (const forbidden of ONLY_WHILE_RUNNING) {
        if (container[forbidden] === undefined) continue;
        report.forbidden(`${at}.${forbidden}`, 'may not be set for init containers without restartPolicy=Always');
      }
    }
  }
};

/** They are refused in a new Pod and in a template, and looked at all the same. */
export const validateEphemeralContainers = (pod: PodContext, field: string, report: Report): void => {
  const { spec } = pod;
  const others = new Set([...spec.containers, ...(spec.initContainers ?? [])].map(({ name = '' }) => name));
  const names = new Set(others);
  for (const [i, container] of (spec.ephemeralContainers ?? []).entries()) {
    const at = `${field}[${i}]`;
    const { name = '', targetContainerName = '' } = container;
    validateContainer(container, pod, at, report);
    validateImageSpace(container, at, report);
    if (names.has(name)) report.duplicate(`${at}.name`, name);
    names.add(name);
    if (targetContainerName !== '' && !others.has(targetContainerName)) {
      report.notFound(`${at}.targetContainerName`, targetContainerName);
    }
    validateNoServiceFields(container, at, report);
  }
};

const SERVICE_FIELDS = ['ports', 'resources', 'resizePolicy', 'restartPolicy', 'restartPolicyRules', ...ONLY_WHILE_RUNNING] as const;
const NOT_EPHEMERAL = 'cannot be set for an Ephemeral Container';

const validateNoServiceFields = (container: EphemeralContainer, field: string, report: Report): void => {
  for (const name of SERVICE_FIELDS) if (isSet(container, name)) report.forbidden(`${field}.${name}`, NOT_EPHEMERAL);
  for (const [i, { subPath, subPathExpr }] of (container.volumeMounts ?? []).entries()) {
    if (subPath) report.forbidden(`${field}.volumeMounts[${i}].subPath`, NOT_EPHEMERAL);
    if (subPathExpr) report.forbidden(`${field}.volumeMounts[${i}].subPathExpr`, NOT_EPHEMERAL);
  }
};

/** A container without any resources has an empty `resources`. */
const isSet = (container: EphemeralContainer, name: (typeof SERVICE_FIELDS)[number]): boolean =>
  name === 'resources' ? Object.keys(container.resources ?? {}).length > 0 : container[name] !== undefined;

/** White space around an image, which only a whole Pod is checked for. */
export const validateImagesSpace = (containers: readonly Container[], field: string, report: Report): void => {
  for (const [i, container] of containers.entries()) validateImageSpace(container, `${field}[${i}]`, report);
};

const validateImageSpace = ({ image = '' }: Container, field: string, report: Report): void => {
  if (trimSpace(image) !== image) report.invalid(`${field}.image`, image, 'must not have leading or trailing whitespace');
};
