import { expect, it } from 'vitest';
import { commands } from '../src/commands/command-table.js';
import { main } from '../src/main.js';
import { fakeIo } from './fake-io.js';

const told = commands.filter(({ rawArguments }) => rawArguments !== true);

it.each(told.map((command) => [command.name, command] as const))(
  'help %s names every option that the command takes',
  async (name, command) => {
    const io = fakeIo();
    expect(await main(['help', name], io)).toBe(0);
    // In its usage line by the short one, too, where that says enough.
    const words = new Set(io.output().match(/--[\w-]+|(?<=[ [])-\w\b/g));
    const missing = Object.entries(command.options ?? {}).filter(
      ([option, { short }]) => !words.has(`--${option}`) && !words.has(`-${short}`),
    );
    expect(missing.map(([option]) => option)).toEqual([]);
  },
);
