import type { BodyLanguage } from '../decode/read-body.js';
import { unsupportedMediaType } from '../status/api-error.js';
import { OBJECT_TYPES } from './media-types.js';

/** In which language a body is written by its Content-Type; none counts as JSON. @throws ApiError 415 */
export const bodyLanguage = (contentType: string | undefined): BodyLanguage | 'protobuf' => {
  const media = (contentType ?? '').split(';')[0]!.trim().toLowerCase();
  switch (media) {
    case '':
    case 'application/json':
      return 'json';
    case 'application/yaml':
      return 'yaml';
    case 'application/vnd.kubernetes.protobuf':
      return 'protobuf';
    default:
      throw unsupportedMediaType(OBJECT_TYPES);
  }
};
