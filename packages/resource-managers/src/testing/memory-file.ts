import type { StateFile } from '../state-file.js';

/** A state file in memory; `fail` makes writes fail. */
export const memoryFile = (text?: string): StateFile & { text: string | undefined; fail: boolean } => {
  const file = {
    path: '/state',
    text,
    fail: false,
    read: async () => file.text,
    write: async (next: string) => {
      if (file.fail) throw new Error('disk full');
      file.text = next;
    },
  };
  return file;
};
