import { formatGoDuration } from '@solo-kubelet/diagnostics/text';
import { normalizeSysctl } from '@solo-kubelet/pod-environment';
import type { KubeletConfiguration } from './fields.js';

// What upstream finds in parts of a configuration that other packages of it own, in their words: `field: Invalid value: …: why`.

const MAX_INT32 = 2_147_483_647;
const quoted = (value: unknown): string => JSON.stringify(value);
const invalid = (field: string, value: unknown, why: string): string => `${field}: Invalid value: ${quoted(value)}: ${why}`;

type Errors = readonly string[];

export const validateOptions = (config: KubeletConfiguration): Errors => [
  ...logging(config),
  ...tracing(config),
  ...hiddenMetrics(config),
  ...config.allowedUnsafeSysctls.flatMap(sysctlPattern),
];

/** Upstream: component-base/logs/api/v1/options.go. */
const logging = (config: KubeletConfiguration): Errors => {
  const { 'logging.format': format, 'logging.flushFrequency': flush, 'logging.verbosity': verbosity, 'logging.vmodule': modules } = config;
  return [
    ...(flush <= 0 ? [invalid('logging.flushFrequency', formatGoDuration(flush), 'Must be greater than zero')] : []),
    ...(['text', 'json'].includes(format) ? [] : [invalid('logging.format', format, 'Unsupported log format')]),
    ...(verbosity > MAX_INT32 ? [invalid('logging.verbosity', verbosity, `Must be <= ${MAX_INT32}`)] : []),
    ...(modules.length > 0 && format !== 'text' ? ['logging.vmodule: Forbidden: Only supported for text log format'] : []),
    ...modules.flatMap((module, index) => moduleVerbosity(`logging.vmodule[${index}]`, module)),
  ];
};

const moduleVerbosity = (field: string, module: unknown): Errors => {
  const { filePattern = '', verbosity = 0 } = (module ?? {}) as { readonly filePattern?: unknown; readonly verbosity?: unknown };
  return [
    ...(filePattern === '' ? [`${field}: Required value: File pattern must not be empty`] : []),
    ...(/[=,]/.test(String(filePattern)) ? [invalid(field, filePattern, 'File pattern must not contain equal sign or comma')] : []),
    ...(Number(verbosity) > MAX_INT32 ? [invalid(field, verbosity, `Must be <= ${MAX_INT32}`)] : []),
  ];
};

/** Upstream: component-base/tracing/api/v1/config.go. */
const tracing = ({ 'tracing.endpoint': endpoint, 'tracing.samplingRatePerMillion': rate }: KubeletConfiguration): Errors => {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(endpoint)?.[1] ?? '';
  const isKnown = !endpoint.includes('//') || ['dns', 'unix', 'unix-abstract'].includes(scheme.toLowerCase());
  return [
    ...(rate < 0 ? [invalid('tracing.samplingRatePerMillion', rate, 'sampling rate must be positive')] : []),
    ...(rate > 1_000_000
      ? [invalid('tracing.samplingRatePerMillion', rate, 'sampling rate per million must be less than or equal to one million')]
      : []),
    ...(isKnown
      ? []
      : [
          invalid(
            'tracing.endpoint',
            endpoint,
            `unsupported scheme: ${scheme}.  Options are none, dns, unix, or unix-abstract.  See https://github.com/grpc/grpc/blob/master/doc/naming.md`,
          ),
        ]),
  ];
};

/** The minor version before the one that this kubelet follows. */
const PREVIOUS_VERSION = '1.35';

/** Upstream: component-base/metrics/api/v1/config.go. */
const hiddenMetrics = ({ showHiddenMetricsForVersion: version }: KubeletConfiguration): Errors =>
  version === '' || version === PREVIOUS_VERSION
    ? []
    : [
        `invalid showHiddenMetricsForVersion: ${invalid(
          'showHiddenMetricsForVersion',
          version,
          `must be omitted or have the value '${PREVIOUS_VERSION}'; only the previous minor version is allowed`,
        )}`,
      ];

const SYSCTL_MAX_LENGTH = 253;
const SYSCTL_PATTERN = '([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*([a-z0-9][-_a-z0-9]*)?[a-z0-9*]';
/** Each part by itself, so that no text makes the match slow. */
const isSysctlPattern = (pattern: string): boolean => {
  const parts = pattern.split(/[./]/);
  const last = parts.pop() ?? '';
  return parts.every((part) => /^[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?$/.test(part)) && /^(?:[a-z0-9][-_a-z0-9]*)?[a-z0-9*]$/.test(last);
};

const IPC_SYSCTLS: ReadonlySet<string> = new Set([
  'kernel.sem',
  'kernel.shmall',
  'kernel.shmmax',
  'kernel.shmmni',
  'kernel.shm_rmid_forced',
  'kernel.shm',
  'kernel.msgmax',
  'kernel.msgmnb',
  'kernel.msgmni',
  'kernel.msg',
]);

/** One that is of no namespace would be the whole node's. Upstream: pkg/kubelet/sysctl/allowlist.go. */
const sysctlPattern = (pattern: string): Errors => {
  if (pattern.length > SYSCTL_MAX_LENGTH || !isSysctlPattern(pattern))
    return [
      `allowedUnsafeSysctls: sysctl ${quoted(pattern)} must have at most ${SYSCTL_MAX_LENGTH} characters and match regex ${SYSCTL_PATTERN}`,
    ];
  const [prefix = ''] = normalizeSysctl(pattern).split('*');
  const isNamespaced = IPC_SYSCTLS.has(prefix) || prefix.startsWith('net.') || prefix.startsWith('fs.mqueue.');
  return isNamespaced ? [] : [`allowedUnsafeSysctls: the sysctls ${quoted(prefix)} are not known to be namespaced`];
};
