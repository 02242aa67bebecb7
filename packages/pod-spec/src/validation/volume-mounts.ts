import type { Container, VolumeDevice, VolumeMount, VolumeSource } from '../gen/pod-types.js';
import { hasBackstep, validateDescendingPath } from './local-path.js';
import type { Report } from './report.js';

/** The volumes of the Pod that are sound, by name. */
export type KnownVolumes = ReadonlyMap<string, VolumeSource>;

/** The errors of the last four fields of a mount carry no index, as upstream's. */
export const validateVolumeMounts = (container: Container, volumes: KnownVolumes, field: string, report: Report): void => {
  const devices = container.volumeDevices ?? [];
  const mountPaths = new Set<string>();
  for (const [i, mount] of (container.volumeMounts ?? []).entries()) {
    const { name = '', mountPath = '' } = mount;
    if (name === '') report.required(`${field}[${i}].name`);
    if (!volumes.has(name)) report.notFound(`${field}[${i}].name`, name);
    if (mountPath === '') report.required(`${field}[${i}].mountPath`);
    if (mountPaths.has(mountPath)) report.invalid(`${field}[${i}].mountPath`, mountPath, 'must be unique');
    mountPaths.add(mountPath);
    if (devices.some((device) => (device.name ?? '') === name)) {
      report.invalid(`${field}[${i}].name`, name, 'must not already exist in volumeDevices');
    }
    if (lastPaths(devices, (device) => device.devicePath).has(mountPath)) {
      report.invalid(`${field}[${i}].mountPath`, mountPath, 'must not already exist as a path in volumeDevices');
    }
    validateSubPaths(mount, { field, entry: `${field}[${i}]` }, report);
    validatePropagation(mount, container, `${field}.mountPropagation`, report);
    validateRecursiveReadOnly(mount, `${field}.recursiveReadOnly`, report);
    validateBindMountOptions(mount, volumes.get(name), `${field}[${i}].bindMountOptions`, report);
  }
};

/** The paths in use by volume; of two uses of one volume only the last counts. */
const lastPaths = <Use extends { readonly name: string }>(uses: readonly Use[], path: (use: Use) => string | undefined): Set<string> =>
  new Set(new Map(uses.map((use) => [use.name ?? '', path(use) ?? ''])).values());

const validateSubPaths = (
  { subPath = '', subPathExpr = '' }: VolumeMount,
  { field, entry }: { readonly field: string; readonly entry: string },
  report: Report,
): void => {
  if (subPath !== '') validateDescendingPath(subPath, `${field}.subPath`, report);
  if (subPathExpr === '') return;
  if (subPath !== '') report.invalid(`${entry}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive');
  validateDescendingPath(subPathExpr, `${field}.subPathExpr`, report);
};

const BIND_MOUNT_OPTIONS = ['nodev', 'noexec', 'nosuid'];

const validateBindMountOptions = (
  { bindMountOptions = [] }: VolumeMount,
  volume: VolumeSource | undefined,
  field: string,
  report: Report,
): void => {
  if (bindMountOptions.length > 0 && volume?.image !== undefined) report.forbidden(field, 'may not be set for image volumes');
  const seen = new Set<string>();
  for (const [i, option] of bindMountOptions.entries()) {
    if (!BIND_MOUNT_OPTIONS.includes(option)) report.notSupported(`${field}[${i}]`, option, BIND_MOUNT_OPTIONS);
    if (seen.has(option)) report.duplicate(`${field}[${i}]`, option);
    seen.add(option);
  }
};

const PROPAGATIONS = ['Bidirectional', 'HostToContainer', 'None'];

const validatePropagation = ({ mountPropagation }: VolumeMount, container: Container, field: string, report: Report): void => {
  if (mountPropagation === undefined) return;
  if (!PROPAGATIONS.includes(mountPropagation)) report.notSupported(field, mountPropagation, PROPAGATIONS);
  if (mountPropagation === 'Bidirectional' && container.securityContext?.privileged !== true) {
    report.forbidden(field, 'Bidirectional mount propagation is available only to privileged containers');
  }
};

const RECURSIVE_MODES = ['Disabled', 'Enabled', 'IfPossible'];

const validateRecursiveReadOnly = (mount: VolumeMount, field: string, report: Report): void => {
  const { recursiveReadOnly, readOnly, mountPropagation = 'None' } = mount;
  if (recursiveReadOnly === undefined || recursiveReadOnly === 'Disabled') return;
  if (!RECURSIVE_MODES.includes(recursiveReadOnly)) {
    report.notSupported(field, recursiveReadOnly, RECURSIVE_MODES);
    return;
  }
  if (readOnly !== true) report.forbidden(field, 'may only be specified when readOnly is true');
  if (mountPropagation !== 'None') report.forbidden(field, 'may only be specified when mountPropagation is None or not specified');
};

export const validateVolumeDevices = (container: Container, volumes: KnownVolumes, field: string, report: Report): void => {
  const mounts = container.volumeMounts ?? [];
  const names = new Set<string>();
  const paths = new Set<string>();
  for (const [i, device] of (container.volumeDevices ?? []).entries()) {
    validateDeviceName(device, { names, mounts, volume: volumes.get(device.name ?? '') }, `${field}[${i}].name`, report);
    validateDevicePath(device.devicePath ?? '', { paths, mounts }, `${field}[${i}].devicePath`, report);
  }
};

const validateDeviceName = (
  { name = '' }: VolumeDevice,
  {
    names,
    mounts,
    volume,
  }: { readonly names: Set<string>; readonly mounts: readonly VolumeMount[]; readonly volume: VolumeSource | undefined },
  field: string,
  report: Report,
): void => {
  if (name === '') report.required(field);
  if (names.has(name)) report.invalid(field, name, 'must be unique');
  if (volume === undefined) report.notFound(field, name);
  else if (!volume.persistentVolumeClaim && !volume.ephemeral) {
    report.invalid(field, name, 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode');
  }
  if (mounts.some((mount) => (mount.name ?? '') === name)) report.invalid(field, name, 'must not already exist in volumeMounts');
  if (name !== '') names.add(name);
};

const validateDevicePath = (
  path: string,
  { paths, mounts }: { readonly paths: Set<string>; readonly mounts: readonly VolumeMount[] },
  field: string,
  report: Report,
): void => {
  if (path === '') report.required(field);
  if (paths.has(path)) report.invalid(field, path, 'must be unique');
  if (hasBackstep(path)) report.invalid(field, path, "can not contain backsteps ('..')");
  else paths.add(path);
  if (lastPaths(mounts, (mount) => mount.mountPath).has(path))
    report.invalid(field, path, 'must not already exist as a path in volumeMounts');
};
