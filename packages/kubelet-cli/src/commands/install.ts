import { access, readFile, realpath, rm, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseKubeApiAddress } from '@solo-kubelet/kubelet/config';
import { usualEndpoint } from '@solo-kubelet/standalone-node/defaults';
import {
  ADMIN_KUBECONFIG_PATH,
  askRuntime,
  bundleDrivePlan,
  CONFIG_PATH,
  carryOut,
  describeAnswer,
  describeWriter,
  describeWriters,
  findOtherWriters,
  type InstallOptions,
  installPlan,
  JOIN_UNIT_PATH,
  kubeApiOfUnit,
  programVersion,
  runSystemctl,
  type StepResult,
  startService,
  UNIT_PATH,
  undo,
} from '@solo-kubelet/standalone-node/install';
import { isBundleUrl } from '@solo-kubelet/verified-source';
import { CliError } from '../cli-error.js';
import { type CliIo, print } from '../cli-io.js';
import { type CommandInput, flagOption, textOption } from '../command.js';
import { EXIT } from '../exit-status.js';
import { askSource } from '../sources/ask-source.js';
import { BUCKET_OPTIONS, readBucketSettings } from '../sources/bucket-settings.js';
import { type PreparedSource, prepareSource, removeSources, requireNoOther, writeSource } from '../sources/source-file.js';
import { ROOTS_PLACE } from '../start/cache-place.js';
import { productVersion } from '../version.js';
import { DEFAULT_ADDRESS, isFree } from './node-api-address.js';

const endpointFor = async (io: CliIo): Promise<string> => io.env['CONTAINER_RUNTIME_ENDPOINT'] ?? (await usualEndpoint());

const optionsFor = async (
  io: CliIo,
  root: string,
  { cgroupDriver, kubeApi }: Required<Pick<InstallOptions, 'kubeApi'>> & Pick<InstallOptions, 'cgroupDriver'>,
): Promise<InstallOptions> => {
  const runtimeEndpoint = await endpointFor(io);
  const runtimeUnit = runtimeEndpoint.includes('crio')
    ? 'crio.service'
    : runtimeEndpoint.includes('/run/containerd/')
      ? 'containerd.service'
      : undefined;
  const program = await realpath(io.programPath);
  return {
    root,
    nodeBinary: process.execPath,
    program,
    programVersion: await programVersion(program, { productVersion: productVersion(), nodeVersion: process.versions.node }),
    runtimeEndpoint,
    runtimeUnit,
    cgroupDriver,
    kubeApi,
  };
};

/** Where the API is to be served: as told, else as the unit that is there says, else at the usual port if that is free. @throws CliError CLI_USAGE */
const kubeApiFor = async (input: CommandInput, io: CliIo, root: string): Promise<string> => {
  const given = textOption(input, 'kube-api');
  if (given !== undefined && given !== 'off' && parseKubeApiAddress(given) === undefined) {
    throw new CliError({
      code: 'CLI_USAGE',
      message: `--kube-api ${given}: want ADDRESS:PORT, or off`,
      hint: 'kubelet-cli install --help',
    });
  }
  const kept = kubeApiOfUnit(await readFile(join(root, UNIT_PATH), 'utf8').catch(() => ''));
  const told = given ?? kept;
  if (told !== undefined) return told;
  if (root !== '/' || (await isFree(parseKubeApiAddress(DEFAULT_ADDRESS)!))) return DEFAULT_ADDRESS;
  print(io.stderr, `Port 6443 is in use: the Kubernetes API is not served. Choose another with --kube-api 127.0.0.1:PORT.\n`);
  return 'off';
};

/** Makes the administrator's kubeconfig before the service starts, so that whoever installs finds it. Never in an image: each machine has keys of its own. */
const keepKubeconfig = async (kubeApi: string): Promise<void> => {
  const address = parseKubeApiAddress(kubeApi);
  if (address === undefined) return;
  const { keepAdminKubeconfig, openNodeCa, serverUrl } = await import('@solo-kubelet/kube-api');
  const ca = await openNodeCa(dirname(ADMIN_KUBECONFIG_PATH), Date.now);
  await keepAdminKubeconfig(ADMIN_KUBECONFIG_PATH, ca, serverUrl(address.host, address.port), Date.now());
};

const DEFAULT_SOURCE_NAME = 'site';

/**
 * The source that --from names, judged before anything is written: its key, certificates and credentials, and, unless --offline, what it answers. Undefined without --from.
 * @throws (rejects) CliError CLI_USAGE, CLI_REFUSED
 */
const sourceFor = async (input: CommandInput, io: CliIo, root: string): Promise<PreparedSource | undefined> => {
  const [url, keyFile, caFile, given] = ['from', 'key', 'ca-file', 'name'].map((name) => textOption(input, name));
  if (url === undefined) {
    const stray = ['key', 'ca-file', 'name', 'offline', ...BUCKET_OPTIONS].find((name) => input.options[name] !== undefined);
    if (stray !== undefined) throw new CliError({ code: 'CLI_USAGE', message: `--${stray} belongs to --from URL` });
    return undefined;
  }
  if (keyFile === undefined) {
    throw new CliError({
      code: 'CLI_USAGE',
      message: '--from needs --key FILE: the public key by which its answers are signed',
      hint: 'site.pub of minisign -G, or site.pub of ssh-keygen -t ed25519 -f site',
    });
  }
  const bucket = await readBucketSettings(url, input, io);
  if (bucket?.credentials?.sessionToken !== undefined) {
    print(io.stderr, 'Warning: the credentials have a session token, so they expire, and the bucket can not be read with them any more.\n');
  }
  const prepared = await prepareSource({ name: given ?? DEFAULT_SOURCE_NAME, url, keyFile, caFile, bucket }, { root });
  await requireNoOther(prepared);
  if (flagOption(input, 'offline') || isBundleUrl(url)) return prepared;
  const asked = await askSource(prepared.source, { signal: io.interrupted, env: prepared.env });
  if (asked.type === 'failed') {
    throw new CliError({
      code: 'CLI_REFUSED',
      message: `${asked.message}; nothing was written`,
      hint: asked.isRefusal
        ? 'Publish it signed by that key; or install all the same with --offline.'
        : 'Install without asking it with --offline.',
    });
  }
  const { revision, verifiedBy = '' } = asked.status;
  print(io.stdout, `source    ${prepared.source.name}${revision === undefined ? '' : `: revision ${revision}`}, signed by ${verifiedBy}\n`);
  return prepared;
};

const report = (io: CliIo, results: readonly StepResult[]): void => {
  for (const { path, outcome } of results) print(io.stdout, `${outcome.padEnd(9)} ${path}\n`);
};

const requireRoot = (root: string): void => {
  if (root === '/' && process.getuid?.() !== 0)
    throw new CliError({
      code: 'CLI_HOST_UNSUITABLE',
      message: 'only root can install a system service',
      hint: 'sudo kubelet-cli install',
    });
};

export const install = async (input: CommandInput, io: CliIo): Promise<number> => {
  const root = textOption(input, 'root') ?? '/';
  requireRoot(root);
  await requireOwnPrograms(io);
  const source = await sourceFor(input, io, root);
  const runtimeEndpoint = await endpointFor(io);
  const answer = root === '/' ? await askRuntime(runtimeEndpoint, { signal: io.interrupted }) : undefined;
  const kubeApi = await kubeApiFor(input, io, root);
  const options = await optionsFor(io, root, { kubeApi, cgroupDriver: answer?.type === 'answered' ? answer.cgroupDriver : undefined });
  const drive = textOption(input, 'bundle-drive');
  // Whatever can't be carried out is known before the first step.
  const steps = [...installPlan(options), ...(drive === undefined ? [] : bundleDrivePlan(drive, options))];
  const sourceResults = source === undefined ? [] : await writeSource(source);
  const results: readonly StepResult[] = [
    ...sourceResults,
    ...(await carryOut([
      { type: 'directory', path: root === '/' ? '/etc/systemd/system' : `${root}/etc/systemd/system`, mode: 0o755 },
      ...steps,
    ])),
  ];
  report(io, results);
  if (answer === undefined) return EXIT.done;
  const serves = kubeApi !== 'off' && !(await isThere(JOIN_UNIT_PATH));
  if (serves) await keepKubeconfig(kubeApi);
  const { done, wrong } = describeAnswer(answer, runtimeEndpoint);
  tell(io, done, wrong);
  if (!(await hasSystemd())) {
    print(io.stderr, `${NO_SYSTEMD}\n`);
    return EXIT.done;
  }
  // Sources are read at the start of the kubelet.
  const changed = [...sourceResults, ...results.filter(({ path }) => path === UNIT_PATH)].some(({ outcome }) => outcome === 'made');
  const service = await startService(runSystemctl, { changed });
  tell(io, service.done, service.wrong);
  if (serves && !service.isDead) print(io.stdout, `kubectl --kubeconfig ${ADMIN_KUBECONFIG_PATH} get pods   # as root\n`);
  return service.isDead ? EXIT.failed : EXIT.done;
};

const NO_SYSTEMD = 'systemd does not run here (a container, or another init), so nothing was started; the files are in place.';

/** As sd_booted(3) finds out. */
const hasSystemd = (): Promise<boolean> => isThere('/run/systemd/system');

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const tell = (io: CliIo, done: readonly string[], wrong: readonly string[]): void => {
  for (const line of done) print(io.stdout, `${line}\n`);
  for (const line of wrong) print(io.stderr, `${line}\n`);
};

/** Root runs these programs from now on: warns of whoever else may change them, and refuses when that is everybody. */
const requireOwnPrograms = async (io: CliIo): Promise<void> => {
  const found = [...(await findOtherWriters(process.execPath)), ...(await findOtherWriters(io.programPath))];
  const writers = new Map(found.map((writer) => [writer.path, writer]));
  const open = [...writers.values()].find(({ who }) => who === 'everybody');
  if (open !== undefined) {
    throw new CliError({
      code: 'CLI_HOST_UNSUITABLE',
      message: `${describeWriter(open)}, and the service would run programs from there as root`,
      hint: `chmod o-w ${open.path}   # or install Solo Kubelet elsewhere, such as below /usr/local`,
    });
  }
  for (const line of describeWriters([...writers.values()])) {
    print(io.stderr, `Warning: ${line}, who can so become root: the service runs programs from there.\n`);
  }
};

export const uninstall = async (input: CommandInput, io: CliIo): Promise<number> => {
  const root = textOption(input, 'root') ?? '/';
  requireRoot(root);
  const usesSystemd = root === '/' && (await hasSystemd());
  if (usesSystemd) await tellSystemctl(io, 'disable', '--now', 'solo-kubelet.service');
  const kubeApi = kubeApiOfUnit(await readFile(join(root, UNIT_PATH), 'utf8').catch(() => '')) ?? 'off';
  const options = await optionsFor(io, root, { kubeApi, cgroupDriver: await installedCgroupDriver(root) });
  report(io, await undo([...installPlan(options), ...bundleDrivePlan(ANY_LABEL, options)]));
  report(io, await removeSources(root));
  await removeKubeconfig(io, join(root, ADMIN_KUBECONFIG_PATH));
  await removeCodeCaches(io, join(root, ROOTS_PLACE));
  if (usesSystemd) await tellSystemctl(io, 'daemon-reload');
  print(io.stdout, `Pods that run go on running; ${join(root, UNIT_PATH)} is gone.\n`);
  return EXIT.done;
};

/** Its rule goes whatever drive it is for. */
const ANY_LABEL = 'any';

/** It leads nowhere now. The CA stays with the other data, for kubeconfigs of others and an installation to come. */
const removeKubeconfig = async (io: CliIo, path: string): Promise<void> => {
  const removed = await unlink(path).then(
    () => true,
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    },
  );
  if (removed) report(io, [{ path, outcome: 'removed' }]);
};

const removeCodeCaches = async (io: CliIo, path: string): Promise<void> => {
  if (!(await isThere(path))) return;
  await rm(path, { recursive: true, force: true });
  report(io, [{ path, outcome: 'removed' }]);
};

/** A unit that is not there, or not loaded, is no reason to leave the files. */
const tellSystemctl = async (io: CliIo, ...args: readonly string[]): Promise<void> => {
  const { status, output } = await runSystemctl(...args);
  if (status === 0) print(io.stdout, `done      systemctl ${args.join(' ')}\n`);
  else print(io.stderr, `systemctl ${args.join(' ')} failed: ${output}\n`);
};

/** The driver that `install` wrote, so that its configuration is known for ours. */
const installedCgroupDriver = async (root: string): Promise<InstallOptions['cgroupDriver']> => {
  const text = await readFile(join(root, CONFIG_PATH), 'utf8').catch(() => '');
  return /^cgroupDriver: (systemd|cgroupfs)$/m.exec(text)?.[1] as InstallOptions['cgroupDriver'];
};
