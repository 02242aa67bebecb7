import { createReport, qualifiedNameErrors, validateFinalizerKind } from '@solo-kubelet/pod-spec/schema';
import type { UpdatePart } from '../registry/update-object.js';
import { emptyStatus } from '../registry/write-object.js';
import type { ApiResource } from '../resources/api-resource.js';

/** The write of a status leaves the rest of the object as it is, but for most of its metadata. */
export const statusPart = (resource: ApiResource, nowText: string): UpdatePart => ({
  subresource: 'status',
  isWhole: false,
  ...(resource.status?.checksMetadataUpdate !== undefined && { checksMetadataUpdate: resource.status.checksMetadataUpdate }),
  prepare: (draft, old) => {
    for (const name of Object.keys(draft)) {
      if (name !== 'status' && name !== 'metadata' && !Object.hasOwn(old, name)) delete draft[name];
    }
    for (const [name, value] of Object.entries(old)) if (name !== 'status' && name !== 'metadata') draft[name] = value;
    const status = draft.status;
    if (status === undefined) draft.status = emptyStatus(resource) ?? {};
    resource.status?.prepare?.(draft, old, nowText);
    if (old.metadata.generation === undefined) delete draft.metadata.generation;
    else draft.metadata.generation = old.metadata.generation;
    return false;
  },
  errors: (draft, old) => resource.status?.errors?.(draft, old) ?? [],
});

/** `namespaces/NAME/finalize` writes the finalizers of the spec alone. */
export const finalizePart: UpdatePart = {
  subresource: 'finalize',
  isWhole: false,
  prepare: (draft, old) => {
    if (old.status !== undefined) draft.status = old.status;
    return false;
  },
  errors: ({ spec = {} }) => {
    const report = createReport();
    for (const [i, finalizer] of ((spec['finalizers'] ?? []) as readonly string[]).entries()) {
      const field = `spec.finalizers[${i}]`;
      report.invalidEach(field, finalizer, qualifiedNameErrors(finalizer));
      validateFinalizerKind(finalizer, field, report);
    }
    return report.errors;
  },
};
