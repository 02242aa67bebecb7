const isMap = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

/** Values that are wrong nearly everywhere. */
const ODD_VALUES = [
  null,
  '',
  0,
  -1,
  1,
  1.5,
  'x',
  'X_Y',
  'a/b',
  true,
  false,
  [],
  {},
  [null],
  [''],
  'a'.repeat(64),
  4_294_967_296,
  '1',
  'null',
  '10Mi',
  '-1',
  '5%',
  '2020-01-01T00:00:00Z',
];

/**
 * What objects of a corpus say at each field: by the field's name its values, and by the name of the field around it the fields found there.
 * A mutation draws from it, so that most changes are of a form that a server could take.
 */
export const createPool = () => {
  const values = new Map();
  const fields = new Map();
  const put = (map, key, text) => {
    const set = map.get(key) ?? new Set();
    if (set.size < 400) set.add(text);
    map.set(key, set);
  };
  const learn = (value, around) => {
    if (Array.isArray(value)) for (const item of value) learn(item, around);
    if (!isMap(value)) return;
    for (const [key, inner] of Object.entries(value)) {
      put(values, key, JSON.stringify(inner));
      put(fields, around, key);
      learn(inner, key);
    }
  };
  return {
    learn: (value) => learn(value, ''),
    valueOf: (random, key) => {
      const set = values.get(key);
      return set === undefined ? random.pick(ODD_VALUES) : JSON.parse(random.pick([...set]));
    },
    fieldOf: (random, around) => {
      const set = fields.get(around);
      return set === undefined ? 'x' : random.pick([...set]);
    },
  };
};

/** Every place below a value: what holds it, under which key, and the name of the field around. */
const places = (value, around = '', found = []) => {
  if (Array.isArray(value)) {
    value.forEach((item, key) => {
      found.push({ holder: value, key, around });
      places(item, around, found);
    });
  } else if (isMap(value)) {
    for (const key of Object.keys(value)) {
      found.push({ holder: value, key, around });
      places(value[key], key, found);
    }
  }
  return found;
};

const PROTECTED = new Set(['apiVersion', 'kind']);

const mutateOnce = (random, pool, object) => {
  const all = places(object).filter(
    ({ key, around }) => !(around === '' && PROTECTED.has(key)) && !(around === 'metadata' && key === 'name'),
  );
  if (all.length === 0) return;
  const { holder, key, around } = random.pick(all);
  const name = Array.isArray(holder) ? around : key;
  const way = random.below(10);
  if (way < 4) {
    const value = pool.valueOf(random, name);
    holder[key] = Array.isArray(holder) && Array.isArray(value) ? value[0] : value;
  } else if (way < 5) holder[key] = random.pick(ODD_VALUES);
  else if (way < 6) {
    if (Array.isArray(holder)) holder.splice(key, 1);
    else delete holder[key];
  } else if (way < 7 && Array.isArray(holder)) holder.push(structuredClone(holder[key]));
  else {
    const inner = holder[key];
    const into = isMap(inner) ? inner : isMap(holder) ? holder : undefined;
    if (into === undefined) holder[key] = random.pick(ODD_VALUES);
    else {
      const field = pool.fieldOf(random, into === inner ? name : around);
      if (!PROTECTED.has(field) && field !== '__proto__') into[field] = pool.valueOf(random, field);
    }
  }
};

/** The value with some random changes; the original stays as it is. */
export const mutate = (random, pool, value, changes) => {
  const copy = structuredClone(value);
  for (let i = 0; i < changes; i++) mutateOnce(random, pool, copy);
  return copy;
};

/** A place in a value as a JSON pointer, mostly of something that is there. */
export const randomPointer = (random, value) => {
  const all = [];
  const walk = (inner, path) => {
    if (inner === null || typeof inner !== 'object') return;
    for (const key of Object.keys(inner)) {
      const at = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      all.push(at);
      walk(inner[key], at);
    }
    if (Array.isArray(inner)) all.push(`${path}/-`, `${path}/-1`, `${path}/9`);
    else all.push(`${path}/new`);
  };
  walk(value, '');
  return all.length === 0 ? '' : random.pick(all);
};

export { isMap, ODD_VALUES };
