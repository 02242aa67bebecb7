/** Gives the name by which users know a setting of a bucket, such as `spec.s3.region` for `region`. */
export type FieldName = (field: string) => string;

/** As in the file of a source. */
export const sourceField: FieldName = (field) => `spec.s3.${field}`;
