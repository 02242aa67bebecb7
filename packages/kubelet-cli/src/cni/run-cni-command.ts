import { access } from 'node:fs/promises';
import { type Attachment, CniError, formatResult } from '@solo-kubelet/cni-invoker';
import { assertNever, describeError, isAbort } from '@solo-kubelet/diagnostics';
import { escapeDocument } from '@solo-kubelet/diagnostics/text';
import { findNetwork, knownNetworks, notReadyMessage } from '@solo-kubelet/kubelet/networks';
import { CliError } from '../cli-error.js';
import { print } from '../cli-io.js';
import { formatTable } from '../output/table.js';
import { CNI_USAGE, type CniIo, type CniSettings, containerIdOf, parseCniArgv } from './cni-settings.js';
import { execInNetwork } from './exec-in-network.js';

/** What a command found out: data for `-o json`, text for people, and whether all is well. */
interface Answer {
  readonly data: unknown;
  readonly text: string;
  readonly exitCode?: number;
}

/**
 * `kubelet-cli cni …`, for people who debug networks. Resolves to the exit code: 0 done, 1 failed, 2 wrong arguments, 130 interrupted;
 * for `exec` the program's own.
 */
export const runCniCommand = async (argv: readonly string[], io: CniIo): Promise<number> => {
  const own = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
  if (own.includes('--help') || own.includes('-h')) {
    print(io.stdout, CNI_USAGE);
    return 0;
  }
  try {
    const settings = parseCniArgv(argv, io);
    if (settings.command === 'exec') return await execInNetwork(settings, await networkOf(settings), io);
    const { data, text, exitCode = 0 } = await answer(settings, io);
    print(io.stdout, settings.json ? escapeDocument(`${JSON.stringify(data, undefined, 2)}\n`) : text);
    return exitCode;
  } catch (error) {
    if (isAbort(error)) return 130;
    const hint = (CniError.is(error) || CliError.is(error)) && error.hint !== undefined ? `${error.hint}\n` : '';
    print(io.stderr, `${describeError(error)}\n${hint}`);
    return CliError.is(error) && error.code === 'CLI_USAGE' ? 2 : 1;
  }
};

const answer = (settings: CniSettings, io: CniIo): Promise<Answer> => {
  switch (settings.command) {
    case 'list':
      return list(settings);
    case 'status':
      return status(settings, io);
    case 'check':
      return check(settings, io);
    case 'add':
      return add(settings, io);
    case 'del':
      return del(settings, io);
    case 'gc':
      return collect(settings, io);
    case 'exec':
      throw new Error('exec prints by itself');
    default:
      return assertNever(settings.command);
  }
};

const list = async ({ cni, kubelet, ...settings }: CniSettings): Promise<Answer> => {
  const networks = await knownNetworks({ cni, ...settings });
  const attachments = (await Promise.all([cni.attachments(), kubelet.attachments()])).flat();
  const networkRows = networks.map(({ name, path = '', list: own, error }) => [
    name,
    own?.cniVersion ?? '-',
    own?.plugins.map(({ type }) => type).join(',') ?? `invalid: ${error?.message}`,
    path,
  ]);
  const attachmentRows = attachments.map(({ network, containerId, ifName, netns, result }) => [
    network,
    containerId,
    ifName,
    addressesOf(result),
    netns,
  ]);
  return {
    data: {
      networks: networks.map(({ name, path, list: own, error }) => ({
        name,
        path,
        cniVersion: own?.cniVersion,
        plugins: own?.plugins,
        error: error?.message,
      })),
      attachments: attachments.map(({ network, containerId, ifName, netns, result }) => ({ network, containerId, ifName, netns, result })),
    },
    text:
      formatTable(['NETWORK', 'VERSION', 'PLUGINS', 'FILE'], networkRows) +
      (attachmentRows.length === 0 ? '' : `\n${formatTable(['NETWORK', 'CONTAINER', 'INTERFACE', 'ADDRESSES', 'NETNS'], attachmentRows)}`),
  };
};

const addressesOf = ({ ips }: { readonly ips?: unknown }): string =>
  (Array.isArray(ips) ? (ips as readonly { readonly address?: string }[]) : []).map(({ address }) => address ?? '').join(',') || '-';

const status = async ({ cni, network, ...settings }: CniSettings, { signal, runtimeNetwork }: CniIo): Promise<Answer> => {
  const all = await knownNetworks({ cni, ...settings });
  const wanted = network === undefined ? all : all.filter(({ name }) => name === network);
  if (network !== undefined && wanted.length === 0) await findNetwork({ cni, ...settings }, network);
  const states: { name: string; path?: string; ready: boolean; message: string; hint?: string }[] = [];
  for (const { name, path, list: own, error } of wanted) {
    try {
      if (own === undefined) throw error;
      const negotiated = await cni.negotiate(own, { signal });
      await cni.status(negotiated, { signal });
      states.push({ name, path, ready: true, message: `CNI ${negotiated.cniVersion}` });
    } catch (fault) {
      if (!CniError.is(fault)) throw fault;
      states.push({ name, path, ready: false, message: fault.message, hint: fault.hint });
    }
  }
  // The plugins may be well while the runtime has not taken the network up.
  const runtime = network === undefined ? await runtimeNetwork?.() : undefined;
  if (runtime?.ready === false && settings.confDirs.includes(runtime.confDir)) {
    const message = notReadyMessage(runtime, []);
    states.push({
      name: '(container runtime)',
      path: runtime.confDir,
      ready: false,
      message,
      hint: 'kubelet-cli doctor   # looks for the cause',
    });
  }
  if (states.length === 0) return { data: states, text: `no networks in ${settings.confDirs.join(', ')}\n`, exitCode: 1 };
  return {
    data: states,
    text: formatTable(
      ['NETWORK', 'READY', 'MESSAGE'],
      states.map(({ name, ready, message }) => [name, ready ? 'yes' : 'no', message]),
    ),
    exitCode: states.every(({ ready }) => ready) ? 0 : 1,
  };
};

const networkOf = async (settings: CniSettings) => settings.cni.negotiate(await findNetwork(settings, settings.network ?? ''));

const attachmentOf = ({ attachment, netns = '' }: CniSettings): Attachment => ({
  ...attachment,
  netns,
  containerId: attachment.containerId ?? containerIdOf(netns),
});

const add = async (settings: CniSettings, { signal }: CniIo): Promise<Answer> => {
  const network = await networkOf(settings);
  const result = await settings.cni.add(network, attachmentOf(settings), { signal, undoOnFailure: true });
  const data = formatResult(result, network.cniVersion);
  return { data, text: `${JSON.stringify(data, undefined, 2)}\n` };
};

const check = async (settings: CniSettings, { signal }: CniIo): Promise<Answer> => {
  const attachment = attachmentOf(settings);
  await settings.cni.check(await networkOf(settings), attachment, { signal });
  return { data: { ok: true }, text: `${attachment.ifName} of ${attachment.containerId} is as it was added\n` };
};

const del = async (settings: CniSettings, { signal }: CniIo): Promise<Answer> => {
  const attachment = attachmentOf(settings);
  const netnsThere = await isThere(attachment.netns);
  await settings.cni.del(await networkOf(settings), { ...attachment, netns: netnsThere ? attachment.netns : '' }, { signal });
  return { data: { ok: true }, text: `${attachment.ifName} of ${attachment.containerId} is detached\n` };
};

/** Keeps what still has its network namespace, what was asked to be kept, and all that is the kubelet's: it collects by itself. */
const collect = async (settings: CniSettings, { signal }: CniIo): Promise<Answer> => {
  const { cni, keep, kubelet } = settings;
  const names =
    settings.network === undefined
      ? (await knownNetworks(settings)).flatMap(({ name, list: own }) => (own ? [name] : []))
      : [settings.network];
  const detached: { network: string; containerId: string; ifName: string }[] = [];
  for (const name of names) {
    const network = await cni.negotiate(await findNetwork(settings, name));
    const attachments = await cni.attachments({ network: network.name });
    const alive = await Promise.all(
      attachments.map(async ({ containerId, netns }) => keep.includes(containerId) || (await isThere(netns))),
    );
    const report = await cni.gc(
      network,
      [...attachments.filter((_, index) => alive[index]), ...(await kubelet.attachments({ network: network.name }))],
      { signal },
    );
    detached.push(...report.detached.map((key) => ({ network: name, ...key })));
  }
  return {
    data: { detached },
    text:
      detached.length === 0
        ? 'nothing to release\n'
        : detached.map(({ network, containerId, ifName }) => `released ${ifName} of ${containerId} on ${network}\n`).join(''),
  };
};

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
