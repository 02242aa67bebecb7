/** Sends a signal to a process that was listed a moment ago. One that has ended meanwhile (ESRCH) is what was wanted, and no error. */
export const signalProcess = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};
