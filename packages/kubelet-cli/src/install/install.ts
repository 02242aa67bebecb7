import { execFile } from 'node:child_process';
import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CliError } from '../cli-error.js';
import { type CliIo, print } from '../cli-io.js';
import { usualEndpoint } from '../client/connect.js';
import { type CommandInput, textOption } from '../command.js';
import { EXIT } from '../exit-status.js';
import { askRuntime, describeAnswer } from './ask-runtime.js';
import { carryOut, type StepResult, undo } from './carry-out.js';
import { CONFIG_PATH, type InstallOptions, installPlan, UNIT_PATH } from './install-plan.js';

const run = promisify(execFile);
const SYSTEMCTL_TIMEOUT_MS = 60_000;

const endpointFor = async (io: CliIo): Promise<string> => io.env['CONTAINER_RUNTIME_ENDPOINT'] ?? (await usualEndpoint());

const optionsFor = async (io: CliIo, root: string, cgroupDriver: InstallOptions['cgroupDriver']): Promise<InstallOptions> => {
  const runtimeEndpoint = await endpointFor(io);
  const runtimeUnit = runtimeEndpoint.includes('crio')
    ? 'crio.service'
    : runtimeEndpoint.includes('/run/containerd/')
      ? 'containerd.service'
      : undefined;
  return { root, nodeBinary: process.execPath, program: await realpath(io.programPath), runtimeEndpoint, runtimeUnit, cgroupDriver };
};

const report = (io: CliIo, results: readonly StepResult[]): void => {
  for (const { path, outcome } of results) print(io.stdout, `${outcome.padEnd(9)} ${path}\n`);
};

/** Asks systemd; without one (a container, another init) the files are all there is, and that is said. */
const systemctl = async (io: CliIo, ...args: readonly string[]): Promise<void> => {
  try {
    await run('systemctl', [...args], { timeout: SYSTEMCTL_TIMEOUT_MS });
    print(io.stdout, `done      systemctl ${args.join(' ')}\n`);
  } catch {
    print(io.stderr, `systemctl ${args.join(' ')} did not work here; the files are in place.\n`);
  }
};

const requireRoot = (root: string): void => {
  if (root === '/' && process.getuid?.() !== 0)
    throw new CliError({
      code: 'CLI_HOST_UNSUITABLE',
      message: 'only root can install a system service',
      hint: 'sudo kubelet-cli install',
    });
};

export const install = async (input: CommandInput, io: CliIo): Promise<number> => {
  const root = textOption(input, 'root') ?? '/';
  requireRoot(root);
  const runtimeEndpoint = await endpointFor(io);
  const answer = root === '/' ? await askRuntime(runtimeEndpoint, { signal: io.interrupted }) : undefined;
  report(
    io,
    await carryOut([
      { type: 'directory', path: root === '/' ? '/etc/systemd/system' : `${root}/etc/systemd/system`, mode: 0o755 },
      ...installPlan(await optionsFor(io, root, answer?.type === 'answered' ? answer.cgroupDriver : undefined)),
    ]),
  );
  if (answer === undefined) return EXIT.done;
  const { done, wrong } = describeAnswer(answer, runtimeEndpoint);
  for (const line of done) io.stdout.write(`${line}\n`);
  for (const line of wrong) io.stderr.write(`${line}\n`);
  await systemctl(io, 'daemon-reload');
  await systemctl(io, 'enable', '--now', 'solo-kubelet.service');
  return EXIT.done;
};

export const uninstall = async (input: CommandInput, io: CliIo): Promise<number> => {
  const root = textOption(input, 'root') ?? '/';
  requireRoot(root);
  if (root === '/') await systemctl(io, 'disable', '--now', 'solo-kubelet.service');
  report(io, await undo(installPlan(await optionsFor(io, root, await installedCgroupDriver(root)))));
  if (root === '/') await systemctl(io, 'daemon-reload');
  print(io.stdout, `Pods that run go on running; ${UNIT_PATH} is gone.\n`);
  return EXIT.done;
};

/** The driver that `install` wrote, so that its configuration is known for ours. */
const installedCgroupDriver = async (root: string): Promise<InstallOptions['cgroupDriver']> => {
  const text = await readFile(join(root, CONFIG_PATH), 'utf8').catch(() => '');
  return /^cgroupDriver: (systemd|cgroupfs)$/m.exec(text)?.[1] as InstallOptions['cgroupDriver'];
};
