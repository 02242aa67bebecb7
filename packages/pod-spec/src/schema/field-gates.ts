import { isRecord } from '@solo-kubelet/diagnostics/json';
import type { FieldSchema, StructSchema } from './field-schema.js';

/** Feature gates by name, as in a KubeletConfiguration. One that is not named has its default. */
export type FeatureGates = Readonly<Record<string, boolean>>;

/** A feature gate that has fields of a Pod behind it. */
export interface FieldGate {
  /** The first release of Kubernetes with these fields, such as `1.37`. */
  readonly since: string;
  readonly stage: 'alpha' | 'beta';
  /** Whether they are there unless something else is said. */
  readonly enabled: boolean;
}

const alpha = (since: string): FieldGate => ({ since, stage: 'alpha', enabled: false });

/** Every gate that the table of fields names (pkg/features/kube_features.go). */
export const fieldGates: Readonly<Record<string, FieldGate>> = {
  AtomicWriteVolumeUserFields: alpha('1.37'),
  CSIVolumeHealth: alpha('1.37'),
  EmptyDirVolumeMode: alpha('1.37'),
  EvictionRequestAPI: alpha('1.37'),
  GRPCContainerProbeTLS: alpha('1.37'),
  H2CContainerProbe: alpha('1.37'),
  VolumeBindMountOptions: alpha('1.37'),
};

const ownValue = <Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;

/** Whether a field is there: the one place that decides which fields of a Pod count and which are dropped. */
export const isFieldEnabled = ({ gate }: FieldSchema, gates: FeatureGates): boolean =>
  gate === '' || (ownValue(gates, gate) ?? ownValue(fieldGates, gate)?.enabled === true);

/** The words for a field that is not there because its gate is off; empty for any other. */
export const gateHint = (field: FieldSchema | undefined): string => {
  const gate = field === undefined || field.gate === '' ? undefined : ownValue(fieldGates, field.gate);
  return gate === undefined ? '' : `it is a field of Kubernetes ${gate.since}, and only with the feature gate ${field!.gate}`;
};

/**
 * A value without the fields whose gates are off, for objects that were not read from a manifest, such as those of an API server. The same value if
 * there are none.
 */
export const dropDisabledFields = <Value>(struct: StructSchema, value: Value, gates: FeatureGates): Value => {
  if (!isRecord(value)) return value;
  let kept: Record<string, unknown> | undefined;
  for (const [name, inner] of Object.entries(value)) {
    const field = struct.byName.get(name);
    if (field === undefined) continue;
    const isDropped = !isFieldEnabled(field, gates);
    const after = isDropped || field.struct === undefined ? inner : dropInside(field.struct, inner, gates, field.container);
    if (!isDropped && after === inner) continue;
    kept ??= { ...value };
    if (isDropped) delete kept[name];
    else kept[name] = after;
  }
  return (kept ?? value) as Value;
};

const dropInside = (struct: StructSchema, value: unknown, gates: FeatureGates, container: FieldSchema['container']): unknown => {
  if (container === '') return dropDisabledFields(struct, value, gates);
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => dropDisabledFields(struct, item, gates));
    return items.some((item, i) => item !== value[i]) ? items : value;
  }
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, dropDisabledFields(struct, item, gates)] as const);
  return entries.some(([key, item]) => item !== value[key]) ? Object.fromEntries(entries) : value;
};
