/**
 * Sends a signal to a process that was listed a moment ago. One that has ended by itself meanwhile (ESRCH) is what was wanted, and no error.
 * @throws RangeError for what is no process of its own: 0, 1 and negative numbers mean groups, init or everybody.
 */
export const killProcess = (pid: number, signal: NodeJS.Signals): void => {
  if (!Number.isSafeInteger(pid) || pid < 2) throw new RangeError(`${pid} is not the id of a process that a test may end`);
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};
