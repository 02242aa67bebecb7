import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { longTimeout, onAbort } from '@solo-kubelet/timers';
import { Observable } from 'rxjs';
import { KubeletError } from '../process/kubelet-error.js';

/** What is needed of systemd's login manager (org.freedesktop.login1). */
export interface Logind {
  /** How long a shutdown waits for inhibitors at most, ms. */
  inhibitDelayMaxMs(options: { readonly signal: AbortSignal }): Promise<number>;
  /** Whether a shutdown is being prepared now. */
  preparingForShutdown(options: { readonly signal: AbortSignal }): Promise<boolean>;
  /** Has logind read its configuration again. */
  reload(options: { readonly signal: AbortSignal }): Promise<void>;
  /** Takes a lock that delays shutdowns. Resolves once it is held. */
  inhibit(options: { readonly signal: AbortSignal }): Promise<InhibitorLock>;
  /** true: a shutdown begins; false: it was given up. `watching` once nothing is missed any more; an error when the watch is lost. */
  readonly signal$: Observable<boolean | 'watching'>;
}

export interface InhibitorLock {
  /** Lets the shutdown go on. */
  release(): void;
  /** Ends with the lock, however that came about. */
  readonly released: Promise<void>;
}

const SERVICE = 'org.freedesktop.login1';
const OBJECT = '/org/freedesktop/login1';
const MANAGER = 'org.freedesktop.login1.Manager';
const CALL_TIMEOUT_MS = 10_000;
const US_PER_MS = 1_000;

/**
 * Through systemd's own programs, which are wherever logind is: D-Bus hands out an inhibitor lock as a file descriptor, which Node cannot receive
 * (docs/decisions/140). Each ends when this process does, however that ends: the lock's with its input, the watch, which reads nothing, by a signal
 * of the kernel's that setpriv(1) asks for.
 */
export const systemdLogind = (env: Readonly<Record<string, string | undefined>>): Logind => ({
  inhibitDelayMaxMs: async (options) => Math.floor((await property('InhibitDelayMaxUSec', 'number', env, options)) / US_PER_MS),
  preparingForShutdown: (options) => property('PreparingForShutdown', 'boolean', env, options),
  reload: async (options) => {
    const systemd = ['org.freedesktop.systemd1', '/org/freedesktop/systemd1', 'org.freedesktop.systemd1.Manager'];
    await busctl(['call', ...systemd, 'KillUnit', 'ssi', 'systemd-logind.service', 'all', '1'], env, options);
  },
  inhibit: (options) => inhibit(env, options),
  signal$: watchSignals(env),
});

type Env = Readonly<Record<string, string | undefined>>;

const run = promisify(execFile);

const busctl = async (args: readonly string[], env: Env, { signal }: { readonly signal: AbortSignal }): Promise<string> => {
  try {
    const { stdout } = await run('busctl', ['--system', '--json=short', '--', ...args], {
      env: { ...env },
      signal,
      timeout: CALL_TIMEOUT_MS,
    });
    return stdout;
  } catch (cause) {
    signal.throwIfAborted();
    const { stderr = '' } = cause as { readonly stderr?: string };
    throw failure(`busctl ${args[0]} failed${stderr.trim() === '' ? '' : `: ${stderr.trim()}`}`, cause);
  }
};

const property = async <Name extends 'number' | 'boolean'>(
  name: string,
  type: Name,
  env: Env,
  options: { readonly signal: AbortSignal },
): Promise<Name extends 'number' ? number : boolean> => {
  const text = await busctl(['get-property', SERVICE, OBJECT, MANAGER, name], env, options);
  const { data } = JSON.parse(text) as { readonly data?: unknown };
  if (typeof data !== type) throw failure(`${name} of logind is not a ${type}: ${text.trim()}`);
  return data as Name extends 'number' ? number : boolean;
};

/** `systemd-inhibit` holds the lock for as long as its command runs, which is until its input ends: with a release, or with this process. */
const HOLD = ['sh', '-c', 'echo held; exec cat'];

const inhibit = (env: Env, { signal }: { readonly signal: AbortSignal }): Promise<InhibitorLock> =>
  new Promise((resolve, reject) => {
    const why = '--why=Kubelet needs time to handle node shutdown';
    const child = spawn('systemd-inhibit', ['--what=shutdown', '--who=kubelet', why, '--mode=delay', '--', ...HOLD], { env: { ...env } });
    const released = new Promise<void>((settle) => child.once('close', () => settle()));
    const giveUp = (): void => void child.kill();
    const inTime = longTimeout(giveUp, CALL_TIMEOUT_MS);
    const unheard = onAbort(signal, giveUp);
    const settled = (): void => {
      inTime();
      unheard();
    };
    child.stdin.on('error', () => {}); // it has ended already
    const complaint = collect(child);
    child.stdout.once('data', () => {
      settled();
      resolve({ release: () => child.stdin.end(), released });
    });
    child.once('error', (cause) => {
      settled();
      reject(failure('systemd-inhibit cannot be run', cause));
    });
    child.once('close', () => {
      settled();
      reject(failure(`no inhibitor lock: ${complaint()}`));
    });
  });

/** Only what logind itself says: anybody may send signals on the bus. */
const MATCH = `type='signal',sender='${SERVICE}',path='${OBJECT}',interface='${MANAGER}',member='PrepareForShutdown'`;

/** Until the program says that it listens, ms; older ones say nothing. */
const LISTENING_WITHIN_MS = 2_000;

const watchSignals = (env: Env): Observable<boolean | 'watching'> =>
  new Observable((subscriber) => {
    const child = spawn(
      'setpriv',
      ['--pdeathsig', 'SIGTERM', '--', 'busctl', '--system', '--json=short', `--match=${MATCH}`, '--', 'monitor'],
      {
        env: { ...env, SYSTEMD_LOG_LEVEL: 'info' },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let listening = false;
    const listens = (): void => {
      if (listening) return;
      listening = true;
      subscriber.next('watching');
    };
    const heard = longTimeout(listens, LISTENING_WITHIN_MS);
    const complaint = collect(child);
    child.stderr.once('data', listens);
    createInterface({ input: child.stdout }).on('line', (line) => {
      const begins = shutdownBegins(line);
      if (begins !== undefined) subscriber.next(begins);
    });
    child.once('error', (cause) => subscriber.error(failure('setpriv, which runs busctl, cannot be run', cause)));
    child.once('close', () => subscriber.error(failure(`the watch over logind has ended: ${complaint()}`)));
    return () => {
      heard();
      child.kill();
    };
  });

/** What a line of `busctl --json=short monitor` says; undefined when it is no such signal. */
export const shutdownBegins = (line: string): boolean | undefined => {
  try {
    const { member, payload } = JSON.parse(line) as { readonly member?: unknown; readonly payload?: { readonly data?: unknown } };
    const [value] = Array.isArray(payload?.data) ? (payload.data as readonly unknown[]) : [];
    return member === 'PrepareForShutdown' && typeof value === 'boolean' ? value : undefined;
  } catch {
    return undefined;
  }
};

const MAX_COMPLAINT_CHARACTERS = 1_000;

/** The beginning of what a program writes to its standard error. */
const collect = (child: ChildProcess): (() => string) => {
  let text = '';
  child.stderr?.on('data', (data: Buffer) => {
    text = `${text}${data.toString('utf8')}`.slice(0, MAX_COMPLAINT_CHARACTERS);
  });
  return () => text.trim();
};

const failure = (message: string, cause?: unknown): Error =>
  new KubeletError({ code: 'KUBELET_LOGIND_UNAVAILABLE', message, ...(cause === undefined ? {} : { cause }) });
