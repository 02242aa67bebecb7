/** The bundled programs of the npm package, and their files beside `bin.js`. */
export const PROGRAMS = { kubelet: 'kubelet.program.cjs', client: 'client.program.cjs' } as const;

export type ProgramName = keyof typeof PROGRAMS;

/** What `client` runs; `kubelet` runs all there is. */
export const CLIENT_COMMANDS = ['get', 'logs', 'exec', 'attach', 'port-forward', 'describe', 'events', 'top', 'cp'] as const;

/** What takes less by its few modules than a whole bundle takes to be read, and what is called once in the life of a machine. */
const BY_MODULES: readonly string[] = ['help', 'version', 'completion', 'install', 'uninstall', 'join', 'leave'];

/** Commands that run a kubelet in this process, for as long as they are let. */
const DAEMONS: readonly string[] = ['run', 'up'];

export interface StartFacts {
  /** The name that it was called by, and what follows it. */
  readonly programName: string;
  readonly argv: readonly string[];
  /** What Node.js was called with, and `NODE_OPTIONS`. */
  readonly nodeArguments: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** How a process starts. */
export interface Start {
  readonly program: ProgramName;
  /** Names the code cache: what another command has compiled is of little use. */
  readonly command: string;
  readonly isDaemon: boolean;
}

/** Where modules are looked up or shown in another way than usual, a bundle would pass over it. */
const OF_MODULES = /^(-C|--conditions|--enable-source-maps|--loader|--experimental-loader|--import)(=|$)/;

/** Undefined where the modules themselves are to run, not a bundle of them. */
export const whichStart = ({ programName, argv, nodeArguments, env }: StartFacts): Start | undefined => {
  if (env['SOLO_KUBELET_BUNDLE'] === 'off' || nodeArguments.some((word) => OF_MODULES.test(word))) return undefined;
  const [first = 'help'] = programName === 'kubelet' ? ['run'] : argv;
  const command = /^[a-z][a-z-]{0,20}$/.test(first) ? first : 'help';
  if (BY_MODULES.includes(command)) return undefined;
  const isClient = (CLIENT_COMMANDS as readonly string[]).includes(command);
  return { program: isClient ? 'client' : 'kubelet', command, isDaemon: DAEMONS.includes(command) };
};
