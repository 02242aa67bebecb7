import type { Backend, HeaderChanges, ListenerRule, RouteAction } from '../route-table.js';

/** Paths of more bytes are more than nginx reads as one word, where each of them needs two. */
const LONGEST_PATH = 1_900;
/** Of the headers of a request by HTTP/2, nginx has tables whose places have a fixed size. */
const LONGEST_H2_NAME = 40;
/** nginx says these itself, and nothing that it comes with takes them away. */
const OWN_HEADERS = new Set(['server', 'date']);

/** A header of that length is none that a server of HTTP/2 can be given, or is not, by nginx. */
export const isLongForH2 = (name: string): boolean => name.length > LONGEST_H2_NAME;

/** nginx drops what clients send by such a name, and takes another header for it where it looks. */
const isDropped = ({ name }: { readonly name: string }): boolean => name.includes('_');

/** Whether nginx can compare a path. */
export const hasRoomForPath = (path: string): boolean => path.length <= LONGEST_PATH;

export interface AskedRule {
  readonly matches: readonly Pick<ListenerRule, 'path' | 'headers'>[];
  readonly action: RouteAction;
  readonly servers: ReadonlyMap<string, Backend>;
}

/** What a rule of an HTTPRoute asks for and nginx can't do, which haproxy can. */
export const nginxLacks = ({ matches, action, servers }: AskedRule): readonly string[] => {
  const { backends, requestHeaders, responseHeaders, rewrite, mirrors = [] } = action;
  const isH2c = (name: string | undefined): boolean => name !== undefined && servers.get(name)?.protocol === 'h2c';
  const toH2c = backends.some(({ name }) => isH2c(name));
  const ofRequest = [requestHeaders, ...backends.flatMap((each) => each.requestHeaders ?? [])];
  const added = ofRequest.flatMap(({ add }) => add);
  const ofAnswer = [responseHeaders, ...backends.flatMap((each) => each.responseHeaders ?? [])];
  const long = toH2c ? [...ofRequest, ...ofAnswer].flatMap(namesOf).find(isLongForH2) : undefined;
  return [
    ...matches.flatMap(({ path }) => (hasRoomForPath(path) ? [] : [`a path of more than ${LONGEST_PATH} bytes`])),
    ...matches.flatMap(({ headers }) => headers.filter(isDropped).map(({ name }) => `a match of header ${name}, whose name has a \`_\`,`)),
    ...added.filter(isDropped).map(({ name }) => `an addition to header ${name}, whose name has a \`_\`,`),
    ...ofAnswer
      .flatMap(namesOf)
      .flatMap((name) => (OWN_HEADERS.has(name.toLowerCase()) ? [`a change of the answer's header ${name}`] : [])),
    ...(long === undefined ? [] : [`a change of header ${long}, which is that long, for a backend of HTTP/2`]),
    ...(toH2c && rewrite?.path !== undefined ? ['a URLRewrite of the path for a backend of HTTP/2'] : []),
    ...(mirrors.some(({ name }) => isH2c(name)) ? ['a RequestMirror to a backend of HTTP/2'] : []),
  ].map((what) => `${what} is not supported by nginx`);
};

const namesOf = ({ set, add, remove }: HeaderChanges): readonly string[] => [...[...set, ...add].map(({ name }) => name), ...remove];
