import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { decodeConfiguration, encodeConfiguration, unknownPaths } from './decode-configuration.js';
import { DEFAULT_EVICTION_HARD } from './fields.js';
import { loadConfiguration } from './load-configuration.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'config-'));
});
afterEach(() => rm(directory, { recursive: true }));

const header = { apiVersion: 'kubelet.config.k8s.io/v1beta1', kind: 'KubeletConfiguration' };
const standalone = { authentication: { webhook: { enabled: false } }, authorization: { mode: 'AlwaysAllow' } };

const write = async (name: string, fields: object | string): Promise<string> => {
  const path = join(directory, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, typeof fields === 'string' ? fields : stringify({ ...header, ...fields }));
  return path;
};
const loadFile = async (fields: object, ...flags: string[]) =>
  loadConfiguration(['--config', await write('kubelet.yaml', { ...standalone, ...fields }), ...flags]);

describe('loadConfiguration', () => {
  it('uses the insecure legacy defaults without a file, as the kubelet does', async () => {
    const { config, flags } = await loadConfiguration([]);
    expect(config).toMatchObject({
      'authentication.anonymous.enabled': true,
      'authentication.webhook.enabled': false,
      'authorization.mode': 'AlwaysAllow',
      readOnlyPort: 10_255,
      evictionHard: {},
    });
    expect(flags.rootDirectory).toBe('/var/lib/kubelet');
    expect(flags.certDirectory).toBe('/var/lib/kubelet/pki');
  });

  it('uses the secure defaults with a file, which then must turn off what needs an API server', async () => {
    const path = await write('kubelet.yaml', {});
    await expect(loadConfiguration(['--config', path])).rejects.toMatchObject({
      code: 'KUBELET_CONFIG_INVALID',
      message: 'no client provided, cannot use webhook authentication\nno client provided, cannot use webhook authorization',
    });
    const { config } = await loadFile({});
    expect(config).toMatchObject({ readOnlyPort: 0, 'authentication.anonymous.enabled': false, evictionHard: DEFAULT_EVICTION_HARD });
  });

  it('refuses a file that nests too deep, whether as it is written or by its aliases, and says where', async () => {
    const load = async (text: string) => loadConfiguration(['--config', await write('deep.yaml', text)]);
    await expect(load(`kind: KubeletConfiguration\nevictionHard: ${'{a: '.repeat(100)}`)).rejects.toThrow(
      'deep.yaml:2:411: it nests deeper than 100 levels',
    );
    const chain = Array.from({ length: 80 }, (_, at) => `a${at}: &a${at} [[[${at === 0 ? '' : `*a${at - 1}`}]]]\n`).join('');
    await expect(load(chain)).rejects.toMatchObject({
      code: 'KUBELET_CONFIG_INVALID',
      cause: { message: 'it nests deeper than 200 levels' },
    });
  });

  it('replaces all hard eviction thresholds by those of the file, unless they are to be merged', async () => {
    const evictionHard = { 'memory.available': '1Gi' };
    expect((await loadFile({ evictionHard })).config.evictionHard).toEqual(evictionHard);
    expect((await loadFile({ evictionHard: null })).config.evictionHard).toEqual(DEFAULT_EVICTION_HARD);
    expect((await loadFile({ evictionHard, mergeDefaultEvictionSettings: true })).config.evictionHard).toEqual({
      ...DEFAULT_EVICTION_HARD,
      ...evictionHard,
    });
    expect((await loadFile({}, '--eviction-hard=pid.available<10%')).config.evictionHard).toEqual({ 'pid.available': '10%' });
  });

  it('takes thresholds of the defaults for implied ones, those of file and flag for stated ones', async () => {
    const implied = async (json: object, ...flags: readonly string[]) => [...(await loadFile(json, ...flags)).impliedEvictionSignals];
    expect(await implied({})).toEqual(Object.keys(DEFAULT_EVICTION_HARD));
    expect(await implied({ evictionHard: { 'nodefs.available': '10%' } })).toEqual([]);
    expect(await implied({}, '--eviction-hard=nodefs.available<10%')).toEqual([]);
    const others = Object.keys(DEFAULT_EVICTION_HARD).filter((signal) => signal !== 'nodefs.available');
    expect(await implied({ evictionHard: { 'nodefs.available': '10%' }, mergeDefaultEvictionSettings: true })).toEqual(others);
  });

  it('refuses eviction thresholds that mean nothing', async () => {
    await expect(loadFile({ evictionHard: { 'cpu.available': '1' }, evictionSoft: { 'memory.available': '1Gi' } })).rejects.toMatchObject({
      code: 'KUBELET_CONFIG_INVALID',
      message:
        'invalid configuration: unsupported eviction signal cpu.available\ninvalid configuration: grace period must be specified for the soft eviction threshold memory.available',
    });
  });

  it('lets drop-ins merge over the file in lexical order and flags win over both', async () => {
    await write('conf.d/10-first.conf', { maxPods: 20, syncFrequency: '30s', systemReserved: { cpu: '1' }, clusterDNS: ['10.0.0.2'] });
    await write('conf.d/20/second.conf', { maxPods: 30, systemReserved: { memory: '1Gi' }, fileCheckFrequency: null });
    await write('conf.d/readme.txt', 'not read: :');
    const { config } = await loadFile(
      { maxPods: 10, clusterDNS: ['10.0.0.1'], fileCheckFrequency: '5s', systemReserved: { pid: '10' } },
      `--config-dir=${join(directory, 'conf.d')}`,
      '--sync-frequency=15s',
    );
    expect(config).toMatchObject({
      maxPods: 30,
      syncFrequency: 15_000,
      clusterDNS: ['10.0.0.2'],
      systemReserved: { cpu: '1', memory: '1Gi', pid: '10' },
      fileCheckFrequency: 20_000,
    });
  });

  it('merges feature gates key by key, flags winning', async () => {
    const { config } = await loadFile({ featureGates: { A: true, B: true } }, '--feature-gates=B=false,C=true');
    expect(config.featureGates).toEqual({ A: true, B: false, C: true });
  });

  it('resolves relative paths of the main file against its directory and leaves those of flags alone', async () => {
    const { config } = await loadFile({ staticPodPath: 'manifests', tlsCertFile: 'tls/a.crt' }, '--client-ca-file=ca.crt');
    expect(config).toMatchObject({
      staticPodPath: join(directory, 'manifests'),
      tlsCertFile: join(directory, 'tls/a.crt'),
      'authentication.x509.clientCAFile': 'ca.crt',
    });
  });

  it('ignores a field that nobody knows, with a warning', async () => {
    const { warnings } = await loadFile({ maxPodz: 3, authentication: { ...standalone.authentication, token: 'x' } });
    expect(warnings).toEqual([
      expect.stringContaining('unknown field "authentication.token"'),
      expect.stringContaining('unknown field "maxPodz"'),
    ]);
  });

  it.each([
    ['', 'is empty'],
    ['a: [', 'is neither YAML nor JSON'],
    ['- 1', 'must hold a KubeletConfiguration'],
    ['kind: KubeletConfiguration\napiVersion: v1\n', 'must say apiVersion: kubelet.config.k8s.io/v1beta1'],
    [
      stringify({ ...header, maxPods: 2_147_483_648 }),
      'maxPods: json: cannot unmarshal number 2147483648 into Go struct field KubeletConfiguration.maxPods of type int32',
    ],
    [stringify({ ...header, maxPods: 'many' }), 'maxPods: expected a whole number, got "many"'],
    [stringify({ ...header, syncFrequency: '1 minute' }), 'syncFrequency: expected a duration such as 1m30s'],
  ])('refuses the file %j', async (text, message) => {
    await expect(loadConfiguration(['--config', await write('bad.yaml', text)])).rejects.toMatchObject({
      code: 'KUBELET_CONFIG_INVALID',
      message: expect.stringContaining(message),
    });
  });

  it.each([
    [{ maxPods: -1 }, 'invalid configuration: maxPods (--max-pods) -1 must not be a negative number'],
    [{ port: 70_000 }, 'invalid configuration: port (--port) 70000 must be between 1 and 65535, inclusive'],
    [
      { runtimeRequestTimeout: '-1ns' },
      'invalid configuration: runtimeRequestTimeout (--runtime-request-timeout) -1ns must be greater than zero',
    ],
    [{ runOnce: true }, 'invalid configuration: runOnce (--runOnce) true, Runonce mode has been deprecated and should not be set'],
    [
      { hairpinMode: 'x' },
      'invalid configuration: option "x" specified for hairpinMode (--hairpin-mode). Valid options are "none", "hairpin-veth" or "promiscuous-bridge"',
    ],
    [{ containerLogMaxFiles: 1 }, 'invalid configuration: containerLogMaxFiles must be greater than 1'],
    [{ podLogsDir: 'logs' }, 'invalid configuration: pod logs path "logs" must be absolute path'],
    [{ podLogsDir: '/var//log' }, 'invalid configuration: pod logs path "/var//log" must be normalized'],
    [
      { cpuCFSQuotaPeriod: '10ms' },
      'invalid configuration: cpuCFSQuotaPeriod (--cpu-cfs-quota-period) {10ms} requires feature gate CustomCPUCFSQuotaPeriod',
    ],
    [
      { crashLoopBackOff: { maxContainerRestartPeriod: '10m' } },
      'invalid configuration: CrashLoopBackOff.MaxContainerRestartPeriod (got: 600 seconds) must be set between 1s and 300s',
    ],
    [
      { enforceNodeAllocatable: ['pods', 'none'] },
      'invalid configuration: enforceNodeAllocatable (--enforce-node-allocatable) may not contain additional enforcements when "none" is specified',
    ],
    [
      { maxParallelImagePulls: 3, serializeImagePulls: true },
      'invalid configuration: maxParallelImagePulls cannot be larger than 1 unless SerializeImagePulls (--serialize-image-pulls) is set to false',
    ],
    [{ memoryManagerPolicy: 'Static' }, 'memoryManagerPolicy: "Static" is not supported'],
    [
      { featureGates: { GracefulNodeShutdown: false }, shutdownGracePeriod: '30s' },
      'invalid configuration: specifying shutdownGracePeriod or shutdownGracePeriodCriticalPods requires feature gate GracefulNodeShutdown',
    ],
    [{ featureGates: { NodeSwap: false } }, 'cannot set feature gate NodeSwap to false, feature is locked to true'],
    [{ tlsCipherSuites: ['TLS_ROT13'] }, "Cipher suite TLS_ROT13 not supported or doesn't exist"],
    [{ authorization: { mode: 'RBAC' } }, 'unknown authorization mode RBAC'],
  ])('refuses the value %j', async (fields, message) => {
    await expect(loadFile(fields)).rejects.toMatchObject({ code: 'KUBELET_CONFIG_INVALID', message });
  });

  it.each([
    [{ nonsense: '1' }, 'unknown CPU Manager Policy option: "nonsense"'],
    [{ 'full-pcpus-only': 'tRUE' }, 'bad value for option "full-pcpus-only": strconv.ParseBool: parsing "tRUE": invalid syntax'],
    [{ 'align-by-socket': 'true' }, 'CPU Manager Policy Alpha-level Options not enabled, but option "align-by-socket" provided'],
    [
      { 'distribute-cpus-across-cores': 'false' },
      'CPU Manager Policy Alpha-level Options not enabled, but option "distribute-cpus-across-cores" provided',
    ],
    [
      { 'distribute-cpus-across-numa': 'true' },
      'CPU Manager Policy Beta-level Options not enabled, but option "distribute-cpus-across-numa" provided',
    ],
  ])('refuses the CPU options %j', async (cpuManagerPolicyOptions, message) => {
    const featureGates = { CPUManagerPolicyBetaOptions: false };
    await expect(
      loadFile({ cpuManagerPolicy: 'static', reservedSystemCPUs: '0', cpuManagerPolicyOptions, featureGates }),
    ).rejects.toMatchObject({
      message: `invalid configuration: cpuManagerPolicyOptions (--cpu-manager-policy-options): ${message}`,
    });
  });

  it.each([
    [{ nonsense: '1' }, 'unknown Topology Manager Policy option: "nonsense"'],
    [
      { 'prefer-closest-numa-nodes': 'maybe' },
      'bad value for option "prefer-closest-numa-nodes": strconv.ParseBool: parsing "maybe": invalid syntax',
    ],
    [
      { 'max-allowable-numa-nodes': 'many' },
      'unable to convert policy option to integer "max-allowable-numa-nodes": strconv.Atoi: parsing "many": invalid syntax',
    ],
    [{ 'max-allowable-numa-nodes': '7' }, 'the minimum value of "max-allowable-numa-nodes" should not be less than 8'],
  ])('refuses the topology options %j', async (topologyManagerPolicyOptions, message) => {
    await expect(loadFile({ topologyManagerPolicy: 'restricted', topologyManagerPolicyOptions })).rejects.toMatchObject({
      message: `invalid configuration: topologyManagerPolicyOptions (--topology-manager-policy-options): ${message}`,
    });
  });

  it('takes CPU options whose level is on, and reads no topology options under the policy none', async () => {
    const { warnings } = await loadFile({
      cpuManagerPolicy: 'static',
      reservedSystemCPUs: '0',
      cpuManagerPolicyOptions: { 'align-by-socket': 'true' },
      featureGates: { CPUManagerPolicyAlphaOptions: true },
      topologyManagerPolicyOptions: { 'max-allowable-numa-nodes': '2' },
    });
    expect(warnings).toEqual([]);
  });

  it('pulls in parallel once more than one parallel pull is allowed', async () => {
    expect((await loadFile({ maxParallelImagePulls: 3 })).config.serializeImagePulls).toBe(false);
  });

  it('names fields that have nothing to act on, and values that mean less here', async () => {
    const { withoutEffect, warnings } = await loadFile({
      kubeAPIQPS: 7,
      tracing: { endpoint: 'localhost:4317' },
      memorySwap: { swapBehavior: 'NoSwap' },
    });
    expect(withoutEffect).toEqual(['kubeAPIQPS']);
    expect(warnings).toEqual(['tracing.endpoint: "localhost:4317" is not supported: no traces are sent']);
  });

  it('knows that fields about an API server act on one with --kubeconfig, and reads the taints of a new node', async () => {
    const { withoutEffect, flags } = await loadFile(
      { kubeAPIQPS: 7 },
      '--kubeconfig=k',
      '--register-with-taints=a=b:NoSchedule,c:NoExecute',
    );
    expect(withoutEffect).toEqual([]);
    expect(flags.kubeconfig).toBe(join(process.cwd(), 'k'));
    expect(flags.registerWithTaints).toEqual([
      { key: 'a', value: 'b', effect: 'NoSchedule' },
      { key: 'c', effect: 'NoExecute' },
    ]);
    await expect(loadFile({}, '--register-with-taints=a=b')).rejects.toThrow('"a=b" is not KEY[=VALUE]:EFFECT');
    await expect(loadFile({}, '--register-with-taints=a b:NoSchedule')).rejects.toThrow('invalid taint key');
    await expect(loadFile({ registerWithTaints: [{ key: 'a', effect: 'Never' }] })).rejects.toThrow(
      /invalid taint: \{a {2}Never <nil>\} \(registerWithTaints\[0\]\): invalid taint effect: Never, unsupported taint effect/,
    );
  });

  it('starts with the command line of the deck', async () => {
    const { config, flags, warnings } = await loadConfiguration(
      [
        '--logtostderr=true --v=0 --address=127.0.0.1 --hostname-override=127.0.0.1 --allow-privileged=true --cgroup-driver=systemd --fail-swap-on=false',
        '--pod-manifest-path=/etc/kubernetes/manifests --container-runtime=remote --container-runtime-endpoint=unix:///run/c.sock --runtime-request-timeout=10m',
      ]
        .join(' ')
        .split(' '),
    );
    expect(config).toMatchObject({
      address: '127.0.0.1',
      cgroupDriver: 'systemd',
      failSwapOn: false,
      staticPodPath: '/etc/kubernetes/manifests',
      runtimeRequestTimeout: 600_000,
    });
    expect(flags.hostnameOverride).toBe('127.0.0.1');
    expect(warnings).toHaveLength(3);
  });
});

describe('the field table', () => {
  it('reads back the configuration it writes, every default written out', () => {
    const { config } = decodeConfiguration({});
    const written = JSON.parse(JSON.stringify(encodeConfiguration(config)));
    expect(unknownPaths(written)).toEqual([]);
    expect(decodeConfiguration(written)).toEqual({ config, errors: [] });
  });

  it('is refused for nothing but webhook modes when every default is written out', async () => {
    const everything = encodeConfiguration(decodeConfiguration({}).config);
    const { warnings } = await loadFile({ ...everything, ...standalone });
    expect(warnings).toEqual([]);
  });
});
