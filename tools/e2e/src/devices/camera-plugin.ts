import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitFor } from '@solo-kubelet-tools/testbed';

export interface CameraPlugin extends AsyncDisposable {
  /** What it was asked for so far, in order. */
  readonly calls: readonly { readonly what: 'registered' | 'allocate' | 'preStart'; readonly devices: readonly string[] }[];
  setDevices(devices: readonly { readonly id: string; readonly health?: string }[]): void;
}

/** Starts the sample plugin as a process, and waits until the kubelet has taken it. */
export const startCameraPlugin = async (pluginDirectory: string, ownDirectory: string): Promise<CameraPlugin> => {
  const program = join(fileURLToPath(import.meta.url), '../sample-plugin.mjs');
  const child = spawn(process.execPath, [program, pluginDirectory, ownDirectory], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const calls: CameraPlugin['calls'][number][] = [];
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    const lines = (text + more).split('\n');
    text = lines.pop() ?? '';
    calls.push(...lines.map((line) => JSON.parse(line) as CameraPlugin['calls'][number]));
  });
  await waitFor(async () => calls.some(({ what }) => what === 'registered') || undefined, { what: 'a registered plugin' });
  return {
    calls,
    setDevices: (devices) => void child.stdin.write(`${JSON.stringify(devices)}\n`),
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await ended;
    },
  };
};
