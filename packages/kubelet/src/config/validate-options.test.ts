import { expect, it } from 'vitest';
import { decodeConfiguration } from './decode-configuration.js';
import { validateConfiguration } from './validate-configuration.js';

const problemsOf = (json: object): readonly string[] => validateConfiguration(decodeConfiguration(json as never).config);

it.each<[object, string]>([
  [{ logging: { format: 'xml' } }, 'logging.format: Invalid value: "xml": Unsupported log format'],
  [{ logging: { flushFrequency: '-1s' } }, 'logging.flushFrequency: Invalid value: "-1s": Must be greater than zero'],
  [{ logging: { verbosity: 2_147_483_648 } }, 'logging.verbosity: Invalid value: 2147483648: Must be <= 2147483647'],
  [
    { logging: { format: 'json', vmodule: [{ filePattern: 'a', verbosity: 1 }] } },
    'logging.vmodule: Forbidden: Only supported for text log format',
  ],
  [{ logging: { vmodule: [{ verbosity: 1 }] } }, 'logging.vmodule[0]: Required value: File pattern must not be empty'],
  [
    { logging: { vmodule: [{ filePattern: 'a=b', verbosity: 1 }] } },
    'logging.vmodule[0]: Invalid value: "a=b": File pattern must not contain equal sign or comma',
  ],
  [{ tracing: { samplingRatePerMillion: -1 } }, 'tracing.samplingRatePerMillion: Invalid value: -1: sampling rate must be positive'],
  [
    { tracing: { samplingRatePerMillion: 1_000_001 } },
    'tracing.samplingRatePerMillion: Invalid value: 1000001: sampling rate per million must be less than or equal to one million',
  ],
  [
    { tracing: { endpoint: 'http://localhost:4317' } },
    'tracing.endpoint: Invalid value: "http://localhost:4317": unsupported scheme: http.  Options are none, dns, unix, or unix-abstract.  See https://github.com/grpc/grpc/blob/master/doc/naming.md',
  ],
  [
    { showHiddenMetricsForVersion: '1.34' },
    'invalid showHiddenMetricsForVersion: showHiddenMetricsForVersion: Invalid value: "1.34": must be omitted or have the value \'1.35\'; only the previous minor version is allowed',
  ],
  [{ allowedUnsafeSysctls: ['vm.swappiness'] }, 'allowedUnsafeSysctls: the sysctls "vm.swappiness" are not known to be namespaced'],
  [{ allowedUnsafeSysctls: ['kernel.shm_*'] }, 'allowedUnsafeSysctls: the sysctls "kernel.shm_" are not known to be namespaced'],
  [
    { allowedUnsafeSysctls: ['net.*.forwarding'] },
    'allowedUnsafeSysctls: sysctl "net.*.forwarding" must have at most 253 characters and match regex ([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*([a-z0-9][-_a-z0-9]*)?[a-z0-9*]',
  ],
  [{ userNamespaces: { idsPerPod: 0 } }, 'invalid configuration: userNamespaces.idsPerPod must not be less than 65536'],
  [{ userNamespaces: { idsPerPod: 65_537 } }, 'invalid configuration: userNamespaces.idsPerPod must be a multiple of 65536'],
  [{ userNamespaces: { idsPerPod: 4_294_967_296 } }, 'invalid configuration: userNamespaces.idsPerPod must not be more than 4294967295'],
])('%j is refused in upstream’s words', (json, problem) => expect(problemsOf(json)).toEqual([problem]));

it.each<object>([
  {},
  { logging: { format: 'json' } },
  { logging: { vmodule: [{ filePattern: 'a*', verbosity: 5 }] } },
  { tracing: { endpoint: 'localhost:4317', samplingRatePerMillion: 1_000_000 } },
  { tracing: { endpoint: 'unix:///run/otel.sock' } },
  { showHiddenMetricsForVersion: '1.35' },
  {
    allowedUnsafeSysctls: [
      'net.core.somaxconn',
      'net.ipv4.*',
      'kernel.msg*',
      'kernel.shm*',
      'kernel/sem',
      'fs.mqueue.*',
      'net/ipv4/conf/all/*',
    ],
  },
  { userNamespaces: { idsPerPod: 131_072 } },
])('%j is in order', (json) => expect(problemsOf(json)).toEqual([]));
