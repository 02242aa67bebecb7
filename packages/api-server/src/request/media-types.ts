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
const STREAM_LANGUAGES: readonly OutputLanguage[] = ['json', 'protobuf'];
const STREAM_TYPES = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch'];

export interface AcceptClause {
  readonly type: string;
  readonly subtype: string;
  readonly quality: number;
  readonly params: Readonly<Record<string, string>>;
}

/** Parameters with a name and a value; what is written in any other way says nothing. */
const readParams = (texts: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    texts.flatMap((text) => {
      const [name = '', value = '', ...rest] = text.split('=');
      return value === '' || rest.join('=') !== '' ? [] : [[name.trim(), value.trim()]];
    }),
  );

/** The clauses of an Accept header, the most wanted first. */
export const parseAccept = (header: string): readonly AcceptClause[] =>
  header
    .split(',')
    .flatMap((part): readonly AcceptClause[] => {
      const [media = '', ...rest] = part.trim().split(';');
      const [type = '', subtype = '', ...more] = media.split('/').map((text) => text.trim());
      if (more.length > 0 || (subtype === '' && type !== '*')) return [];
      const params = readParams(rest);
      const quality = params['q'] === undefined ? 1 : Number(params['q']);
      return [{ type, subtype: subtype || '*', quality: Number.isFinite(quality) ? quality : 0, params }];
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
export const LIST_TYPES: readonly string[] = [...OBJECT_TYPES, ...STREAM_TYPES];

const TRANSFORMS: ReadonlySet<string> = new Set(['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList']);
const META_GROUP = 'meta.k8s.io';

export interface NegotiateOptions {
  /** Whether Tables and partial objects can be had here. */
  readonly transforms: boolean;
  /** Tables alone cannot be had: of what is never kept. */
  readonly withoutTables?: boolean;
  /** A watch: YAML cannot be had, though the form is chosen as if it could first. */
  readonly stream?: boolean;
}

/** Chooses the form of an answer. @throws ApiError 406 */
export const negotiate = (accept: string, options: NegotiateOptions): OutputFormat => {
  const format = choose(accept, options, LANGUAGES);
  if (format === undefined) throw notAcceptable(OBJECT_TYPES);
  if (options.stream !== true) return format;
  const streamed = choose(accept, options, STREAM_LANGUAGES);
  if (streamed === undefined) throw notAcceptable(STREAM_TYPES);
  return streamed;
};

const choose = (
  accept: string,
  { transforms, withoutTables = false }: NegotiateOptions,
  languages: readonly OutputLanguage[],
): OutputFormat | undefined => {
  if (accept === '') return { language: 'json', pretty: false };
  for (const { type, subtype, params } of parseAccept(accept)) {
    for (const language of languages) {
      const media = MEDIA_TYPES[language];
      if (!(type === '*' && subtype === '*') && media !== `${type}/${subtype}` && !(subtype === '*' && type === 'application')) continue;
      const { as, g, v, stream: streamed = '', sv = '', pretty } = params;
      // What is no stream may be asked for in the words of one; YAML has no streams.
      if (streamed !== '' && (streamed !== 'watch' || language === 'yaml')) continue;
      // There is one version of lists, options and Statuses.
      if (sv !== '' && !(transforms && sv === 'v1')) continue;
      if (as === undefined && g === undefined && v === undefined) return { language, pretty: pretty === '1' };
      // Tables have no message.
      if (as === 'Table' && (withoutTables || language === 'protobuf')) continue;
      if (as !== undefined && transforms && g === META_GROUP && (v === 'v1' || v === 'v1beta1') && TRANSFORMS.has(as)) {
        return { language, as: { kind: as, version: v }, pretty: pretty === '1' };
      }
    }
  }
  return undefined;
};

/** The form of discovery in one document, which each clause that asks for it has to name. */
export const AGGREGATED = 'g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** In which language discovery in one document is wanted; what is asked for beside it does not count. Undefined: it is not wanted. */
export const negotiateAggregated = (accept: string): OutputLanguage | undefined => {
  for (const { type, subtype, params } of parseAccept(accept)) {
    const { g, v, as } = params;
    if (g !== 'apidiscovery.k8s.io' || v !== 'v2' || as !== 'APIGroupDiscoveryList') continue;
    if (type === '*' || (type === 'application' && subtype === '*')) return 'json';
    const language = LANGUAGES.find((each) => MEDIA_TYPES[each] === `${type}/${subtype}`);
    if (language !== undefined) return language;
  }
  return undefined;
};

/** The form of an error, which is never refused for want of a form: an error is turned into nothing else, and is indented JSON then (ErrorNegotiated). */
export const negotiateError = (accept: string): OutputFormat => {
  try {
    return negotiate(accept, { transforms: false });
  } catch {
    return { language: 'json', pretty: true };
  }
};
