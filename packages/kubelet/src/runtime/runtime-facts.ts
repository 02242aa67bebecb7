/** What a runtime tells of its own configuration in a verbose Status. Undefined: it does not tell. */
export interface RuntimeFacts {
  /** Of the default runtime handler. */
  readonly cgroupDriver: 'cgroupfs' | 'systemd' | undefined;
  /** The image of pod sandboxes. Runtimes that tell nothing of it pin the image. */
  readonly sandboxImage: string | undefined;
  /** Names of its runtime handlers. */
  readonly handlers: readonly string[] | undefined;
}

/** Reads `info` of a verbose Status. containerd 1.x has no RuntimeConfig, and tells its CRI plugin's whole configuration here. */
export const parseRuntimeFacts = (info: Readonly<Record<string, string>>): RuntimeFacts => {
  const config = parseConfig(info['config']);
  const { defaultRuntimeName = '', runtimes } = config.containerd ?? {};
  const handler = runtimes?.[defaultRuntimeName];
  const usesSystemd = handler?.options?.SystemdCgroup === true || config.systemdCgroup === true;
  return {
    cgroupDriver: handler === undefined ? driverOfCrio(config.crio?.CgroupManagerName) : usesSystemd ? 'systemd' : 'cgroupfs',
    sandboxImage: typeof config.sandboxImage === 'string' ? config.sandboxImage : undefined,
    handlers: runtimes ? Object.keys(runtimes) : undefined,
  };
};

const driverOfCrio = (manager: unknown): RuntimeFacts['cgroupDriver'] =>
  manager === 'systemd' || manager === 'cgroupfs' ? manager : undefined;

interface RuntimeConfiguration {
  readonly containerd?: {
    readonly defaultRuntimeName?: string;
    /** `options` are the handler's own, as its file names them: SystemdCgroup of runc. */
    readonly runtimes?: Readonly<Record<string, { readonly options?: { readonly SystemdCgroup?: unknown } | null } | null>> | null;
  } | null;
  /** For handlers of the days before shim v2. */
  readonly systemdCgroup?: unknown;
  readonly sandboxImage?: unknown;
  /** CRI-O's: the part of its configuration that is about containers. */
  readonly crio?: { readonly CgroupManagerName?: unknown } | null;
}

const parseConfig = (text: string | undefined): RuntimeConfiguration => {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
};
