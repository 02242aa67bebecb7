const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g;
const LONG_TIME = /(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}/g;
const TOKEN = /eyJ[\w-]{10,}(?:\.[\w-]+)*/g;
const AGE = /^(?:<unknown>|\d+[smhdy](?:\d+[smhd])?)$/;
const MADE = /[bcdfghjklmnpqrstvwxz2456789]{5}(?![a-z0-9])/;

const isMap = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
const byText = (a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

const collectVersions = (value, versions) => {
  if (Array.isArray(value)) for (const item of value) collectVersions(item, versions);
  if (!isMap(value)) return;
  if (typeof value.uid === 'string' && typeof value.resourceVersion === 'string') {
    const of = versions.get(value.uid) ?? new Set();
    versions.set(value.uid, of.add(value.resourceVersion));
  }
  for (const inner of Object.values(value)) collectVersions(inner, versions);
};

/** What the order of has no meaning: causes, managers, and the first events of a watch. */
const ordered = (key, value) => {
  if (!Array.isArray(value)) return value;
  if (key === 'causes' || key === 'resourceRules' || key === 'nonResourceRules') return [...value].sort(byText);
  if (key === 'managedFields')
    return [...value].sort((a, b) => byText([a?.manager, a?.operation, a?.subresource], [b?.manager, b?.operation, b?.subresource]));
  return value;
};

const sortFirst = (events) => {
  const at = events.findIndex(({ type }) => type !== 'ADDED');
  const count = at === -1 ? events.length : at;
  return [...events.slice(0, count).sort((a, b) => byText(a.object?.metadata?.name, b.object?.metadata?.name)), ...events.slice(count)];
};

/**
 * The answers without what may differ from run to run: identities, versions (only their order within an object counts), times, ages, names that were made,
 * addresses and ports that were chosen. What the script itself sent stays as it is.
 */
export const normalise = (answers, { sent, ns }) => {
  const versions = new Map();
  collectVersions(answers, versions);
  const uids = new Map();
  const prefixes = [...sent.matchAll(/generateName\\*"?: ?\\*"?([^"\\\s,}]+)/g)].map(([, base]) =>
    base.replaceAll('{{ns}}', ns).slice(0, 58),
  );
  const uidName = (uid) => {
    if (sent.includes(uid)) return uid;
    if (!uids.has(uid)) uids.set(uid, `<uid:${uids.size}>`);
    return uids.get(uid);
  };
  const keepSent = (replacement) => (match) => (sent.includes(match) ? match : replacement);
  const textOf = (text) => {
    let shown = text
      .replace(UUID, uidName)
      .replace(TIME, keepSent('<time>'))
      .replace(LONG_TIME, '<time>')
      .replace(TOKEN, keepSent('<token>'));
    for (const prefix of prefixes)
      if (shown.includes(prefix))
        shown = shown.replace(new RegExp(`(${prefix.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')})${MADE.source}`, 'g'), '$1<made>');
    return shown
      .replace(/ResourceVersion in (the precondition|record) \([^)]*\)/g, 'ResourceVersion in $1 (<rv>)')
      .replace(/(resource version: |resourceVersion: |current: )\d+/g, '$1<rv>')
      .replace(/10\.96\.\d+\.\d+/g, keepSent('<ip>'))
      .replace(/0xc[0-9a-f]{6,}/g, '<pointer>');
  };
  const scalar = (key, value, around) => {
    if (key === 'resourceVersion' && typeof value === 'string' && value !== '' && value !== '0') {
      const known = versions.get(around.uid);
      return known === undefined
        ? '<rv>'
        : `<rv:${[...known]
            .map(BigInt)
            .sort((a, b) => (a < b ? -1 : 1))
            .indexOf(BigInt(value))}>`;
    }
    if (typeof value === 'string') return textOf(value);
    if ((key === 'nodePort' || key === 'healthCheckNodePort') && value && !sent.includes(String(value))) return '<port>';
    return value;
  };
  const walk = (value, key, around) => {
    if (Array.isArray(value))
      return ordered(key, value).map((item) =>
        key === 'cells' && typeof item === 'string' && AGE.test(item) ? '<age>' : walk(item, '', value),
      );
    if (!isMap(value)) return scalar(key, value, around ?? {});
    // Nobody keeps a review, so that nobody owns its fields.
    if (key === 'metadata' && /Review$/.test(around.kind)) return walk({ ...value, managedFields: undefined }, '', around);
    const causes = value.details?.causes;
    const many = Array.isArray(causes) && causes.length > 1;
    return Object.fromEntries(
      Object.keys(value)
        .sort()
        .map((name) => [textOf(name), name === 'message' && many ? `[${causes.length} causes]` : walk(value[name], name, value)]),
    );
  };
  return answers.map(({ code, headers, body, text, events, end }) => ({
    code,
    headers: walk(headers, '', {}),
    ...(events !== undefined
      ? { events: walk(sortFirst(events), '', {}), end }
      : text !== undefined
        ? { text: textOf(text) }
        : { body: walk(body, '', {}) }),
  }));
};
