import type { RunCommand } from '../mounts/run-command.js';

export type RecordedCommand = readonly [program: string, ...args: readonly string[]];

/** A RunCommand that runs nothing: it records each call and answers with success, or with what `answer` says. */
export const recordingCommands = (
  answer: (command: RecordedCommand) => { readonly exitCode: number; readonly stderr: string } = () => ({ exitCode: 0, stderr: '' }),
): { readonly runCommand: RunCommand; readonly commands: readonly RecordedCommand[] } => {
  const commands: RecordedCommand[] = [];
  return {
    commands,
    async runCommand(program, args) {
      const command: RecordedCommand = [program, ...args];
      commands.push(command);
      return { stdout: '', gaveUp: false, ended: Promise.resolve(), ...answer(command) };
    },
  };
};
