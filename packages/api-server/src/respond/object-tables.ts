import type { ApiResource } from '../resources/api-resource.js';
import type { StoredObject } from '../stored-object.js';

export interface TableRequest {
  readonly nowMs: number;
  readonly version: string;
  readonly includeObject: 'None' | 'Metadata' | 'Object';
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Whether the columns are told; later events of a watch leave them out. */
  readonly headers: boolean;
}

/** Objects as rows of a Table. */
export interface ObjectTables {
  readonly table: (resource: Pick<ApiResource, 'group' | 'kind'>, objects: readonly StoredObject[], request: TableRequest) => object;
}
