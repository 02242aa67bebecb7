export { CUSTOM_PROBE_PREFIX, type CustomProbe, type CustomProbeIssue, customProbes } from './core/custom-probes.js';
export { type ExecInContainer, type ExecResult, execHandler } from './handlers/exec.js';
export { httpGetHandler } from './handlers/http-get.js';
export { tcpSocketHandler } from './handlers/tcp-socket.js';
export { type AnyProbeHandler, MAX_OUTPUT_BYTES, type ProbeAttemptOptions, type ProbeHandler, type ProbeOutcome } from './probe-handler.js';
export { attemptEvent, type ProbeReport, type ProbeResult } from './probe-report.js';
export { type ProbeIdentity, type ProbeKind, type ProbeTarget, probeTiming, targetKey } from './probe-target.js';
export { type ProbeEngineOptions, runProbes } from './run-probes.js';
