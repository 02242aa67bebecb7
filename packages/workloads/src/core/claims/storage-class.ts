import type { StorageClass } from '@solo-kubelet/object-spec';

/** The provisioner of this kubelet: a directory for each claim. */
export const LOCAL_PROVISIONER = 'solo-kubelet.dev/local';
/** Understood as well, with its parameters (rancher/local-path-provisioner). */
export const LOCAL_PATH_PROVISIONER = 'rancher.io/local-path';
/** Makes no volumes: claims wait for volumes of documents (component-helpers/storage/volume NotSupportedProvisioner). */
export const NO_PROVISIONER = 'kubernetes.io/no-provisioner';

const DEFAULT_ANNOTATIONS = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];

/** The class that is there without a document. Its volumes keep their data when their claim goes (decision 260). */
export const localClass: StorageClass = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'local' },
  provisioner: LOCAL_PROVISIONER,
  reclaimPolicy: 'Retain',
  volumeBindingMode: 'WaitForFirstConsumer',
};

/** The classes there are: those of documents and, unless one has its name, the built-in one. */
export const allClasses = (classes: readonly StorageClass[]): readonly StorageClass[] =>
  classes.some(({ metadata }) => metadata.name === localClass.metadata.name) ? classes : [...classes, localClass];

const isMarked = ({ metadata }: StorageClass): boolean => DEFAULT_ANNOTATIONS.some((name) => metadata.annotations?.[name] === 'true');

/** The class of claims that name none: the newest of those marked, then the first by name (pkg/volume/util/storageclass.go GetDefaultClass). */
export const defaultClass = (classes: readonly StorageClass[]): StorageClass | undefined => {
  const created = ({ metadata }: StorageClass): number => Date.parse(metadata.creationTimestamp ?? '') || 0;
  const byAge = (a: StorageClass, b: StorageClass): number =>
    created(b) - created(a) || ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1);
  return (
    classes.filter(isMarked).toSorted(byAge)[0] ??
    allClasses(classes).find(({ metadata, provisioner }) => metadata.name === localClass.metadata.name && provisioner === LOCAL_PROVISIONER)
  );
};
