import type { FieldError } from '@solo-kubelet/pod-spec';
import { createReport, type Report } from '@solo-kubelet/pod-spec/schema';
import type { ApiObject, ObjectTypes } from '../object/api-object.js';

/** What an API server would keep but a node without a control plane can't honour and should not pass over; with the fields. */
export const refusedFields = (object: ApiObject): readonly FieldError[] => {
  const report = createReport();
  switch (object.kind) {
    case 'Secret':
      if (object.type === 'kubernetes.io/service-account-token') report.forbidden('type', 'no API server issues this token');
      break;
    case 'PersistentVolume':
      refuseVolume(object, report);
      break;
    case 'PersistentVolumeClaim':
      refuseClaimSpec(object.spec, 'spec', report);
      break;
    case 'StatefulSet':
      for (const [i, { spec }] of (object.spec?.volumeClaimTemplates ?? []).entries()) {
        refuseClaimSpec(spec, `spec.volumeClaimTemplates[${i}].spec`, report);
      }
      break;
    default:
  }
  return report.errors;
};

/** Sources of a PersistentVolume that a node can mount by itself. */
const OWN_SOURCES: ReadonlySet<string> = new Set(['hostPath', 'local', 'nfs']);

/** Fields of PersistentVolumeSpec that are no source. */
const NO_SOURCES: ReadonlySet<string> = new Set([
  'capacity',
  'accessModes',
  'claimRef',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'mountOptions',
  'volumeMode',
  'nodeAffinity',
  'volumeAttributesClassName',
]);

const refuseVolume = ({ spec }: ObjectTypes['PersistentVolume'], report: Report): void => {
  if (spec === undefined) return;
  for (const name of Object.keys(spec)) {
    if (OWN_SOURCES.has(name) || NO_SOURCES.has(name)) continue;
    report.forbidden(
      `spec.${name}`,
      name === 'csi' ? 'CSI drivers are not supported on this node' : 'the source is not supported on this node',
    );
  }
  if (spec.persistentVolumeReclaimPolicy === 'Recycle') {
    report.forbidden('spec.persistentVolumeReclaimPolicy', 'Recycle is not supported on this node');
  }
  if (spec.volumeAttributesClassName) report.forbidden('spec.volumeAttributesClassName', 'CSI drivers are not supported on this node');
};

interface ClaimSpec {
  readonly dataSource?: unknown;
  readonly dataSourceRef?: unknown;
  readonly volumeAttributesClassName?: string;
}

const refuseClaimSpec = (spec: ClaimSpec | undefined, field: string, report: Report): void => {
  for (const name of ['dataSource', 'dataSourceRef', 'volumeAttributesClassName'] as const) {
    if (spec?.[name]) report.forbidden(`${field}.${name}`, 'CSI drivers are not supported on this node');
  }
};
