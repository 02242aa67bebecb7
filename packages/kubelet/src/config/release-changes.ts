/** What a release of Kubernetes changed about configuration and flags, against the one before it. */
export interface ReleaseChanges {
  /** Gates that are gone: a kubelet of that release does not start with them. */
  readonly goneGates: readonly string[];
  /** Gates that can only be set to what they are locked to. */
  readonly lockedGates: Readonly<Record<string, boolean>>;
  /** Gates that have another default than before. */
  readonly defaults: Readonly<Record<string, boolean>>;
  /** Flags that end a kubelet of that release. */
  readonly goneFlags: readonly string[];
  /** Fields whose default is another one, and what that means. */
  readonly fieldDefaults: Readonly<Record<string, string>>;
}

/** cAdvisor's flags, all but --housekeeping-interval (kubernetes/kubernetes 139870). */
const CADVISOR_FLAGS = [
  'application-metrics-count-limit',
  'boot-id-file',
  'container-hints',
  'containerd',
  'containerd-namespace',
  'enable-load-reader',
  'event-storage-age-limit',
  'event-storage-event-limit',
  'global-housekeeping-interval',
  'log-cadvisor-usage',
  'machine-id-file',
  'storage-driver-buffer-duration',
  'storage-driver-db',
  'storage-driver-host',
  'storage-driver-password',
  'storage-driver-secure',
  'storage-driver-table',
  'storage-driver-user',
] as const;

/** By release; this kubelet is one of 1.36 and knows of what came after it. */
export const releaseChanges: Readonly<Record<string, ReleaseChanges>> = {
  '1.37': {
    goneGates: [
      'AnyVolumeDataSource',
      'JobBackoffLimitPerIndex',
      'JobPodReplacementPolicy',
      'JobSuccessPolicy',
      'LogarithmicScaleDown',
      'PodLifecycleSleepAction',
      'PodLifecycleSleepActionAllowZero',
      'PreventStaticPodAPIReferences',
      'RelaxedDNSSearchValidation',
      'SidecarContainers',
    ],
    lockedGates: {
      DisableCPUQuotaWithExclusiveCPUs: true,
      HostnameOverride: true,
      InPlacePodVerticalScalingInitContainers: true,
      NodeDeclaredFeatures: true,
      PLEGOnDemandRelist: true,
      PodReadyToStartContainersCondition: true,
      RelaxedServiceNameValidation: true,
    },
    defaults: {
      ClusterTrustBundle: true,
      ClusterTrustBundleProjection: true,
      HugepageAwareEviction: true,
      KubeletInUserNamespace: true,
      PodCertificateRequest: true,
      PodLevelResourceManagers: false,
      SELinuxMount: true,
    },
    goneFlags: CADVISOR_FLAGS,
    fieldDefaults: {
      memoryThrottlingFactor:
        'was 0.9, and is nothing now: with MemoryQoS no container is slowed down before its limit unless the factor is given',
    },
  },
};

export interface GivenSettings {
  readonly featureGates: Readonly<Record<string, boolean>>;
  /** Names of the flags on the command line. */
  readonly flags: readonly string[];
}

/** What the kubelet of a release does not start with, one line each; empty for a release that is not known. */
export const refusedByRelease = (release: string, { featureGates, flags }: GivenSettings): readonly string[] => {
  const changes = Object.hasOwn(releaseChanges, release) ? releaseChanges[release] : undefined;
  if (changes === undefined) return [];
  const refuses = `the kubelet of Kubernetes ${release} does not start with it`;
  const gates = Object.entries(featureGates).flatMap(([name, value]) => {
    if (changes.goneGates.includes(name)) return [`featureGates: ${name} is gone in Kubernetes ${release}: ${refuses}`];
    const locked = Object.hasOwn(changes.lockedGates, name) ? changes.lockedGates[name] : undefined;
    return locked === undefined || locked === value
      ? []
      : [`featureGates: ${name}=${value}: locked to ${locked} in Kubernetes ${release}: ${refuses}`];
  });
  const gone = flags
    .filter((name) => changes.goneFlags.includes(name))
    .map((name) => `--${name} is gone in Kubernetes ${release}: ${refuses}`);
  return [...gates, ...gone];
};
