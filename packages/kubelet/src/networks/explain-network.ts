import { access } from 'node:fs/promises';
import {
  CniError,
  createCniInvoker,
  lookUpPlugin,
  missingPlugins,
  type NetworkConfigList,
  type NetworkFile,
  readNetworkFiles,
} from '@solo-kubelet/cni-invoker';

/** What the runtime's NetworkReady condition says. */
export interface RuntimeNetworkStatus {
  readonly networkReady: boolean;
  readonly reason?: string;
  readonly message?: string;
  /** `runtime_name` of the CRI Version reply, such as `containerd` or `cri-o`. */
  readonly runtimeName?: string;
}

export interface ExplainNetworkOptions {
  /** The runtime's network files. Default `/etc/cni/net.d`. */
  readonly confDir?: string;
  /** The runtime's plugins, in order. Default `/opt/cni/bin`. */
  readonly pluginDirs?: readonly string[];
  /** Left out: only the files and plugins are looked at. */
  readonly runtimeStatus?: RuntimeNetworkStatus;
  /** What plugins inherit. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
}

export type NetworkProblem =
  | 'noConfDir'
  | 'noNetwork'
  | 'invalidNetwork'
  | 'pluginMissing'
  | 'pluginVersion'
  | 'pluginStatus'
  | 'runtimeDisagrees';

/** One reason why pods get no network, and what mends it. */
export interface NetworkFinding {
  readonly problem: NetworkProblem;
  readonly message: string;
  /** A command to run, or what to change. */
  readonly fix: string;
}

export interface NetworkExplanation {
  /** False when the runtime says so, or when it was not asked and something is wrong. */
  readonly ready: boolean;
  /** The network the runtime uses, when it could be told. */
  readonly network?: string;
  readonly findings: readonly NetworkFinding[];
}

/** Where distributions put plugins. */
export const USUAL_PLUGIN_DIRS: readonly string[] = ['/opt/cni/bin', '/usr/lib/cni', '/usr/libexec/cni'];

/** Says why a runtime reports NetworkReady=false: looks at what it looks at, by its own rules. */
export const explainNetwork = async ({
  confDir = '/etc/cni/net.d',
  pluginDirs = ['/opt/cni/bin'],
  runtimeStatus,
  env,
  signal,
}: ExplainNetworkOptions): Promise<NetworkExplanation> => {
  const { list, findings } = await chooseNetwork(confDir, pluginDirs, runtimeStatus?.runtimeName);
  const all = list ? [...findings, ...(await examine(list, { pluginDirs, env, signal }))] : findings;
  const ready = runtimeStatus?.networkReady ?? all.length === 0;
  const unexplained = !ready && all.length === 0 && runtimeStatus;
  return { ready, network: list?.name, findings: unexplained ? [disagreement(confDir, runtimeStatus)] : all };
};

interface Choice {
  readonly list?: NetworkConfigList;
  readonly findings: readonly NetworkFinding[];
}

/** containerd takes the first file, good or bad; CRI-O passes over those that are invalid or lack plugins. */
const chooseNetwork = async (confDir: string, pluginDirs: readonly string[], runtimeName = 'containerd'): Promise<Choice> => {
  const files = await readNetworkFiles(confDir);
  if (files.length === 0) return { findings: [nothingThere(confDir, await isThere(confDir), pluginDirs[0])] };
  if (runtimeName !== 'cri-o') {
    const [first] = files as readonly [NetworkFile];
    return first.ok ? { list: first.list, findings: [] } : { findings: [invalidFile(first.error, first.path)] };
  }
  const valid = files.flatMap((file) => (file.ok ? [file.list] : []));
  for (const list of valid) {
    if ((await missingPlugins(list, pluginDirs)).length === 0) return { list, findings: [] };
  }
  return { list: valid[0], findings: files.flatMap((file) => (file.ok ? [] : [invalidFile(file.error, file.path)])) };
};

const examine = async (
  list: NetworkConfigList,
  { pluginDirs, env, signal }: Required<Pick<ExplainNetworkOptions, 'pluginDirs'>> & Pick<ExplainNetworkOptions, 'env' | 'signal'>,
): Promise<readonly NetworkFinding[]> => {
  const missing = await missingPlugins(list, pluginDirs);
  if (missing.length > 0) return Promise.all(missing.map((type) => missingPlugin(type, list, pluginDirs)));
  const cni = createCniInvoker({ pluginDirs, env });
  try {
    // The runtime does not negotiate: it speaks the list's version, whether the plugins do or not.
    for (const { type } of list.plugins) {
      const versions = await cni.version(type, { signal });
      if (!versions.includes(list.cniVersion)) return [wrongVersion(type, versions, list)];
    }
    await cni.status(list, { signal });
    return [];
  } catch (error) {
    if (!CniError.is(error)) throw error;
    return [
      { problem: 'pluginStatus', message: error.message, fix: error.hint ?? `Ask it again with: kubelet-cli cni status ${list.name}` },
    ];
  }
};

const nothingThere = (confDir: string, dirThere: boolean, pluginDir = '/opt/cni/bin'): NetworkFinding => ({
  problem: dirThere ? 'noNetwork' : 'noConfDir',
  message: dirThere ? `there is no .conf, .conflist or .json file in ${confDir}` : `the directory ${confDir} is missing`,
  fix: `mkdir -p ${confDir} && cat > ${confDir}/10-pods.conflist <<'END'
{"cniVersion": "0.4.0", "name": "pods", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.88.0.0/16"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
END
(its plugins bridge, host-local and portmap belong into ${pluginDir})`,
});

const invalidFile = (error: CniError, path: string): NetworkFinding => ({
  problem: 'invalidNetwork',
  message: error.message,
  fix: `Mend the file, or take it away: mv ${path} ${path}.off`,
});

const missingPlugin = async (type: string, list: NetworkConfigList, pluginDirs: readonly string[]): Promise<NetworkFinding> => {
  const elsewhere = await lookUpPlugin(type, USUAL_PLUGIN_DIRS);
  const [dir = '/opt/cni/bin'] = pluginDirs;
  return {
    problem: 'pluginMissing',
    message: `network ${list.name} (${list.path}) needs the plugin ${type}, which is not in ${pluginDirs.join(', ')}`,
    fix:
      elsewhere === undefined
        ? `apt-get install -y containernetworking-plugins && mkdir -p ${dir} && ln -s /usr/lib/cni/${type} ${dir}/`
        : `mkdir -p ${dir} && ln -s ${elsewhere} ${dir}/`,
  };
};

const wrongVersion = (type: string, versions: readonly string[], list: NetworkConfigList): NetworkFinding => ({
  problem: 'pluginVersion',
  message: `network ${list.name} (${list.path}) is of CNI version ${list.cniVersion}, which plugin ${type} does not speak (${versions.join(', ')})`,
  fix: `Set "cniVersion": "${versions.at(-1)}" in ${list.path}, or install newer plugins.`,
});

const disagreement = (confDir: string, { reason, message, runtimeName = 'the runtime' }: RuntimeNetworkStatus): NetworkFinding => ({
  problem: 'runtimeDisagrees',
  message: `the files in ${confDir} and their plugins are in order, but ${runtimeName} says ${[reason, message].filter(Boolean).join(': ') || 'nothing more'}`,
  fix: `It may look at other directories or not have noticed the files: systemctl restart ${runtimeName === 'cri-o' ? 'crio' : 'containerd'}`,
});

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
