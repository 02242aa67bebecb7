import { commands } from './commands/command-table.js';
import { type Main, mainOf } from './main-of.js';

/** Runs one command line and gives the exit status. Called as `kubelet`, it is `run`. */
export const main: Main = mainOf(commands);
