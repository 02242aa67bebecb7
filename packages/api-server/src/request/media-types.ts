import { ApiError, notAcceptable } from '../status/api-error.js';

/** In which language an answer is written. */
export type OutputLanguage = 'json' | 'yaml' | 'protobuf';

export interface OutputFormat {
  readonly language: OutputLanguage;
  /** What the object is turned into. */
  readonly as?: { readonly kind: string; readonly version: string };
  readonly pretty: boolean;
}

export const MEDIA_TYPES: Readonly<Record<OutputLanguage, string>> = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: 'application/vnd.kubernetes.protobuf',
};

const LANGUAGES: readonly OutputLanguage[] = ['json', 'yaml', 'protobuf'];
const STREAMS = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch'];

export interface AcceptClause {
  readonly type: string;
  readonly subtype: string;
  readonly quality: number;
  readonly params: Readonly<Record<string, string>>;
}

/** The clauses of an Accept header, the most wanted first. */
export const parseAccept = (header: string): readonly AcceptClause[] =>
  header
    .split(',')
    .map((part): AcceptClause => {
      const [media = '', ...rest] = part.split(';').map((text) => text.trim());
      const [type = '', subtype = ''] = media.split('/');
      const params = Object.fromEntries(
        rest.map((param) => {
          const at = param.indexOf('=');
          return at === -1 ? [param, ''] : [param.slice(0, at).trim(), param.slice(at + 1).trim()];
        }),
      );
      const quality = params['q'] === undefined ? 1 : Number(params['q']);
      return { type, subtype, quality: Number.isFinite(quality) ? quality : 0, params };
    })
    .map((clause, i) => ({ clause, i }))
    .sort((a, b) => b.clause.quality - a.clause.quality || specificity(b.clause) - specificity(a.clause) || a.i - b.i)
    .map(({ clause }) => clause);

const specificity = ({ type, subtype }: AcceptClause): number => (type === '*' ? 0 : subtype === '*' ? 1 : 2);

/** The router's own look at the header, before anything else: media types without their parameters. */
export const checkAccepted = (accept: string, produced: readonly string[]): void => {
  if (accept === '') return;
  for (const part of accept.split(',')) {
    const media = part.split(';')[0]!.trim();
    if (media === '*/*' || produced.includes(media)) return;
  }
  throw new ApiError({
    code: 406,
    reason: 'NotAcceptable',
    message: `406: Not Acceptable\n\nAvailable representations: ${produced.join(', ')}`,
    details: {},
  });
};

export const OBJECT_TYPES: readonly string[] = LANGUAGES.map((language) => MEDIA_TYPES[language]);
export const LIST_TYPES: readonly string[] = [...OBJECT_TYPES, ...STREAMS];

const TRANSFORMS: ReadonlySet<string> = new Set(['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList']);
const META_GROUP = 'meta.k8s.io';

export interface NegotiateOptions {
  /** Whether Tables and partial objects can be had here. */
  readonly transforms: boolean;
  /** Tables alone cannot be had: of what is never kept. */
  readonly withoutTables?: boolean;
  /** A watch: YAML cannot be had. */
  readonly stream?: boolean;
}

/** Chooses the form of an answer. @throws ApiError 406 */
export const negotiate = (accept: string, { transforms, withoutTables = false, stream = false }: NegotiateOptions): OutputFormat => {
  if (accept === '') return { language: 'json', pretty: false };
  const languages = stream ? LANGUAGES.filter((language) => language !== 'yaml') : LANGUAGES;
  for (const { type, subtype, params } of parseAccept(accept)) {
    for (const language of languages) {
      const media = MEDIA_TYPES[language];
      if (!(type === '*' && subtype === '*') && media !== `${type}/${subtype}` && !(subtype === '*' && type === 'application')) continue;
      const { as, g = '', v = '', stream: streamed, pretty } = params;
      // What is no stream may be asked for in the words of one; YAML has no streams.
      if (streamed !== undefined && (streamed !== 'watch' || language === 'yaml')) continue;
      if (as === undefined && g === '' && v === '') return { language, pretty: pretty === '1' };
      if (withoutTables && as === 'Table') continue;
      if (as !== undefined && transforms && g === META_GROUP && (v === 'v1' || v === 'v1beta1') && TRANSFORMS.has(as)) {
        return { language, as: { kind: as, version: v }, pretty: pretty === '1' };
      }
    }
  }
  throw notAcceptable(stream ? STREAM_TYPES : OBJECT_TYPES);
};

const STREAM_TYPES = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch'];

/** The same for lists and watches, which have no messages: clients that take JSON beside protobuf get that. @throws ApiError 406 */
export const negotiateList = (accept: string, options: NegotiateOptions): OutputFormat => {
  const format = negotiate(accept, options);
  if (format.language !== 'protobuf') return format;
  const takesJson = parseAccept(accept).some(
    ({ type, subtype, params }) =>
      params['as'] === undefined && (type === '*' || (type === 'application' && (subtype === '*' || subtype === 'json'))),
  );
  return takesJson ? { ...format, language: 'json' } : format;
};

/** The form of an error, which is never refused for want of a form: an error is turned into nothing else, and is indented JSON then (ErrorNegotiated). */
export const negotiateError = (accept: string): OutputFormat => {
  try {
    return negotiate(accept, { transforms: false });
  } catch {
    return { language: 'json', pretty: true };
  }
};
