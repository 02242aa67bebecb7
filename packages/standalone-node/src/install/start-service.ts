import { execFile } from 'node:child_process';

/** What a call of systemctl came to; no status when it took too long. */
export interface SystemctlResult {
  readonly status: number | undefined;
  /** What it said, on either output. */
  readonly output: string;
}

export type Systemctl = (...args: readonly string[]) => Promise<SystemctlResult>;

/** Lines of a report, and whether the service runs. */
export interface ServiceReport {
  readonly done: readonly string[];
  readonly wrong: readonly string[];
  readonly isDead: boolean;
}

const UNIT = 'solo-kubelet.service';
/** A service that is not ready by then is left to go on starting; the unit gives it ten minutes. */
const SYSTEMCTL_TIMEOUT_MS = 90_000;
const STATUS_LINES = 20;

export const runSystemctl: Systemctl = (...args) =>
  new Promise((resolve) => {
    const child = execFile('systemctl', [...args], { timeout: SYSTEMCTL_TIMEOUT_MS }, (error, stdout, stderr) => {
      const output = `${stderr}${stdout}`.trim();
      if (child.exitCode !== null) resolve({ status: child.exitCode, output });
      else resolve({ status: error?.killed ? undefined : 1, output: output || (error?.message ?? '') });
    });
  });

/**
 * Enables the service and sees that the installed program is the one that runs: starts it, or starts it anew when the unit or the program changed.
 * Pods run on meanwhile.
 */
export const startService = async (systemctl: Systemctl, { changed }: { readonly changed: boolean }): Promise<ServiceReport> => {
  const done: string[] = [];
  const failed = (command: string, { output }: SystemctlResult, more: readonly string[] = []): ServiceReport => ({
    done,
    wrong: [`systemctl ${command} failed${output === '' ? '' : `: ${output}`}`, ...more],
    isDead: true,
  });
  for (const command of ['daemon-reload', 'enable']) {
    const result = await systemctl(...(command === 'enable' ? [command, UNIT] : [command]));
    if (result.status !== 0) return failed(command, result);
    done.push(`done      systemctl ${command}${command === 'enable' ? ` ${UNIT}` : ''}`);
  }
  const { output: before } = await systemctl('is-active', UNIT);
  const runs = before === 'active' || before === 'reloading' || before === 'activating';
  if (before === 'active' && !changed) {
    done.push(`unchanged ${UNIT} runs already, with this unit and this program`);
    return { done, wrong: [], isDead: false };
  }
  const command = runs ? 'restart' : 'start';
  const result = await systemctl(command, UNIT);
  if (result.status === undefined) {
    return { done, wrong: [`${UNIT} is still starting; see systemctl status ${UNIT}`], isDead: false };
  }
  const { output: now } = await systemctl('is-active', UNIT);
  if (result.status !== 0 || now !== 'active') {
    const { output } = await systemctl('status', '--no-pager', '--full', `--lines=${STATUS_LINES}`, UNIT);
    return failed(`${command} ${UNIT}`, result, [output]);
  }
  done.push(runs ? `restarted ${UNIT} with the new unit and program; Pods ran on` : `started   ${UNIT}`);
  return { done, wrong: [], isDead: false };
};
