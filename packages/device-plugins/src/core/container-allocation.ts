/** What a plugin says a container needs to use its devices. */
export interface DeviceResponse {
  readonly envs: Readonly<Record<string, string>>;
  readonly mounts: readonly { readonly containerPath: string; readonly hostPath: string; readonly readOnly: boolean }[];
  readonly devices: readonly { readonly containerPath: string; readonly hostPath: string; readonly permissions: string }[];
  readonly annotations: Readonly<Record<string, string>>;
  readonly cdiDevices: readonly { readonly name: string }[];
}

/** The same for all the devices of a container; the form that @solo-kubelet/pod-environment takes. */
export interface ContainerDevices {
  readonly envs: Readonly<Record<string, string>>;
  readonly mounts: DeviceResponse['mounts'];
  readonly devices: DeviceResponse['devices'];
  readonly annotations: Readonly<Record<string, string>>;
  /** Fully qualified names, each once. */
  readonly cdiDevices: readonly string[];
}

/** Several responses as one: of two that set the same variable, annotation or path, the first counts (deviceRunContainerOptions in pod_devices.go). */
export const mergeResponses = (responses: readonly DeviceResponse[]): ContainerDevices => ({
  envs: firstOfEach(responses.map(({ envs }) => envs)),
  mounts: firstAtEachPath(responses.flatMap(({ mounts }) => mounts)),
  devices: firstAtEachPath(responses.flatMap(({ devices }) => devices)),
  annotations: firstOfEach(responses.map(({ annotations }) => annotations)),
  cdiDevices: [...new Set(responses.flatMap(({ cdiDevices }) => cdiDevices.map(({ name }) => name)))],
});

const firstOfEach = (maps: readonly Readonly<Record<string, string>>[]): Readonly<Record<string, string>> =>
  Object.assign({}, ...[...maps].reverse());

/** A plugin may give as many as a message holds, so none is compared with each other. */
const firstAtEachPath = <T extends { readonly containerPath: string }>(items: readonly T[]): readonly T[] => {
  const first = new Map<string, T>();
  for (const item of items) if (!first.has(item.containerPath)) first.set(item.containerPath, item);
  return [...first.values()];
};
