const IPC_NAMES: ReadonlySet<string> = new Set(['kernel.sem']);
const IPC_PREFIXES = ['kernel.shm', 'kernel.msg', 'fs.mqueue.'];

/** A sysctl may part its name by slashes, in which case dots are part of the names. */
const normalize = (name: string): string => {
  const first = /[./]/.exec(name);
  if (first === null || first[0] === '.') return name;
  return name.replace(/[./]/g, (separator) => (separator === '.' ? '/' : '.'));
};

/** The namespace of the kernel that a sysctl belongs to; undefined if it is the whole node's or not known. */
export const sysctlNamespace = (name: string): 'net' | 'ipc' | undefined => {
  const dotted = normalize(name).split('*', 1)[0]!;
  if (dotted.startsWith('net.')) return 'net';
  return IPC_NAMES.has(dotted) || IPC_PREFIXES.some((prefix) => dotted.startsWith(prefix)) ? 'ipc' : undefined;
};
