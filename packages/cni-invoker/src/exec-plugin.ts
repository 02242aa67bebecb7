import type { Attachment } from './attachment.js';
import { formatCniArgs } from './cni-args.js';
import { CniError, pluginError } from './cni-error.js';
import { findPlugin } from './find-plugin.js';
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from './json.js';
import { type PluginExit, type RunOptions, runPlugin } from './run-plugin.js';

export type CniCommand = 'ADD' | 'DEL' | 'CHECK' | 'GC' | 'STATUS' | 'VERSION';

/** Where plugins are and what they inherit. */
export interface PluginHost {
  /** `CNI_PATH`, searched in order. */
  readonly pluginDirs: readonly string[];
  /** Environment of the plugins below the `CNI_*` variables. Default: a `PATH` of the system's directories alone. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Plugins call iptables, sysctl and the like by name. */
export const DEFAULT_ENV = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };

export interface PluginCall {
  readonly command: CniCommand;
  readonly type: string;
  readonly request: JsonObject;
  readonly attachment?: Pick<Attachment, 'containerId' | 'netns' | 'ifName' | 'args'>;
  /** Network, for messages. */
  readonly network?: string;
}

/** Runs one plugin with one command (spec section 2). Resolves to what it printed; undefined when it printed nothing. */
export const execPlugin = async (host: PluginHost, call: PluginCall, options: RunOptions = {}): Promise<JsonValue | undefined> => {
  const path = await findPlugin(call.type, host.pluginDirs);
  const exit = await runPlugin({ path, env: pluginEnvironment(host, call), stdin: JSON.stringify(call.request) }, options);
  return readReply(call, exit);
};

/** The environment a plugin sees. Every `CNI_*` variable of the protocol is set, empty where the command has no use for it. */
export const pluginEnvironment = (
  { pluginDirs, env = DEFAULT_ENV }: PluginHost,
  { command, attachment }: PluginCall,
): Record<string, string> => {
  const inherited = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    ...Object.fromEntries(inherited),
    CNI_COMMAND: command,
    CNI_CONTAINERID: attachment?.containerId ?? '',
    CNI_NETNS: attachment?.netns ?? '',
    CNI_IFNAME: attachment?.ifName ?? '',
    CNI_ARGS: formatCniArgs(attachment?.args ?? []),
    CNI_PATH: pluginDirs.join(':'),
  };
};

/** Tells a plugin's reply from its failure. */
const readReply = ({ command, type, network }: PluginCall, { stdout, stderr, exitCode, exitSignal }: PluginExit): JsonValue | undefined => {
  const where = `CNI plugin ${type} (${command}${network === undefined ? '' : ` on network ${network}`})`;
  const log = stderr === '' ? '' : `: ${tail(stderr)}`;
  if (exitSignal !== undefined) throw new CniError({ code: 'CNI_PLUGIN_DIED', message: `${where} was ended by ${exitSignal}${log}` });
  const text = stdout.trim();
  const parsed = text === '' ? undefined : parseJson(text);
  const reply = parsed?.ok ? parsed.value : undefined;
  if (exitCode !== 0 && isErrorObject(reply))
    throw pluginError(where, { code: reply.code, msg: str(reply['msg']), details: str(reply['details']) });
  if (exitCode !== 0 && text === '') {
    throw new CniError({ code: 'CNI_PLUGIN_DIED', message: `${where} ended with code ${exitCode}${log || ' and said nothing'}` });
  }
  if (exitCode !== 0 || (parsed && !parsed.ok)) {
    throw new CniError({
      code: 'CNI_BAD_REPLY',
      message: `${where} ended with code ${exitCode} and printed what is no CNI reply: ${JSON.stringify(tail(text))}${log}`,
    });
  }
  return reply;
};

const isErrorObject = (reply: JsonValue | undefined): reply is JsonObject & { readonly code: number } =>
  isJsonObject(reply) && typeof reply['code'] === 'number';

/** What a message may hold of a plugin's own words; it becomes an event. */
const MAX_WORDS = 1_000;
const str = (value: JsonValue | undefined): string =>
  typeof value !== 'string' ? '' : value.length > MAX_WORDS ? `${value.slice(0, MAX_WORDS)}…` : value;

/** The end of a text that may be very long. */
const tail = (text: string): string => (text.length > 500 ? `…${text.slice(-500)}` : text);
