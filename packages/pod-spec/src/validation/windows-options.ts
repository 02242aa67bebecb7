import type { PodSpec, WindowsSecurityContextOptions } from '../gen/pod-types.js';
import { allContainers } from './all-containers.js';
import { byteLength } from './go-print.js';
import { dnsSubdomainErrors } from './grammar.js';
import type { Report } from './report.js';

const MAX_CREDENTIAL_SPEC_KIB = 64;
const MAX_DOMAIN_BYTES = 256;
const MAX_USER_BYTES = 104;

const DNS_LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';
const dnsName = new RegExp(`^${DNS_LABEL}(?:\\.${DNS_LABEL})*$`);
const netBiosName = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/u;
const isControl = (code: number): boolean => code < 0x20 || code === 0x7f;

export const validateWindowsOptions = (options: WindowsSecurityContextOptions | undefined, field: string, report: Report): void => {
  const { gmsaCredentialSpecName, gmsaCredentialSpec, runAsUserName } = options ?? {};
  if (gmsaCredentialSpecName !== undefined) {
    report.invalidEach(`${field}.gmsaCredentialSpecName`, gmsaCredentialSpecName, dnsSubdomainErrors(gmsaCredentialSpecName));
  }
  if (gmsaCredentialSpec === '') {
    report.invalid(`${field}.gmsaCredentialSpec`, gmsaCredentialSpec, 'gmsaCredentialSpec cannot be an empty string');
  } else if (gmsaCredentialSpec !== undefined && byteLength(gmsaCredentialSpec) > MAX_CREDENTIAL_SPEC_KIB * 1024) {
    report.invalid(
      `${field}.gmsaCredentialSpec`,
      gmsaCredentialSpec,
      `gmsaCredentialSpec size must be under ${MAX_CREDENTIAL_SPEC_KIB} KiB`,
    );
  }
  if (runAsUserName !== undefined) report.invalidEach(`${field}.runAsUserName`, runAsUserName, userNameErrors(runAsUserName));
};

/** `[DOMAIN\]USER`. */
const userNameErrors = (name: string): string[] => {
  if (name === '') return ['runAsUserName cannot be an empty string'];
  if (Array.from(name).some((character) => isControl(character.codePointAt(0)!)))
    return ['runAsUserName cannot contain control characters'];
  const parts = name.split('\\');
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash'];
  return [...(parts.length === 2 ? domainErrors(parts[0]!) : []), ...userErrors(parts.at(-1)!)];
};

const domainErrors = (domain: string): string[] => [
  ...(byteLength(domain) >= MAX_DOMAIN_BYTES ? [`runAsUserName's Domain length must be under ${MAX_DOMAIN_BYTES} characters`] : []),
  ...(netBiosName.test(domain) || dnsName.test(domain) ? [] : ["runAsUserName's Domain doesn't match the NetBios nor the DNS format"]),
];

const userErrors = (user: string): string[] => [
  ...(user === '' ? ["runAsUserName's User cannot be empty"] : []),
  ...(byteLength(user) > MAX_USER_BYTES ? [`runAsUserName's User length must not be longer than ${MAX_USER_BYTES} characters`] : []),
  ...(/^[. ]+$/.test(user) ? ["runAsUserName's User cannot contain only periods or spaces"] : []),
  ...(/["/\\:;|=,+*?<>@[\]]/.test(user) ? [`runAsUserName's User cannot contain the following characters: "/\\:;|=,+*?<>@[]`] : []),
];

/** Containers that are processes of the host: all or none, and on the host's network. */
export const validateHostProcess = (spec: PodSpec, field: string, report: Report): void => {
  const podChoice = spec.securityContext?.windowsOptions?.hostProcess;
  const containers = allContainers(spec, field);
  for (const { container, field: at } of containers) {
    const choice = container.securityContext?.windowsOptions?.hostProcess;
    if (podChoice !== undefined && choice !== undefined && podChoice !== choice) {
      const detail = `pod hostProcess value must be identical if both are specified, was ${podChoice}`;
      report.invalid(`${at}.securityContext.windowsOptions.hostProcess`, choice, detail);
    }
  }
  const isHostProcess = containers.map(({ container }) => container.securityContext?.windowsOptions?.hostProcess ?? podChoice ?? false);
  if (!isHostProcess.includes(true)) return;
  if (isHostProcess.includes(false)) {
    report.invalid(field, '', 'If pod contains any hostProcess containers then all containers must be HostProcess containers');
  }
  if (spec.hostNetwork !== true) {
    report.invalid(`${field}.hostNetwork`, false, 'hostNetwork must be true if pod contains any hostProcess containers');
  }
};
