import { rm } from 'node:fs/promises';
import { delay } from '@solo-kubelet/timers/rxjs';
import type { Observable } from 'rxjs';
import { endEarlier } from '../haproxy/haproxy-process.js';
import { haproxySockets } from '../haproxy/haproxy-socket.js';
import { type DriverTools, driveProxy, type ProxyDriver, type ProxyPass, withDefaults } from '../proxy/drive-proxy.js';
import { removeGeneration, removeOtherGenerations } from '../proxy/generations.js';
import { kill, type ProxyProcess } from '../proxy/proxy-process.js';
import type { ProxyReport, RunProxyOptions } from '../proxy/proxy-report.js';
import {
  adoptNginx,
  checkNginx,
  currentConfiguration,
  endNginx,
  endOldWorkers,
  lastWords,
  nginxConfigurationPath,
  nginxGeneration,
  nginxWorkers,
  startNginx,
} from './nginx-process.js';
import { loadRecord, type NginxRecord, recordPath, saveRecord } from './nginx-record.js';
import { makeNginxCurrent, renderNginx, writeNginx } from './render-nginx.js';

export interface RunNginxOptions extends RunProxyOptions {
  /** The program. Default `nginx`, as PATH has it. */
  readonly nginx?: string;
}

/** How long a new generation may take until it serves. */
const SERVES_MS = 60_000;
const POLL_MS = 20;
const STOP_GRACE_MS = 5_000;
/** Reloads have at least that much between them: each leaves a worker that has connections. What comes meanwhile is one. */
const BETWEEN_RELOADS_MS = 1_000;

interface Served extends NginxRecord {
  readonly process: ProxyProcess;
  readonly isUnsure?: boolean;
}

/**
 * Drives nginx for as long as it is subscribed to: it runs while there is something to serve. Every change is a new configuration, that a new worker takes over
 * the sockets with; the old one goes on with its WebSockets for a day at most. A configuration that nginx refuses is not used; where
 * nothing runs, the one that it took last is.
 */
export const runNginx = ({ nginx = 'nginx', ...given }: RunNginxOptions): Observable<ProxyReport> => {
  const options = withDefaults(given);
  return driveProxy({ ...options, program: nginx }, (tools) => nginxDriver({ ...options, nginx }, tools));
};

type DriverOptions = ReturnType<typeof withDefaults> & { readonly nginx: string };

const nginxDriver = (
  { directory, nginx, addresses, httpPort, httpsPort, runAs, keep, issueCertificate: issue, now }: DriverOptions,
  { emit, signal, scheduler, changed, isOutdated }: DriverTools,
): ProxyDriver => {
  const following = { scheduler, signal, graceMs: STOP_GRACE_MS };
  let served: Served | undefined;
  let generation = 0;
  let reloadedAtMs = Number.NEGATIVE_INFINITY;

  /** Resolves once a worker of a generation answers, and those of before take no more; false where that is not so after a while. */
  const serves = async (wanted: number, pid: number, before: readonly number[], ended: () => boolean): Promise<boolean> => {
    const startedAtMs = scheduler.now();
    while (!signal.aborted && !ended() && scheduler.now() - startedAtMs < SERVES_MS) {
      const taking = (await nginxWorkers(pid)).filter(({ isLeaving }) => !isLeaving).map((each) => each.pid);
      if (!taking.some((each) => before.includes(each)) && (await nginxGeneration(directory, signal)) === wanted) return true;
      await delay(POLL_MS, scheduler, signal);
    }
    return false;
  };

  const hasEnded = (process: ProxyProcess, said: string): void => {
    if (served?.process !== process || signal.aborted) return;
    served = undefined;
    // Workers go on without their master, with the ports.
    kill(-process.pid, 'SIGKILL');
    emit({ type: 'failed', message: `nginx has ended: ${said}`, serving: false });
    changed();
  };

  /** Where nothing runs, what was taken last is better than nothing. */
  const serveLastTaken = async (): Promise<void> => {
    const path = nginxConfigurationPath(directory);
    const last = await currentConfiguration(directory);
    if (last === undefined || (await checkNginx(nginx, path, { directory, signal })) !== undefined) return;
    await endNginx(directory, following);
    const process = await startNginx(nginx, directory);
    let hasEndedAlready = false;
    void process.ended.then(() => {
      hasEndedAlready = true;
    });
    if (!(await serves(last.generation, process.pid, [], () => hasEndedAlready))) {
      if (!signal.aborted || !keep) await process.stop(STOP_GRACE_MS);
      return;
    }
    const record = await loadRecord(directory);
    served = { process, ...last, digest: record?.generation === last.generation ? record.digest : '' };
    void process.ended.then((said) => hasEnded(process, said));
  };

  const refused = async (error: unknown): Promise<never> => {
    if (served === undefined && !signal.aborted) await serveLastTaken();
    throw error;
  };

  const apply = async ({ table, ports, isTold, tell }: ProxyPass): Promise<void> => {
    const next = await renderNginx(table, { directory, addresses, httpPort, httpsPort, runAs, issue, now }).catch(refused);
    if (served?.digest === next.digest) {
      const { isUnsure = false, ...known } = served;
      served = known;
      if (isUnsure || !isTold) tell(isUnsure ? 'adopted' : 'unchanged', served.process.pid);
      return;
    }
    if (served !== undefined) {
      await delay(Math.max(0, reloadedAtMs + BETWEEN_RELOADS_MS - scheduler.now()), scheduler, signal);
      // What came meanwhile is served at once.
      if (signal.aborted || isOutdated()) return;
    }
    generation += 1;
    const fault = await checkNginx(nginx, await writeNginx(next, generation, directory), { directory, signal });
    if (fault !== undefined) {
      await removeGeneration(generation, directory);
      await refused(new Error(`nginx refuses the configuration: ${fault}`));
    }
    await makeNginxCurrent(next, generation, directory);
    const how = served === undefined ? 'started' : 'reloaded';
    if (served === undefined) await endNginx(directory, following);
    const process = served?.process ?? (await startNginx(nginx, directory));
    const before = (await nginxWorkers(process.pid)).map(({ pid }) => pid);
    if (how === 'reloaded') kill(process.pid, 'SIGHUP');
    reloadedAtMs = scheduler.now();
    let ended: string | undefined;
    void process.ended.then((said) => {
      ended = said;
    });
    if (!(await serves(generation, process.pid, how === 'reloaded' ? before : [], () => ended !== undefined))) {
      if (how === 'started' && !(signal.aborted && keep)) await process.stop(STOP_GRACE_MS);
      if (signal.aborted) return;
      if (ended !== undefined) served = undefined;
      await removeOtherGenerations([generation, ...(served === undefined ? [] : [served.generation])], directory);
      throw new Error(`nginx does not serve what it was given: ${ended ?? (await lastWords(directory))}`);
    }
    served = { process, digest: next.digest, ports, generation };
    await saveRecord(directory, served);
    if (how === 'started') void process.ended.then((said) => hasEnded(process, said));
    else await endOldWorkers(process.pid);
    await removeOtherGenerations([generation], directory);
    tell(how, process.pid);
  };

  return {
    apply,
    lookForEarlier: async () => {
      await endEarlier(haproxySockets(directory).masterSocket, following);
      const process = keep ? await adoptNginx(directory, following) : undefined;
      const record = await loadRecord(directory);
      if (process === undefined) {
        await endNginx(directory, following);
        // What it read last is to stay as it was: nothing else is written there.
        const last = await currentConfiguration(directory);
        generation = Math.max(record?.generation ?? 0, last?.generation ?? 0);
        return;
      }
      const inForce = await nginxGeneration(directory, signal);
      generation = Math.max(record?.generation ?? 0, inForce || 0);
      const nothing = { generation, digest: '', ports: record?.ports ?? [] };
      served = { ...(record?.generation === inForce ? record : nothing), process, isUnsure: true };
      void process.ended.then((said) => hasEnded(process, said));
    },
    servedPorts: () => served?.ports,
    serveNothing: async () => {
      const stopping = served;
      // From here on its end is no surprise.
      served = undefined;
      await stopping?.process.stop(STOP_GRACE_MS);
      await rm(recordPath(directory), { force: true });
      return stopping !== undefined;
    },
    stop: async () => served?.process.stop(STOP_GRACE_MS),
  };
};
