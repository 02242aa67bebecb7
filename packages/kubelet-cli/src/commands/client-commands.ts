import type { Command } from '../command.js';
import { inspectCommands } from './inspect-commands.js';
import { getCommand, nodeCommands } from './node-commands.js';

/** The commands that only ask a node, which are a program of their own in the npm package: little is loaded for them (start/which-program.ts). */
export const clientCommands: readonly Command[] = [getCommand, ...nodeCommands, ...inspectCommands];
