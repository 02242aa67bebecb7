import type {
  IDMapping,
  Int64Value,
  LinuxContainerSecurityContext,
  LinuxSandboxSecurityContext,
  NamespaceOption,
  SELinuxOption,
} from '@solo-kubelet/cri-types';
import type { Container, Int64, Pod, SELinuxOptions } from '@solo-kubelet/pod-spec';
import type { ImageFacts } from '../pod-environment.js';
import { namespaceMode, supplementalGroupsPolicy } from './cri-enums.js';
import type { UserNamespaceRecord } from './id-ranges.js';
import { allContainers } from './pod-volumes.js';
import { procPaths } from './proc-paths.js';
import { effectiveRunAsUser, verifyRunAsNonRoot } from './run-as-non-root.js';
import { containerAppArmor, containerSeccomp, criAppArmor, runtimeDefaultProfile, type SeccompSettings } from './security-profiles.js';

export interface ContainerSecurityInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly image: ImageFacts;
  readonly seccomp: SeccompSettings;
  readonly thermalThrottlePaths: readonly string[];
  readonly userNamespace?: UserNamespaceRecord | undefined;
  readonly targetContainerId?: string;
}

/** What a container may do. Container fields win over pod fields. Upstream: pkg/securitycontext/util.go, kuberuntime/security_context.go. */
export const containerSecurityContext = (input: ContainerSecurityInput): LinuxContainerSecurityContext => {
  const { pod, container, image } = input;
  verifyRunAsNonRoot(pod, container, image);
  const own = container.securityContext;
  const runAsUser = effectiveRunAsUser(pod, container);
  return {
    capabilities: {
      addCapabilities: [...(own?.capabilities?.add ?? [])],
      dropCapabilities: [...(own?.capabilities?.drop ?? [])],
      addAmbientCapabilities: [],
    },
    privileged: own?.privileged ?? false,
    namespaceOptions: withTarget(namespaceOptions(pod, input.userNamespace), input.targetContainerId),
    selinuxOptions: selinux(own?.seLinuxOptions ?? pod.spec.securityContext?.seLinuxOptions),
    ...imageUser(runAsUser, image),
    runAsGroup: int64(own?.runAsGroup ?? pod.spec.securityContext?.runAsGroup),
    readonlyRootfs: own?.readOnlyRootFilesystem ?? false,
    noNewPrivs: own?.allowPrivilegeEscalation === false,
    ...supplementalGroups(pod),
    ...procPaths(container, input.thermalThrottlePaths),
    seccomp: containerSeccomp(pod, container, input.seccomp),
    seccompProfilePath: '',
    ...criAppArmor(containerAppArmor(pod, container)),
  };
};

/** What the sandbox may do: pod-level fields, and privileged as soon as one container is. */
export const sandboxSecurityContext = (pod: Pod, userNamespace?: UserNamespaceRecord): LinuxSandboxSecurityContext => {
  const context = pod.spec.securityContext;
  return {
    namespaceOptions: namespaceOptions(pod, userNamespace),
    selinuxOptions: selinux(context?.seLinuxOptions),
    runAsUser: int64(context?.runAsUser),
    runAsGroup: int64(context?.runAsGroup),
    readonlyRootfs: false,
    ...supplementalGroups(pod),
    privileged: allContainers(pod).some(({ securityContext }) => securityContext?.privileged),
    seccomp: runtimeDefaultProfile,
    seccompProfilePath: '',
  };
};

/** Whether the pod has a user namespace of its own. */
export const hasUserNamespace = (pod: Pod): boolean => pod.spec.hostUsers === false;

const namespaceOptions = (pod: Pod, userNamespace: UserNamespaceRecord | undefined): NamespaceOption => ({
  network: pod.spec.hostNetwork ? namespaceMode.node : namespaceMode.pod,
  ipc: pod.spec.hostIPC ? namespaceMode.node : namespaceMode.pod,
  pid: pod.spec.hostPID ? namespaceMode.node : pod.spec.shareProcessNamespace ? namespaceMode.pod : namespaceMode.container,
  targetId: '',
  usernsOptions: userNamespace
    ? { mode: namespaceMode.pod, uids: copied(userNamespace.uidMappings), gids: copied(userNamespace.gidMappings) }
    : { mode: namespaceMode.node, uids: [], gids: [] },
});

/** Where each container has processes of its own, an ephemeral one may see those of another. */
const withTarget = (options: NamespaceOption, targetId: string | undefined): NamespaceOption =>
  targetId === undefined || options.pid !== namespaceMode.container ? options : { ...options, pid: namespaceMode.target, targetId };

/** An image without any user runs as 0, said outright. */
const imageUser = (
  runAsUser: Int64 | undefined,
  { uid, username }: ImageFacts,
): { readonly runAsUser?: Int64Value | undefined; readonly runAsUsername: string } => {
  if (runAsUser !== undefined) return { runAsUser: int64(runAsUser), runAsUsername: '' };
  if (uid === undefined && username) return { runAsUsername: username };
  return { runAsUser: int64(uid ?? 0), runAsUsername: '' };
};

/** fsGroup first, then supplementalGroups. */
const supplementalGroups = (pod: Pod): Pick<LinuxSandboxSecurityContext, 'supplementalGroups' | 'supplementalGroupsPolicy'> => {
  const context = pod.spec.securityContext;
  const groups = [...(context?.fsGroup === undefined ? [] : [context.fsGroup]), ...(context?.supplementalGroups ?? [])];
  return {
    supplementalGroups: groups.map(BigInt),
    supplementalGroupsPolicy: supplementalGroupsPolicy[context?.supplementalGroupsPolicy ?? 'Merge'],
  };
};

const selinux = (options: SELinuxOptions | undefined): SELinuxOption | undefined =>
  options && { user: options.user ?? '', role: options.role ?? '', type: options.type ?? '', level: options.level ?? '' };

const int64 = (value: Int64 | undefined): Int64Value | undefined => (value === undefined ? undefined : { value: BigInt(value) });

const copied = (mappings: readonly IDMapping[]): IDMapping[] => mappings.map((mapping) => ({ ...mapping }));
