import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { delay } from '@solo-kubelet/timers/rxjs';
import type { Observable } from 'rxjs';
import { allSlotCommands, assignSlots, slotCommands } from '../core/server-slots.js';
import { endNginx } from '../nginx/nginx-process.js';
import { type DriverTools, driveProxy, type ProxyDriver, type ProxyPass, withDefaults } from '../proxy/drive-proxy.js';
import { removeGeneration, removeOtherGenerations } from '../proxy/generations.js';
import type { ProxyProcess } from '../proxy/proxy-process.js';
import type { ProxyReport, RunProxyOptions } from '../proxy/proxy-report.js';
import { adoptHaproxy, checkConfiguration, endEarlier, startHaproxy } from './haproxy-process.js';
import { haproxyCommand, haproxySockets } from './haproxy-socket.js';
import { makeCurrent, type RenderOptions, renderGeneration, writeGeneration } from './render-generation.js';
import { loadServed, type ServedRecord, saveServed } from './served-record.js';

export interface RunHaproxyOptions extends RunProxyOptions {
  /** The program. Default `haproxy`, as PATH has it. */
  readonly haproxy?: string;
}

/** How long a new generation may take until it serves. */
const SERVES_MS = 60_000;
const POLL_MS = 100;
const STOP_GRACE_MS = 5_000;

interface Served extends ServedRecord {
  readonly process: ProxyProcess;
  /** Whether an earlier process may have died before it told the proxy what it wrote down. */
  readonly isUnsure?: boolean;
}

/**
 * Drives haproxy for as long as it is subscribed to: it runs while there is something to serve. Servers come and go by its runtime socket; for all
 * else a new worker takes over the sockets of the old one, which ends with its last connection. A configuration that haproxy refuses is not used.
 */
export const runHaproxy = ({ haproxy = 'haproxy', ...given }: RunHaproxyOptions): Observable<ProxyReport> => {
  const options = withDefaults(given);
  return driveProxy({ ...options, program: haproxy }, (tools) => haproxyDriver({ ...options, haproxy }, tools));
};

type DriverOptions = ReturnType<typeof withDefaults> & { readonly haproxy: string };

const haproxyDriver = (
  { directory, haproxy, addresses, httpPort, httpsPort, runAs, keep, issueCertificate: issue, now }: DriverOptions,
  { emit, signal, scheduler, changed }: DriverTools,
): ProxyDriver => {
  const { runtimeSocket, masterSocket } = haproxySockets(directory);
  const rendering: RenderOptions = { directory, runtimeSocket, addresses, httpPort, httpsPort, runAs, issue, now };
  let served: Served | undefined;
  let generation = 0;

  /** Which generation the worker is that answers at the runtime socket; NaN where none does. */
  const generationInForce = async (): Promise<number> => {
    const said = await haproxyCommand(runtimeSocket, ['show info'], signal).catch(() => '');
    return Number(/\ndescription: solo-kubelet-(\d+)\n/.exec(said)?.[1] ?? Number.NaN);
  };

  /** Resolves once the worker of a generation answers at the runtime socket; false where another one still does after a while. */
  const serves = async (wanted: number, ended: () => boolean): Promise<boolean> => {
    const startedAtMs = scheduler.now();
    while (!signal.aborted && !ended() && scheduler.now() - startedAtMs < SERVES_MS) {
      if ((await generationInForce()) === wanted) return true;
      await delay(POLL_MS, scheduler, signal);
    }
    return false;
  };

  /** The master that does it is another one after that, and may answer nobody: whether it has is seen by what serves then. */
  const reload = (): Promise<unknown> =>
    haproxyCommand(masterSocket, ['reload'], signal).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
    });

  const hasEnded = (process: ProxyProcess, said: string): void => {
    if (served?.process !== process || signal.aborted) return;
    served = undefined;
    emit({ type: 'failed', message: `haproxy has ended: ${said}`, serving: false });
    changed();
  };

  const apply = async ({ table, ports, isTold, tell }: ProxyPass): Promise<void> => {
    const slots = new Map(
      [...table.backends].map(([name, { endpoints }]) => [name, assignSlots(served?.slots.get(name) ?? [], endpoints)]),
    );
    const next = await renderGeneration(table, slots, generation + 1, rendering);
    if (served !== undefined && served.shape === next.shape) {
      const { isUnsure = false, ...known } = served;
      const commands = [...slots].flatMap(([name, after]) =>
        isUnsure ? allSlotCommands(name, after) : slotCommands(name, known.slots.get(name) ?? [], after),
      );
      if (commands.length === 0 && !isUnsure) {
        if (!isTold) tell('unchanged', served.process.pid);
        return;
      }
      await saveServed(directory, { ...known, slots });
      served = { ...known, slots, isUnsure: true };
      const said = await haproxyCommand(runtimeSocket, commands, signal);
      // It says what address a server has now; anything else is a complaint.
      if (!/No such|Unknown|Invalid|not allowed|Require/i.test(said)) {
        served = { ...known, slots };
        tell(isUnsure ? 'adopted' : 'runtime', served.process.pid);
        return;
      }
    }
    generation += 1;
    const fault = await checkConfiguration(haproxy, await writeGeneration(next, generation, directory), { directory, signal });
    if (fault !== undefined) {
      await removeGeneration(generation, directory);
      throw new Error(`haproxy refuses the configuration: ${fault}`);
    }
    await makeCurrent(next, directory);
    const how = served === undefined ? 'started' : 'reloaded';
    if (served === undefined) await endEarlier(masterSocket, { graceMs: STOP_GRACE_MS, scheduler, signal });
    const process = served?.process ?? (await startHaproxy(haproxy, directory, masterSocket));
    if (how === 'reloaded') await reload();
    let ended: string | undefined;
    void process.ended.then((said) => {
      ended = said;
    });
    if (!(await serves(generation, () => ended !== undefined))) {
      if (how === 'started' && !(signal.aborted && keep)) await process.stop(STOP_GRACE_MS);
      if (signal.aborted) return;
      if (ended !== undefined) served = undefined;
      await removeOtherGenerations([generation, ...(served === undefined ? [] : [served.generation])], directory);
      throw new Error(`haproxy does not serve what it was given: ${ended ?? 'the old configuration stays in force'}`);
    }
    served = { process, slots, shape: next.shape, ports, generation };
    await saveServed(directory, served);
    if (how === 'started') void process.ended.then((said) => hasEnded(process, said));
    await removeOtherGenerations([generation], directory);
    tell(how, process.pid);
  };

  return {
    apply,
    lookForEarlier: async () => {
      await endNginx(directory, { graceMs: STOP_GRACE_MS, scheduler, signal });
      const process = keep ? await adoptHaproxy(directory, masterSocket, { scheduler, signal }) : undefined;
      if (process === undefined) return void (await endEarlier(masterSocket, { graceMs: STOP_GRACE_MS, scheduler, signal }));
      const record = await loadServed(directory);
      const inForce = await generationInForce();
      generation = Math.max(record?.generation ?? 0, inForce || 0);
      const nothing = { generation, shape: '', ports: record?.ports ?? [], slots: new Map() };
      served = { ...(record?.generation === inForce ? record : nothing), process, isUnsure: true };
      void process.ended.then((said) => hasEnded(process, said));
    },
    servedPorts: () => served?.ports,
    serveNothing: async () => {
      const stopping = served;
      // From here on its end is no surprise.
      served = undefined;
      await stopping?.process.stop(STOP_GRACE_MS);
      await rm(join(directory, 'served.json'), { force: true });
      return stopping !== undefined;
    },
    stop: async () => served?.process.stop(STOP_GRACE_MS),
  };
};
