import type { ColumnType, TableColumnDefinition } from './table.js';

/** A column that is always shown. Descriptions are Kubernetes' own: part of what its API server answers (decision 280). */
export const column = (name: string, type: ColumnType, description: string, format = ''): TableColumnDefinition => ({
  name,
  type,
  format,
  description,
  priority: 0,
});

/** A column that clients show with `-o wide`. */
export const wideColumn = (name: string, type: ColumnType, description: string, format = ''): TableColumnDefinition => ({
  ...column(name, type, description, format),
  priority: 1,
});

export const NAME_DESCRIPTION =
  'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names';

export const CREATED_DESCRIPTION =
  'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata';

export const NAME_COLUMN = column('Name', 'string', NAME_DESCRIPTION, 'name');
export const AGE_COLUMN = column('Age', 'string', CREATED_DESCRIPTION);
export const CONTAINERS_COLUMN = wideColumn('Containers', 'string', 'Names of each container in the template.');
export const IMAGES_COLUMN = wideColumn('Images', 'string', 'Images referenced by each container in the template.');
