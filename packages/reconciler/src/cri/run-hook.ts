import { connect } from 'node:net';
import type { CriClient } from '@solo-kubelet/cri-client';
import { describeError } from '@solo-kubelet/diagnostics';
import type { Container, HTTPGetAction, IntOrString } from '@solo-kubelet/pod-spec';
import { asPlainHttp, createGetRequest, getFollowingRedirects } from '@solo-kubelet/probe-engine/http';
import { delay, longTimeout, onAbort } from '@solo-kubelet/timers';
import type { Abortable, HookInput, HookResult, StepFailure } from '../runtime-port.js';

/** Longest connect of a tcpSocket hook and longest answer of an httpGet one, ms. Upstream gives them no limit (docs/decisions/066). */
const NETWORK_LIMIT_MS = 30_000;

/** As much of a command's output as an event tells, bytes. */
const MAX_OUTPUT_BYTES = 256;

const done: HookResult = { ok: true };
const failed = (message: string): StepFailure => ({ ok: false, reason: 'HookFailed', message });

/** The last bytes as text, cut at a character. */
const endOf = (bytes: Uint8Array): string =>
  new TextDecoder()
    .decode(bytes.subarray(-MAX_OUTPUT_BYTES))
    .replace(/^\uFFFD+/, '')
    .trim();

export interface HookOptions {
  readonly cri: CriClient;
  readonly userAgent: string;
}

/** Runs a lifecycle handler. Upstream: pkg/kubelet/lifecycle/handlers.go. */
export const runHook = async (input: HookInput, { signal }: Abortable, { cri, userAgent }: HookOptions): Promise<HookResult> => {
  const { handler } = input;
  try {
    if (handler.exec !== undefined) return await runExec(cri, input.containerId, handler.exec.command ?? [], signal);
    if (handler.httpGet !== undefined) return await runHttpGet(input, handler.httpGet, userAgent, signal);
    if (handler.tcpSocket !== undefined) {
      const host = handler.tcpSocket.host || hostOf(input);
      return await connectOnce(host, portOf(input, handler.tcpSocket.port), signal);
    }
    if (handler.sleep !== undefined) {
      await delay(Number(handler.sleep.seconds) * 1000, undefined, { signal });
      return done;
    }
    return failed('the handler names no action');
  } catch (error) {
    if (signal.aborted) return failed('given up');
    return failed(describeError(error));
  }
};

/** The message tells the exit code; what the command wrote goes beside it, for it may hold secrets. */
const runExec = async (cri: CriClient, containerId: string, command: readonly string[], signal: AbortSignal): Promise<HookResult> => {
  const { exitCode, stdout, stderr } = await cri.runtime.execSync(
    { containerId, cmd: [...command], timeout: 0n },
    { signal, outputKept: { tail: MAX_OUTPUT_BYTES } },
  );
  if (exitCode === 0) return done;
  const output = endOf(Buffer.concat([stdout, stderr]));
  return { ...failed(`command '${command.join(' ')}' exited with ${exitCode}`), ...(output === '' ? {} : { output }) };
};

/** A pod without an address of its own is on the host's network. */
const hostOf = ({ podIps, pod }: HookInput): string => podIps[0] ?? (pod?.spec.hostNetwork === true ? '127.0.0.1' : '');

const containerOf = ({ pod, containerName }: HookInput): Container | undefined =>
  [...(pod?.spec.containers ?? []), ...(pod?.spec.initContainers ?? [])].find(({ name }) => name === containerName);

const portOf = (input: HookInput, port: IntOrString): number => {
  if (typeof port === 'number') return port;
  const named = containerOf(input)?.ports?.find(({ name }) => name === port)?.containerPort;
  const number = named ?? Number(port);
  if (!Number.isInteger(number) || number < 1 || number > 65_535) throw new Error(`couldn't find port: ${port}`);
  return number;
};

const connectOnce = (host: string, port: number, signal: AbortSignal): Promise<HookResult> =>
  new Promise((resolve, reject) => {
    if (host === '') return reject(new Error('the pod has no address'));
    const socket = connect({ host, port, timeout: NETWORK_LIMIT_MS });
    const stop = (): void => void socket.destroy(new Error('given up'));
    const release = onAbort(signal, stop);
    socket.once('connect', () => {
      socket.end();
      resolve(done);
    });
    socket.once('timeout', () => socket.destroy(new Error(`no answer within ${NETWORK_LIMIT_MS / 1000} s`)));
    socket.once('error', reject);
    socket.once('close', release);
  });

/**
 * Any answer at all is a success, redirects are followed as for probes, and a server without TLS is asked again without it. TLS is not verified: the
 * pod's own certificate is nobody else's business.
 */
const runHttpGet = async (input: HookInput, action: HTTPGetAction, userAgent: string, signal: AbortSignal): Promise<HookResult> => {
  const host = action.host || hostOf(input);
  if (host === '') return failed('the pod has no address');
  const port = portOf(input, action.port);
  const created = createGetRequest({ ...action, host, port, userAgent, gzip: true });
  if (!created.ok) return failed(created.why);
  return withinLimit(signal, async (options) => {
    const answer = await getFollowingRedirects(created.request, options);
    if (answer.type !== 'failed') return done;
    if (signal.aborted) return failed('given up');
    if (answer.answersPlainHttp !== true) return failed(answer.why);
    const plain = await getFollowingRedirects(asPlainHttp(created.request), options);
    return plain.type === 'failed' ? failed(answer.why) : { ok: true, fellBackToHttp: created.request.url.host };
  });
};

/** Aborts what is done after the time limit, and when `signal` does. */
const withinLimit = async <Value>(signal: AbortSignal, work: (options: Abortable) => Promise<Value>): Promise<Value> => {
  const limit = new AbortController();
  const stop = (): void => limit.abort();
  const inTime = longTimeout(stop, NETWORK_LIMIT_MS);
  const release = onAbort(signal, stop);
  try {
    return await work({ signal: limit.signal });
  } finally {
    inTime();
    release();
  }
};
