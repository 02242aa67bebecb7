import { main } from './main.js';
import { type Invocation, runProgramOf } from './run-program-of.js';

export { type Invocation, invocationOfScript } from './run-program-of.js';

/** Runs the command line as this process, and ends the process with its status. */
export const runProgram = (invocation: Invocation): Promise<never> => runProgramOf(main, invocation);
