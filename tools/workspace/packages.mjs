// The one table from which every published package.json is written (see sync-manifests.mjs).
// `subpaths`: extra entry points besides '.', each at src/<subpath>/index.ts unless a file is named.
const catalog = 'catalog:';
const ws = 'workspace:^';

export const packages = [
  {
    name: 'diagnostics',
    description: 'What a failure and a log record look like in Solo Kubelet.',
    dependencies: {},
  },
  {
    name: 'pod-spec',
    description: 'Turns Pod manifest text into a defaulted, validated Pod or a list of located issues, as Kubernetes 1.36 does.',
    dependencies: { '@solo-kubelet/diagnostics': ws },
    subpaths: { './explain': 'src/explain/index.ts' },
    files: ['schema'],
  },
  {
    name: 'manifest-source',
    description: 'Tells which Pods a directory or a URL asks for, as an RxJS stream of events.',
    dependencies: { '@solo-kubelet/diagnostics': ws, '@solo-kubelet/pod-spec': ws, undici: catalog },
    peerDependencies: { rxjs: catalog },
  },
  {
    name: 'cri-client',
    description:
      'CRI v1 (containerd, CRI-O) as typed promises, async iterables and one stream of changes; with a CRI server in memory for tests.',
    dependencies: { '@solo-kubelet/diagnostics': ws, '@grpc/grpc-js': catalog, '@bufbuild/protobuf': catalog },
    subpaths: { './testing': 'src/testing/index.ts' },
  },
  {
    name: 'cni-invoker',
    description: 'Runs CNI plugins by the CNI 1.1 protocol.',
    dependencies: { '@solo-kubelet/diagnostics': ws },
    subpaths: { './extra-networks': 'src/extra-networks/index.ts' },
  },
  {
    name: 'probe-engine',
    description: 'Turns probe targets into verdicts with Kubernetes timing; handlers are plugins.',
    dependencies: {
      '@solo-kubelet/diagnostics': ws,
      '@solo-kubelet/pod-spec': ws,
      '@grpc/grpc-js': catalog,
      '@bufbuild/protobuf': catalog,
    },
    peerDependencies: { rxjs: catalog },
    subpaths: {
      './grpc': 'src/grpc/index.ts',
      './http': 'src/http/index.ts',
      './plugin': 'src/plugin/index.ts',
      './testing': 'src/testing/index.ts',
    },
  },
  {
    name: 'probe-mqtt',
    description: 'An MQTT probe for Solo Kubelet: CONNECT, and optionally wait for a retained topic.',
    dependencies: { '@solo-kubelet/probe-engine': ws, 'mqtt-packet': catalog },
    devDependencies: { esbuild: catalog },
  },
  {
    name: 'pod-environment',
    description: 'Works out what a container sees and may do as CRI configs, and prepares it on disk and in cgroups.',
    dependencies: { '@solo-kubelet/diagnostics': ws, '@solo-kubelet/pod-spec': ws, '@solo-kubelet/cri-client': ws },
    subpaths: { './testing': 'src/testing/index.ts' },
  },
  {
    name: 'device-plugins',
    description: "The kubelet's side of device plugins: registration, health, allocation, checkpoint, and the PodResources API.",
    dependencies: {
      '@solo-kubelet/diagnostics': ws,
      '@solo-kubelet/pod-spec': ws,
      '@grpc/grpc-js': catalog,
      '@bufbuild/protobuf': catalog,
    },
    subpaths: { './pod-resources': 'src/pod-resources/index.ts', './testing': 'src/testing/index.ts' },
  },
  {
    name: 'reconciler',
    description: 'Decides and carries out what makes the container runtime match the Pods, and derives their status.',
    dependencies: {
      '@solo-kubelet/diagnostics': ws,
      '@solo-kubelet/pod-spec': ws,
      '@solo-kubelet/manifest-source': ws,
      '@solo-kubelet/probe-engine': ws,
      '@solo-kubelet/cri-client': ws,
      '@solo-kubelet/pod-environment': ws,
    },
    peerDependencies: { rxjs: catalog },
    subpaths: { './cri': 'src/cri/index.ts', './testing': 'src/testing/index.ts' },
  },
  {
    name: 'resource-managers',
    description: 'Gives containers CPUs of their own, aligned with their devices: CPU and topology manager of the kubelet.',
    dependencies: {
      '@solo-kubelet/diagnostics': ws,
      '@solo-kubelet/pod-spec': ws,
      '@solo-kubelet/pod-environment': ws,
    },
  },
  {
    name: 'node-api',
    description: "Serves the kubelet's HTTP API: pods, logs, exec, attach, port-forward, stats, metrics, health.",
    dependencies: {
      '@solo-kubelet/diagnostics': ws,
      '@solo-kubelet/pod-spec': ws,
      '@solo-kubelet/cri-client': ws,
      '@peculiar/x509': catalog,
      'prom-client': catalog,
      'reflect-metadata': catalog,
    },
    subpaths: { './logs': 'src/logs/index.ts' },
  },
  {
    name: 'kubelet-cli',
    description: 'Solo Kubelet: run Kubernetes Pod manifests on one machine, without a control plane.',
    dependencies: {
      '@solo-kubelet/diagnostics': ws,
      '@solo-kubelet/pod-spec': ws,
      '@solo-kubelet/manifest-source': ws,
      '@solo-kubelet/cri-client': ws,
      '@solo-kubelet/cni-invoker': ws,
      '@solo-kubelet/device-plugins': ws,
      '@solo-kubelet/probe-engine': ws,
      '@solo-kubelet/pod-environment': ws,
      '@solo-kubelet/reconciler': ws,
      '@solo-kubelet/resource-managers': ws,
      '@solo-kubelet/node-api': ws,
      pino: catalog,
      picocolors: catalog,
      rxjs: catalog,
      'get-east-asian-width': catalog,
      'tar-stream': catalog,
      yaml: catalog,
    },
    devDependencies: { '@types/tar-stream': catalog },
    subpaths: { './containerd': 'src/containerd/index.ts', './images': 'src/images/index.ts' },
    bin: { 'kubelet-cli': './dist/bin.js' },
  },
];
