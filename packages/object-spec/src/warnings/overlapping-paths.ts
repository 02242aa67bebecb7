import type { DownwardAPIVolumeFile, KeyToPath, Volume, VolumeProjection } from '@solo-kubelet/pod-spec';
import { goQuote } from '@solo-kubelet/pod-spec/schema';

interface PlacedFile {
  readonly path: string;
  readonly source: string;
}

const show = ({ path, source }: PlacedFile): string => (source === '' ? goQuote(path) : `${goQuote(path)} (${source})`);

const placed = (items: readonly (KeyToPath | DownwardAPIVolumeFile)[] | undefined, source: string): readonly PlacedFile[] =>
  (items ?? []).map(({ path = '' }) => ({ path, source }));

const overlaps = (a: string, b: string): boolean => `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`);

/** Each file that falls on one before it, or lies under one, or has one under it. */
const collisions = (files: readonly PlacedFile[]): readonly string[] => {
  const seen: PlacedFile[] = [];
  return files.flatMap((file) => {
    const trimmed = { ...file, path: file.path.replace(/(?<!\/)\/+$/, '') };
    const found = trimmed.path === '' ? [] : seen.filter(({ path }) => path !== '' && overlaps(path, trimmed.path));
    seen.push(trimmed);
    return found.map((other) => `${show(trimmed)} with ${show(other)}`);
  });
};

const projectedFiles = (source: VolumeProjection): readonly PlacedFile[] => {
  const { configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate } = source;
  if (configMap?.items) return placed(configMap.items, `ConfigMap ${goQuote(configMap.name ?? '')}`);
  if (secret?.items) return placed(secret.items, `Secret ${goQuote(secret.name ?? '')}`);
  if (downwardAPI?.items) return placed(downwardAPI.items, 'DownwardAPI');
  if (serviceAccountToken) return [{ path: serviceAccountToken.path ?? '', source: 'ServiceAccountToken' }];
  if (clusterTrustBundle) {
    const name = clusterTrustBundle.name ?? clusterTrustBundle.signerName ?? '';
    return [{ path: clusterTrustBundle.path ?? '', source: `ClusterTrustBundle ${goQuote(name)}` }];
  }
  const { certificateChainPath = '', keyPath = '', credentialBundlePath = '' } = podCertificate ?? {};
  return [
    { path: certificateChainPath, source: 'PodCertificate chain' },
    { path: keyPath, source: 'PodCertificate key' },
    { path: credentialBundlePath, source: 'PodCertificate credential bundle' },
  ].filter(({ path }) => path !== '');
};

/** Warnings about files of one volume that get into each other's way. */
export const overlappingPathWarnings = ({ name, configMap, secret, downwardAPI, projected }: Volume): readonly string[] => {
  const overlap = (what: string, files: readonly PlacedFile[]): readonly string[] =>
    collisions(files).map((text) => `volume ${goQuote(name ?? '')} (${what}): overlapping paths: ${text}`);
  const sources = projected?.sources ?? [];
  return [
    ...(configMap?.items ? overlap(`ConfigMap ${goQuote(configMap.name ?? '')}`, placed(configMap.items, '')) : []),
    ...(secret?.items ? overlap(`Secret ${goQuote(secret.secretName ?? '')}`, placed(secret.items, '')) : []),
    ...(downwardAPI?.items ? overlap('DownwardAPI', placed(downwardAPI.items, '')) : []),
    ...sources
      .filter((source) => Object.values(source).every((value) => value === undefined))
      .map(() => `volume ${goQuote(name ?? '')} (Projected) has no sources provided`),
    ...overlap('Projected', sources.flatMap(projectedFiles)),
  ];
};
