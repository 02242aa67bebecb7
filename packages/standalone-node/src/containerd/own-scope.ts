import { access, readFile } from 'node:fs/promises';

/** A program with its arguments. */
export type CommandLine = readonly [program: string, ...args: readonly string[]];

/**
 * The same program in a scope of the system's (systemd-run(1)), for one that is to outlive the login it is started from: logind ends what is left of
 * a session where `KillUserProcesses=yes`. systemd-run becomes the program, with the process id it has.
 */
export const inScope = (description: string, command: CommandLine): CommandLine => [
  'systemd-run',
  '--system',
  '--scope',
  '--collect',
  '--quiet',
  '--slice=system.slice',
  `--description=${description}`,
  '--',
  ...command,
];

/** Whether this process belongs to somebody's login, by its /proc/self/cgroup. */
export const isInLoginSession = (cgroups: string): boolean => /^\d+:(?:name=systemd)?:\/user\.slice\//m.test(cgroups);

/** Whether what this process starts would end with a login. */
export const endsWithLogin = async (): Promise<boolean> => {
  const booted = await access('/run/systemd/system').then(
    () => true,
    () => false,
  );
  return booted && isInLoginSession(await readFile('/proc/self/cgroup', 'utf8').catch(() => ''));
};
