// Longer than a file should be: it is one table.

import type { FieldPath } from './fields.js';
import { releaseChanges } from './release-changes.js';

/** How a flag's text becomes a JSON value. */
export type FlagKind =
  | 'text'
  | 'truth'
  | 'whole'
  | 'decimal'
  | 'duration'
  /** Comma-separated, repeatable. */
  | 'texts'
  /** `name=value,…`, repeatable. */
  | 'map'
  /** `name=true,…`, repeatable. */
  | 'gates'
  /** `signal<value,…`. */
  | 'thresholds'
  /** `Name:value,…`, repeatable. */
  | 'headers';

export type FlagSpec = { readonly kind: FlagKind; readonly shorthand?: string } & (
  | { readonly type: 'field'; readonly field: FieldPath }
  /** Not in the configuration file; read by name. */
  | { readonly type: 'own'; readonly usage: string }
  /** Meant something once, or means something only beside an API server: accepted with one warning. */
  | { readonly type: 'dead'; readonly why: string; readonly refuse?: (value: string) => string | undefined }
);

const field = (path: FieldPath, kind: FlagKind = 'text'): FlagSpec => ({ type: 'field', field: path, kind });
const own = (kind: FlagKind, usage: string, shorthand?: string): FlagSpec => ({
  type: 'own',
  kind,
  usage,
  ...(shorthand ? { shorthand } : {}),
});
const dead = (why: string, kind: FlagKind = 'text'): FlagSpec => ({ type: 'dead', kind, why });

const CADVISOR = 'it is of cAdvisor, which is not part of this kubelet';
/** Those that are no text. */
const cadvisorKinds: Readonly<Record<string, FlagKind>> = {
  'application-metrics-count-limit': 'whole',
  'enable-load-reader': 'truth',
  'global-housekeeping-interval': 'duration',
  'log-cadvisor-usage': 'truth',
  'storage-driver-buffer-duration': 'duration',
  'storage-driver-secure': 'truth',
};
const GONE = 'the flag was removed from the kubelet';
const NO_API = 'there is no API server';

/** Flags of the kubelet 1.36, and those that unit files of older ones still pass. */
export const flagTable: Readonly<Record<string, FlagSpec>> = {
  address: field('address'),
  'admission-policy-file': own('text', 'AdmissionPolicy that every Pod has to pass before it may come (docs/admission.md; default none)'),
  'age-identity': own('text', 'file of the age identities that encrypted manifests are decrypted by (default ROOT_DIR/age-identity.txt)'),
  'allowed-devices': own('texts', 'devices that Pods may ask for by annotation: paths such as /dev/ttyUSB*, or CDI names (default none)'),
  'allowed-unsafe-sysctls': field('allowedUnsafeSysctls', 'texts'),
  'anonymous-auth': field('authentication.anonymous.enabled', 'truth'),
  'api-socket': own('text', 'unix socket for the command line on this machine (default /run/solo-kubelet/kubelet.sock; empty: none)'),
  'api-socket-group': own('whole', 'number of the group that may use it besides root'),
  'authentication-token-webhook': field('authentication.webhook.enabled', 'truth'),
  'authentication-token-webhook-cache-ttl': field('authentication.webhook.cacheTTL', 'duration'),
  'authorization-mode': field('authorization.mode'),
  'authorization-webhook-cache-authorized-ttl': field('authorization.webhook.cacheAuthorizedTTL', 'duration'),
  'authorization-webhook-cache-unauthorized-ttl': field('authorization.webhook.cacheUnauthorizedTTL', 'duration'),
  'cert-dir': own('text', 'where the serving certificate is kept (default ROOT_DIR/pki)'),
  'cgroup-driver': field('cgroupDriver'),
  'cgroup-root': field('cgroupRoot'),
  'cgroups-per-qos': field('cgroupsPerQOS', 'truth'),
  'client-ca-file': field('authentication.x509.clientCAFile'),
  'cluster-dns': field('clusterDNS', 'texts'),
  'cluster-domain': field('clusterDomain'),
  'cni-plugin-dir': own(
    'text',
    'directories of the CNI plugins of further networks, separated by colons (default /opt/cni/bin:/usr/lib/cni)',
  ),
  config: own('text', 'KubeletConfiguration file'),
  'config-dir': own('text', 'directory of *.conf files merged over --config'),
  'container-log-max-files': field('containerLogMaxFiles', 'whole'),
  'container-log-max-size': field('containerLogMaxSize'),
  'container-runtime-endpoint': field('containerRuntimeEndpoint'),
  'contention-profiling': field('enableContentionProfiling', 'truth'),
  'cpu-cfs-quota': field('cpuCFSQuota', 'truth'),
  'cpu-cfs-quota-period': field('cpuCFSQuotaPeriod', 'duration'),
  'cpu-manager-policy': field('cpuManagerPolicy'),
  'cpu-manager-policy-options': field('cpuManagerPolicyOptions', 'map'),
  'cpu-manager-reconcile-period': field('cpuManagerReconcilePeriod', 'duration'),
  'device-plugin-dir': own('text', 'where device plugins register (default ROOT_DIR/device-plugins)'),
  'enable-controller-attach-detach': field('enableControllerAttachDetach', 'truth'),
  'enable-debugging-handlers': field('enableDebuggingHandlers', 'truth'),
  'enable-server': field('enableServer', 'truth'),
  'enforce-node-allocatable': field('enforceNodeAllocatable', 'texts'),
  'event-burst': field('eventBurst', 'whole'),
  'event-qps': field('eventRecordQPS', 'whole'),
  'eviction-hard': field('evictionHard', 'thresholds'),
  'eviction-max-pod-grace-period': field('evictionMaxPodGracePeriod', 'whole'),
  'eviction-minimum-reclaim': field('evictionMinimumReclaim', 'map'),
  'eviction-pressure-transition-period': field('evictionPressureTransitionPeriod', 'duration'),
  'eviction-soft': field('evictionSoft', 'thresholds'),
  'eviction-soft-grace-period': field('evictionSoftGracePeriod', 'map'),
  'event-sink': own(
    'texts',
    'URL that events go to as well: http, https (webhook), otlp+http, otlp+https, mqtt, mqtts, file, or journald:; repeatable (docs/event-sinks.md)',
  ),
  'exit-on-lock-contention': own('truth', 'end when another process waits for --lock-file'),
  'fail-cgroupv1': field('failCgroupV1', 'truth'),
  'fail-swap-on': field('failSwapOn', 'truth'),
  'feature-gates': field('featureGates', 'gates'),
  'file-check-frequency': field('fileCheckFrequency', 'duration'),
  'hairpin-mode': field('hairpinMode'),
  'healthz-bind-address': field('healthzBindAddress'),
  'healthz-port': field('healthzPort', 'whole'),
  'hostname-override': own('text', "the node's name (default: the machine's host name)"),
  'http-check-frequency': field('httpCheckFrequency', 'duration'),
  'image-credential-provider-bin-dir': own('text', 'directory of the image credential provider programs'),
  'image-credential-provider-config': own('text', 'CredentialProviderConfig file, or directory of such'),
  'image-gc-high-threshold': field('imageGCHighThresholdPercent', 'whole'),
  'image-gc-low-threshold': field('imageGCLowThresholdPercent', 'whole'),
  'image-service-endpoint': field('imageServiceEndpoint'),
  'ingress-acme-ca-file': own('text', 'certificates in PEM form that vouch for the ACME server (default those that Node.js knows)'),
  'ingress-acme-directory': own(
    'text',
    'URL of an ACME server that certificates of Ingresses and Gateways are got from by HTTP-01; to give it is to agree to its terms of service (default none)',
  ),
  'ingress-acme-email': own('text', 'address of mail for the account at the ACME server (default none)'),
  'ingress-acme-issuers': own(
    'texts',
    'names that mean this server in annotations cert-manager.io/cluster-issuer and cert-manager.io/issuer (default letsencrypt,letsencrypt-prod)',
  ),
  'ingress-addresses': own('texts', 'addresses at which Ingresses are served (default every address)'),
  'ingress-ports': own('text', 'ports of HTTP and HTTPS at which Ingresses are served (default 80,443)'),
  'ingress-proxy': own(
    'text',
    'what serves Ingresses: haproxy or nginx, as PATH has it, or its path; off: nothing, and Ingresses are refused (default haproxy where Services are on)',
  ),
  'iptables-drop-bit': field('iptablesDropBit', 'whole'),
  'iptables-masquerade-bit': field('iptablesMasqueradeBit', 'whole'),
  'kernel-memcg-notification': field('kernelMemcgNotification', 'truth'),
  'kube-api': own(
    'text',
    'address and port where the Kubernetes API of this node is served, such as 127.0.0.1:6443; off: nowhere (default off)',
  ),
  'kube-api-kubeconfig': own('text', "where the administrator's kubeconfig for it is kept (default ROOT_DIR/api/admin.kubeconfig)"),
  'kube-api-burst': field('kubeAPIBurst', 'whole'),
  'kube-api-content-type': field('contentType'),
  'kube-api-qps': field('kubeAPIQPS', 'whole'),
  'kube-reserved': field('kubeReserved', 'map'),
  'kube-reserved-cgroup': field('kubeReservedCgroup'),
  'kubelet-cgroups': field('kubeletCgroups'),
  'local-storage-capacity-isolation': field('localStorageCapacityIsolation', 'truth'),
  'lock-file': own('text', 'file to lock with flock(2) before anything else; the kubelet waits until it is free'),
  'log-flush-frequency': field('logging.flushFrequency', 'duration'),
  'log-json-info-buffer-size': field('logging.options.json.infoBufferSize'),
  'log-json-split-stream': field('logging.options.json.splitStream', 'truth'),
  'log-text-info-buffer-size': field('logging.options.text.infoBufferSize'),
  'log-text-split-stream': field('logging.options.text.splitStream', 'truth'),
  'logging-format': field('logging.format'),
  'make-iptables-util-chains': field('makeIPTablesUtilChains', 'truth'),
  'manifest-url': field('staticPodURL'),
  'manifest-url-header': field('staticPodURLHeader', 'headers'),
  'max-open-files': field('maxOpenFiles', 'whole'),
  'max-pods': field('maxPods', 'whole'),
  'memory-manager-policy': field('memoryManagerPolicy'),
  'minimum-image-ttl-duration': field('imageMinimumGCAge', 'duration'),
  'network-dir': own('text', "networks that pods may ask for besides the runtime's own (default /etc/solo-kubelet/networks)"),
  'network-policy-drop-log': own(
    'truth',
    "tell the kernel's log of packets that NetworkPolicies drop, ten a second at most (default false)",
  ),
  'node-ip': own('texts', 'address of the node, one of each family at most'),
  'node-labels': own('map', 'labels of the node'),
  'node-report': own(
    'texts',
    'URL that reports of the node go to: http, https, s3, file, mqtt or mqtts; repeatable (docs/fleet-rollouts.md)',
  ),
  'node-values-file': own(
    'text',
    'file of NodeValues: what $(node.NAME) stands for in verified sources (default /etc/kubernetes/node-values.yaml; docs/verified-sources.md)',
  ),
  'node-status-max-images': field('nodeStatusMaxImages', 'whole'),
  'node-status-update-frequency': field('nodeStatusUpdateFrequency', 'duration'),
  'oom-score-adj': field('oomScoreAdj', 'whole'),
  'pod-cidr': field('podCIDR'),
  'pod-manifest-path': field('staticPodPath'),
  'pod-max-pids': field('podPidsLimit', 'whole'),
  'pods-per-core': field('podsPerCore', 'whole'),
  port: field('port', 'whole'),
  'probe-plugin': own('texts', 'package (installed beside the kubelet) or module path of a further kind of probe; repeatable'),
  'protect-kernel-defaults': field('protectKernelDefaults', 'truth'),
  'provider-id': field('providerID'),
  'qos-reserved': field('qosReserved', 'map'),
  'read-only-port': field('readOnlyPort', 'whole'),
  'register-node': field('registerNode', 'truth'),
  'registry-burst': field('registryBurst', 'whole'),
  'registry-qps': field('registryPullQPS', 'whole'),
  'reserved-cpus': field('reservedSystemCPUs'),
  'resolv-conf': field('resolvConf'),
  'root-dir': own('text', 'where pods are kept (default /var/lib/kubelet)'),
  'rotate-certificates': field('rotateCertificates', 'truth'),
  'rotate-server-certificates': field('serverTLSBootstrap', 'truth'),
  'runtime-cgroups': own(
    'text',
    'cgroup of the container runtime, for its measurements (default: that of the process behind the endpoint)',
  ),
  'runtime-request-timeout': field('runtimeRequestTimeout', 'duration'),
  'seccomp-default': field('seccompDefault', 'truth'),
  'serialize-image-pulls': field('serializeImagePulls', 'truth'),
  'service-account-issuer': own('text', "issuer of ServiceAccount tokens, an https URL (default https:// and the node's name)"),
  'service-cluster-ip-range': own(
    'text',
    'addresses for Services, such as 10.96.0.0/16, or one range of each family with a comma; turns Services on (default none)',
  ),
  'service-dns-address': own(
    'text',
    'address of the DNS server for Services, which this kubelet gives to the machine; off: none (default 169.254.20.10 where Services are on and clusterDNS is empty)',
  ),
  'service-load-balancer-interface': own(
    'text',
    'network interface that has the addresses of the pool, and announces them (default: where the machine has a network that holds them)',
  ),
  'service-load-balancer-pool': own(
    'text',
    "addresses for Services of type LoadBalancer, such as 192.0.2.240-192.0.2.250 or 192.0.2.240/28, with commas several (default none: they have the node's)",
  ),
  'service-node-port-range': own('text', 'node ports that Services may have (default 30000-32767)'),
  'show-hidden-metrics-for-version': field('showHiddenMetricsForVersion'),
  'source-dir': own(
    'text',
    'directory of ManifestSource files: verified sources (default /etc/kubernetes/sources.d; docs/verified-sources.md)',
  ),
  'streaming-connection-idle-timeout': field('streamingConnectionIdleTimeout', 'duration'),
  'supply-pod-network': own(
    'truth',
    'where the container runtime has no Pod network, write one for it: a bridge with host ports (not with --kubeconfig)',
  ),
  'sync-frequency': field('syncFrequency', 'duration'),
  'system-cgroups': field('systemCgroups'),
  'system-reserved': field('systemReserved', 'map'),
  'system-reserved-cgroup': field('systemReservedCgroup'),
  'token-auth-file': own('text', 'file of bearer tokens with their roles'),
  'tls-cert-file': field('tlsCertFile'),
  'tls-cipher-suites': field('tlsCipherSuites', 'texts'),
  'tls-min-version': field('tlsMinVersion'),
  'tls-private-key-file': field('tlsPrivateKeyFile'),
  'topology-manager-policy': field('topologyManagerPolicy'),
  'topology-manager-policy-options': field('topologyManagerPolicyOptions', 'map'),
  'topology-manager-scope': field('topologyManagerScope'),
  v: { ...field('logging.verbosity', 'whole'), shorthand: 'v' },
  version: own('truth', 'print the version and end'),
  'bootstrap-kubeconfig': own('text', 'asks for the certificate of --kubeconfig by this one, when there is none'),
  kubeconfig: own('text', 'join the cluster of this kubeconfig as a node (default: none; docs/joining-a-cluster.md)'),
  'register-with-taints': own('texts', 'taints of a new node, KEY[=VALUE]:EFFECT,… (with --kubeconfig)'),
  help: own('truth', 'print the flags and end', 'h'),
  'volume-plugin-dir': field('volumePluginDir'),
  'volume-stats-agg-period': field('volumeStatsAggPeriod', 'duration'),

  ...Object.fromEntries(releaseChanges['1.37']!.goneFlags.map((name) => [name, dead(CADVISOR, cadvisorKinds[name])])),
  'housekeeping-interval': dead(CADVISOR, 'duration'),
  'cloud-config': dead(GONE),
  'cloud-provider': dead(NO_API),
  'maximum-dead-containers': dead('one dead container of each is kept', 'whole'),
  'maximum-dead-containers-per-container': dead('one dead container of each is kept', 'whole'),
  'minimum-container-ttl-duration': dead('one dead container of each is kept', 'duration'),
  'reserved-memory': dead('there is no memory manager'),
  vmodule: dead('records are not chosen by source file'),

  'allow-privileged': {
    type: 'dead',
    kind: 'truth',
    why: `${GONE}; privileged containers are allowed`,
    refuse: (value) => (value === 'false' ? 'privileged containers cannot be forbidden by --allow-privileged=false any more' : undefined),
  },
  alsologtostderr: dead(GONE, 'truth'),
  'api-servers': dead(GONE, 'texts'),
  'cadvisor-port': dead(GONE, 'whole'),
  'cni-bin-dir': dead(`${GONE}; the runtime's configuration decides`),
  'cni-cache-dir': dead(GONE),
  'cni-conf-dir': dead(`${GONE}; the runtime's configuration decides`),
  'container-runtime': {
    type: 'dead',
    kind: 'text',
    why: `${GONE}; the runtime is always remote`,
    refuse: (value) =>
      value === 'remote'
        ? undefined
        : `the container runtime ${JSON.stringify(value)} is not supported; only remote ones that speak CRI are`,
  },
  'docker-endpoint': dead(GONE),
  'experimental-allocatable-ignore-eviction': dead(GONE, 'truth'),
  'image-pull-progress-deadline': dead(GONE, 'duration'),
  'keep-terminated-pod-volumes': dead(GONE, 'truth'),
  'log-backtrace-at': dead(GONE),
  'log-dir': dead(`${GONE}; records go to standard error`),
  'log-file': dead(`${GONE}; records go to standard error`),
  'log-file-max-size': dead(GONE, 'whole'),
  logtostderr: dead(`${GONE}; records go to standard error`, 'truth'),
  'master-service-namespace': dead(GONE),
  'network-plugin': dead(`${GONE}; the runtime calls CNI`),
  'non-masquerade-cidr': dead(GONE),
  'one-output': dead(GONE, 'truth'),
  'pod-infra-container-image': dead("the runtime's configuration names the sandbox image"),
  'really-crash-for-testing': dead(GONE, 'truth'),
  'register-schedulable': dead(GONE, 'truth'),
  'require-kubeconfig': dead(GONE, 'truth'),
  runonce: field('runOnce', 'truth'),
  'seccomp-profile-root': dead(GONE),
  'skip-headers': dead(GONE, 'truth'),
  'skip-log-headers': dead(GONE, 'truth'),
  stderrthreshold: dead(GONE),
};
