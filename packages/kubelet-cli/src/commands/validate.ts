import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { silentLogger } from '@solo-kubelet/diagnostics';
import { escapeDocument, withoutControls } from '@solo-kubelet/diagnostics/text';
import type { NodeValues, ObjectResult } from '@solo-kubelet/object-spec';
import {
  type FeatureGates,
  fieldGates,
  githubAnnotations,
  type ParseResult,
  type Pod,
  type PodSpecIssue,
  renderIssues,
  sarifLog,
  validateBatchLine,
} from '@solo-kubelet/pod-spec';
import type { PluginHost } from '@solo-kubelet/probe-engine/plugin';
import { manifestPaths, readGiven, readManifest } from '../changes/manifest-files.js';
import { CliError } from '../cli-error.js';
import { type CliIo, usesColor, write, writeRaw } from '../cli-io.js';
import { namedProbePlugins } from '../client/named-probe-plugins.js';
import { PLUGINS_FROM } from '../client/plugins-from.js';
import { type CommandInput, flagOption, textOption } from '../command.js';
import { EXIT } from '../exit-status.js';
import type { LoadedPolicy } from './validate-policy.js';

/** Tells what the kubelet would say to these manifests. */
export const validate = async (input: CommandInput, io: CliIo): Promise<number> => {
  const nodeName = textOption(input, 'node-name') ?? 'node1';
  if (flagOption(input, 'batch') && input.operands.length > 0) throw usage('--batch reads standard input, not files');
  if (flagOption(input, 'batch')) return validateBatch(io, await judgeOf(flagOption(input, 'objects'), nodeName));
  if (flagOption(input, 'objects')) throw usage('--objects goes with --batch');
  if (input.operands.length === 0) throw usage('validate which files?');
  const strict = flagOption(input, 'strict');
  const featureGates = await gatesOf(textOption(input, 'feature-gates'), io);
  const nodeLabels = await labelsOf(textOption(input, 'node-labels'), nodeName);
  const format = textOption(input, 'output') ?? 'text';
  const policyFile = textOption(input, 'policy');
  if (format === 'yaml' && policyFile === undefined) throw usage('-o yaml goes with --policy: it prints what comes out of it');
  const nodeValues = await valuesOf(textOption(input, 'node-values'), nodeName);
  await using plugins = await loadPlugins(input);
  await using policy =
    policyFile === undefined ? undefined : await (await import('./validate-policy.js')).loadPolicy(policyFile, { nodeName, featureGates });
  const checked = await Promise.all(
    (await manifestPaths(input.operands)).map((path) =>
      check(io, path, { nodeName, strict, featureGates, nodeLabels, ...(nodeValues && { nodeValues }) }, { plugins, policy }),
    ),
  );
  await writeRaw(io.stdout, format === 'yaml' ? await outcomesOf(io, checked) : report(io, checked, format));
  return checked.every(({ ok }) => ok) ? EXIT.done : EXIT.manifestRejected;
};

/** As the kubelet takes them, and refused as it refuses them. A gate that no field stands behind is told of: it may be misspelt. */
const gatesOf = async (text: string | undefined, io: CliIo): Promise<FeatureGates> => {
  if (text === undefined) return {};
  const { loadConfiguration } = await import('@solo-kubelet/kubelet/config');
  const { featureGates } = (await loadConfiguration(['--feature-gates', text])).config;
  const without = Object.keys(featureGates).filter((gate) => !Object.hasOwn(fieldGates, gate));
  for (const gate of without) {
    const known = Object.keys(fieldGates).join(', ');
    await write(io.stderr, withoutControls(`no field of a manifest stands behind the feature gate ${gate}; those that do: ${known}\n`));
  }
  return featureGates;
};

/** As a kubelet of these `--node-labels` has them, and refused as it refuses them; what machine it runs on is not known. Undefined: nobody asks. */
const labelsOf = async (text: string | undefined, nodeName: string): Promise<Readonly<Record<string, string>> | undefined> => {
  if (text === undefined) return undefined;
  const { loadConfiguration } = await import('@solo-kubelet/kubelet/config');
  const { nodeLabels } = (await loadConfiguration(['--node-labels', text])).flags;
  return { 'kubernetes.io/hostname': nodeName, 'kubernetes.io/os': 'linux', ...nodeLabels };
};

/** As the kubelet reads its `--node-values-file`. Undefined: nobody asks. @throws CliError CLI_USAGE for a file that can't be used */
const valuesOf = async (path: string | undefined, nodeName: string): Promise<NodeValues | undefined> => {
  if (path === undefined) return undefined;
  const { parseNodeValues } = await import('@solo-kubelet/object-spec');
  const text = await readFile(path).catch((cause: unknown) => Promise.reject(unreadable(path, cause)));
  const values = parseNodeValues(text, { path, nodeName });
  if (values.problem !== undefined) throw usage(`--node-values: ${values.problem}`);
  return values;
};

/** What answers one record: as a kubelet, or as an API server. */
const judgeOf = async (objects: boolean, nodeName: string): Promise<(line: string) => string> => {
  if (!objects) return (line) => validateBatchLine(line, { nodeName });
  return (await import('@solo-kubelet/object-spec')).validateObjectBatchLine;
};

const validateBatch = async (io: CliIo, judge: (line: string) => string): Promise<number> => {
  for await (const line of createInterface({ input: io.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() !== '') await write(io.stdout, `${judge(line)}\n`);
  }
  return EXIT.done;
};

interface Checked {
  readonly path: string;
  readonly text: Uint8Array;
  readonly ok: boolean;
  readonly results: readonly (ParseResult | ObjectResult)[];
  readonly issues: readonly PodSpecIssue[];
  /** What is admitted by the policy, as it comes out of it. */
  readonly outcomes: readonly object[];
  /** Why a document is refused where no single place is at fault. */
  readonly messages: readonly string[];
}

/** The probe plugins that judge annotations; undefined when none is named. @throws CliError CLI_NOT_FOUND for one that cannot be loaded */
const loadPlugins = async (input: CommandInput): Promise<PluginHost | undefined> => {
  const packages = namedProbePlugins(input);
  if (packages.length === 0) return undefined;
  const { probePlugins } = await import('@solo-kubelet/kubelet/probes');
  const host = await probePlugins(packages, { logger: silentLogger, resolveFrom: PLUGINS_FROM });
  const [failure] = host.failures;
  if (failure === undefined) return host;
  await host[Symbol.asyncDispose]();
  throw new CliError({ code: 'CLI_NOT_FOUND', message: `--probe-plugin ${failure.package}: ${failure.message}` });
};

const check = async (
  io: CliIo,
  path: string,
  options: {
    readonly nodeName: string;
    readonly strict: boolean;
    readonly featureGates: FeatureGates;
    readonly nodeLabels: Readonly<Record<string, string>> | undefined;
    readonly nodeValues?: NodeValues;
  },
  { plugins, policy }: { readonly plugins: PluginHost | undefined; readonly policy: LoadedPolicy | undefined },
): Promise<Checked> => {
  const given = path === '-' ? await readGiven(io.stdin) : await readManifest(path);
  const { readRevision } = await import('@solo-kubelet/verified-source');
  const revision = readRevision(given);
  // Of a verified source alone: elsewhere it is a kind that nobody knows, and told as such there.
  if (!revision.ok) return refusedFile(path, given, `line ${revision.line}: ${revision.message}`);
  const text = revision.body;
  const { parseMixedManifest } = await import('@solo-kubelet/object-spec');
  const { documents, elsewhere } = parseMixedManifest(text, { path, source: 'file', ...options });
  for (const { line, name, selector } of elsewhere)
    await write(io.stderr, withoutControls(`${path}:${line}: ${name} is for other nodes (${selector})\n`));
  const results = documents.map(({ result }) => result);
  const isEmpty = results.length + elsewhere.length === 0;
  const outcomes = policy === undefined ? [] : await Promise.all(results.map((result) => (result.ok ? policy.judge(result) : [])));
  const judged = outcomes.flat();
  return {
    path,
    text,
    ok: !isEmpty && results.every(({ ok }) => ok) && judged.every(({ type }) => type === 'admitted'),
    outcomes: judged.flatMap((outcome) => (outcome.type === 'admitted' ? [outcome.object] : [])),
    results,
    issues: results.flatMap((result) => (result.ok ? result.warnings : result.issues)),
    messages: [
      ...results.flatMap((result) => (!result.ok && result.issues.length === 0 ? [result.message] : [])),
      ...(await Promise.all(results.map((result) => (result.ok && 'pod' in result ? probeIssues(result.pod, plugins) : [])))).flat(),
      ...(isEmpty ? ['there is no Pod in it'] : []),
      ...judged.flatMap((outcome) => (outcome.type === 'rejected' ? [outcome.message] : [])),
    ],
  };
};

const refusedFile = (path: string, text: Uint8Array, message: string): Checked => ({
  path,
  text,
  ok: false,
  outcomes: [],
  results: [],
  issues: [],
  messages: [message],
});

/** Annotations for probe plugins that the kubelet would pass over, and those that the plugins do not take. */
const probeIssues = async (pod: Pod, plugins: PluginHost | undefined): Promise<readonly string[]> => {
  if (!Object.keys(pod.metadata.annotations ?? {}).some((key) => key.startsWith('probes.solo-kubelet.dev/'))) return [];
  const { CUSTOM_PROBE_PREFIX, customProbes } = await import('@solo-kubelet/probe-engine');
  const { probes, issues } = customProbes(pod);
  const served = plugins?.handlers.map(({ field }) => field);
  const unserved = probes.filter(({ custom }) => served?.includes(custom.field) === false);
  return [
    ...issues.map(({ annotation, message }) => `annotation ${annotation} is not used: ${message}`),
    ...unserved.map(
      ({ containerName, kind, custom }) =>
        `annotation ${CUSTOM_PROBE_PREFIX}${containerName}.${kind} is not used: no plugin serves probes of kind ${custom.field}`,
    ),
    ...((await plugins?.refusedProbes(pod)) ?? []).map(
      ({ annotation, message }) => `annotation ${annotation} is refused by its plugin: ${message}`,
    ),
  ];
};

/** What was admitted, on the way to other programs; what was not is told beside it. */
const outcomesOf = async (io: CliIo, checked: readonly Checked[]): Promise<string> => {
  for (const each of checked) if (!each.ok) await writeRaw(io.stderr, textReport(each, usesColor(io.stderr, io.env)));
  const { yamlOf } = await import('./validate-policy.js');
  return escapeDocument(await yamlOf(checked.flatMap(({ outcomes }) => outcomes)));
};

const report = (io: CliIo, checked: readonly Checked[], format: string): string => {
  const issues = checked.flatMap((each) => each.issues);
  switch (format) {
    case 'text':
      return checked.map((each) => textReport(each, usesColor(io.stdout, io.env))).join('');
    case 'json':
      return escapeDocument(
        `${JSON.stringify(
          checked.map(({ path, ok, issues: own, messages }) => ({ path, ok, issues: own, messages })),
          printable,
          2,
        )}\n`,
      );
    case 'github':
      return withoutControls(lines([githubAnnotations(issues)]));
    case 'sarif':
      return escapeDocument(`${JSON.stringify(sarifLog(issues), printable, 2)}\n`);
    default:
      throw usage(`-o takes text, json, yaml, github or sarif, not ${JSON.stringify(format)}`);
  }
};

const textReport = ({ path, text, ok, results, issues, messages }: Checked, color: boolean): string =>
  lines([
    ...(issues.length === 0 ? [] : [renderIssues(issues, text, { color })]),
    ...messages.map((message) => withoutControls(`${path}: ${message}`)),
    ...(ok ? [withoutControls(`${path}: ${verdictOf(results)}`)] : []),
  ]);

const lines = (texts: readonly string[]): string => texts.map((text) => (text === '' || text.endsWith('\n') ? text : `${text}\n`)).join('');

const verdictOf = (results: Checked['results']): string => {
  if (results.length === 0) return 'nothing of it is for this node';
  const pods = results.filter((result) => 'pod' in result).length;
  const others = results.length - pods;
  if (others === 0) return pods === 1 ? 'can run' : `${pods} Pods can run`;
  const valid = others === 1 ? '1 object is valid' : `${others} objects are valid`;
  return pods === 0 ? valid : `${pods === 1 ? '1 Pod' : `${pods} Pods`} can run, ${valid}`;
};

/** Numbers beyond what JSON can hold exactly are written as texts. */
const printable = (_name: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);

const unreadable = (path: string, cause: unknown): Error => new CliError({ code: 'CLI_NOT_FOUND', message: `cannot read ${path}`, cause });
const usage = (message: string): Error => new CliError({ code: 'CLI_USAGE', message, hint: 'kubelet-cli validate --help' });
