/** On every sandbox and container that this kubelet makes; what lacks it, or bears another value, belongs to somebody else (docs/decisions/060). */
export const OWNER_LABEL = 'solo-kubelet.dev/owner';
export const POD_UID_LABEL = 'io.kubernetes.pod.uid';
export const POD_NAME_LABEL = 'io.kubernetes.pod.name';
export const POD_NAMESPACE_LABEL = 'io.kubernetes.pod.namespace';
export const CONTAINER_NAME_LABEL = 'io.kubernetes.container.name';
/** On sandboxes: the pod's host ports as JSON, in the form of a container's `ports`; absent when it has none. */
export const HOST_PORTS_ANNOTATION = 'solo-kubelet.dev/host-ports';
