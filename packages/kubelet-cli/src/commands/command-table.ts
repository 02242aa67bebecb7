import type { Command } from '../command.js';
import { cniCommand } from './cni-command.js';
import { doctorCommand } from './doctor-command.js';
import { downCommand } from './down-command.js';
import { nodeCommands } from './node-commands.js';
import { runCommand } from './run-command.js';
import { upCommand } from './up-command.js';
import { versionCommand } from './version-command.js';

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  upCommand,
  downCommand,
  runCommand,
  ...nodeCommands,
  doctorCommand,
  cniCommand,
  versionCommand,
];
