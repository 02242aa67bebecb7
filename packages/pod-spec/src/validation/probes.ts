import type {
  Container,
  ExecAction,
  GRPCAction,
  HTTPGetAction,
  Int64,
  IntOrString,
  Lifecycle,
  PodSpec,
  Probe,
  SleepAction,
} from '../gen/pod-types.js';
import { httpHeaderNameErrors, portNameErrors, portNumberErrors } from './grammar.js';
import type { Report } from './report.js';
import { validateStopSignal } from './stop-signal.js';

/** What a probe or a hook may do; at most one of these. */
interface Handler {
  readonly exec?: ExecAction;
  readonly httpGet?: HTTPGetAction;
  readonly tcpSocket?: { readonly port: IntOrString };
  readonly grpc?: GRPCAction;
  readonly sleep?: SleepAction;
}

/** The fields of a container that only one which keeps running may have. */
export const validateProbesAndHooks = (container: Container, spec: PodSpec, field: string, report: Report): void => {
  const { lifecycle, livenessProbe, readinessProbe, startupProbe } = container;
  if (lifecycle) validateLifecycle(lifecycle, spec, `${field}.lifecycle`, report);
  if (livenessProbe) validateOneSuccessProbe(livenessProbe, `${field}.livenessProbe`, report);
  if (readinessProbe) validateReadinessProbe(readinessProbe, `${field}.readinessProbe`, report);
  if (startupProbe) validateOneSuccessProbe(startupProbe, `${field}.startupProbe`, report);
};

const validateLifecycle = ({ postStart, preStop, stopSignal }: Lifecycle, spec: PodSpec, field: string, report: Report): void => {
  const gracePeriod = spec.terminationGracePeriodSeconds;
  for (const [name, hook] of Object.entries({ postStart, preStop })) {
    if (hook === undefined) continue;
    validateHandler(hook, `${field}.${name}`, report, gracePeriod);
    if (hook.httpGet?.protocol !== undefined) report.forbidden(`${field}.${name}.httpGet.protocol`, 'may only be set for probes');
  }
  if (stopSignal !== undefined) validateStopSignal(stopSignal, spec.os, `${field}.stopSignal`, report);
};

/** A liveness or startup probe: one success is enough, and no other number may be asked for. */
const validateOneSuccessProbe = (probe: Probe, field: string, report: Report): void => {
  validateProbe(probe, field, report);
  const successThreshold = probe.successThreshold ?? 0;
  if (successThreshold !== 1) report.invalid(`${field}.successThreshold`, successThreshold, 'must be 1');
};

const validateReadinessProbe = (probe: Probe, field: string, report: Report): void => {
  validateProbe(probe, field, report);
  const seconds = probe.terminationGracePeriodSeconds;
  if (seconds !== undefined) report.invalid(`${field}.terminationGracePeriodSeconds`, seconds, 'must not be set for readinessProbes');
};

const PROBE_NUMBERS = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'] as const;

const validateProbe = (probe: Probe, field: string, report: Report): void => {
  validateHandler(probe, field, report);
  for (const name of PROBE_NUMBERS) {
    const value = probe[name] ?? 0;
    if (value < 0) report.invalid(`${field}.${name}`, value, 'must be greater than or equal to 0');
  }
  const seconds = probe.terminationGracePeriodSeconds;
  if (seconds !== undefined && seconds <= 0) report.invalid(`${field}.terminationGracePeriodSeconds`, seconds, 'must be greater than 0');
};

const validateHandler = (handler: Handler, field: string, report: Report, gracePeriod?: Int64): void => {
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler;
  let count = 0;
  const check = <Action>(action: Action | undefined, name: string, validate: (action: Action, field: string) => void): void => {
    if (action === undefined) return;
    if (count > 0) report.forbidden(`${field}.${name}`, 'may not specify more than 1 handler type');
    else validate(action, `${field}.${name}`);
    count++;
  };
  check(exec, 'exec', ({ command = [] }, at) => command.length === 0 && report.required(`${at}.command`));
  check(httpGet, 'httpGet', (action, at) => validateHttpGet(action, at, report));
  check(tcpSocket, 'tcpSocket', ({ port }, at) => validatePort(port, `${at}.port`, report));
  check(grpc, 'grpc', (action, at) => validateGrpc(action, at, report));
  check(sleep, 'sleep', (action, at) => validateSleep(action, gracePeriod, at, report));
  if (count === 0) report.required(field, 'must specify a handler type');
};

const SCHEMES = ['HTTP', 'HTTPS'];
const PROTOCOLS = ['HTTP1', 'HTTP2'];

const validateHttpGet = (
  { path = '', port, scheme = 'HTTP', httpHeaders = [], protocol }: HTTPGetAction,
  field: string,
  report: Report,
): void => {
  if (path === '') report.required(`${field}.path`);
  validatePort(port, `${field}.port`, report);
  if (!SCHEMES.includes(scheme)) report.notSupported(`${field}.scheme`, scheme, SCHEMES);
  for (const { name = '' } of httpHeaders) report.invalidEach(`${field}.httpHeaders`, name, httpHeaderNameErrors(name));
  if (protocol === undefined) return;
  if (!PROTOCOLS.includes(protocol)) report.notSupported(`${field}.protocol`, protocol, PROTOCOLS);
  else if (protocol === 'HTTP2' && scheme !== 'HTTP') report.forbidden(`${field}.protocol`, 'HTTP2 may only be used with scheme HTTP');
};

const GRPC_MODES = ['Plaintext', 'TLS'];

const validateGrpc = ({ port, mode }: GRPCAction, field: string, report: Report): void => {
  validatePort(port, `${field}.port`, report);
  if (mode !== undefined && !GRPC_MODES.includes(mode)) report.notSupported(`${field}.mode`, mode, GRPC_MODES);
};

const validatePort = (port: IntOrString | undefined, field: string, report: Report): void => {
  const value = port ?? 0;
  report.invalidEach(field, value, typeof value === 'string' ? portNameErrors(value) : portNumberErrors(value));
};

const validateSleep = ({ seconds = 0 }: SleepAction, gracePeriod: Int64 | undefined, field: string, report: Report): void => {
  if (gracePeriod === undefined || (seconds >= 0 && seconds <= gracePeriod)) return;
  report.invalid(field, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriod})`);
};
