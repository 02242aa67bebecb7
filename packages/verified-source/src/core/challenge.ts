/** How a registry wants to be asked. */
export type Challenge =
  | { readonly scheme: 'basic' }
  /** `realm`: where tokens are; `service`: what they are for. */
  | { readonly scheme: 'bearer'; readonly realm: string; readonly service: string | undefined };

/** Reads `Www-Authenticate` (RFC 9110, section 11.6.1): the first challenge that can be met, Bearer before Basic. */
export const parseChallenge = (header: string): Challenge | undefined => {
  const bearer = /(?:^|,)\s*bearer\s+/i.exec(header);
  if (bearer !== null) {
    const parameters = parametersOf(header.slice(bearer.index + bearer[0].length));
    const realm = parameters.get('realm');
    if (realm !== undefined) return { scheme: 'bearer', realm, service: parameters.get('service') };
  }
  return /(?:^|,)\s*basic(?:\s|$)/i.test(header) ? { scheme: 'basic' } : undefined;
};

const parametersOf = (text: string): ReadonlyMap<string, string> => {
  const found = new Map<string, string>();
  const parameter = /\s*([\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))\s*(?:,|$)/y;
  for (let match = parameter.exec(text); match !== null; match = parameter.exec(text)) {
    const [whole, name = '', quoted, bare = ''] = match;
    if (whole === '') break;
    const key = name.toLowerCase();
    if (!found.has(key)) found.set(key, quoted?.replace(/\\(.)/g, '$1') ?? bare);
  }
  return found;
};
