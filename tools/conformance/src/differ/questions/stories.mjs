import { sampleOf } from '../samples/index.mjs';
import { get, patchStep, post, put } from './steps.mjs';
import { CONTENTS } from './story-contents.mjs';

const MANAGERS = ['m1', 'm2', 'm3', 'kubectl'];

const withoutEmpty = (value) => Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined));

/** A configuration of some fields, so small that managers meet in them. */
const configuration = (random, { apiVersion, kind, parts }, chance = 0.5) => {
  const config = { apiVersion, kind, metadata: { name: 'x' } };
  for (const [path, values] of Object.entries(parts)) {
    if (!random.chance(chance)) continue;
    const keys = path.split('.');
    let at = config;
    for (const key of keys.slice(0, -1)) {
      at[key] = typeof at[key] === 'object' && at[key] !== null ? at[key] : {};
      at = at[key];
    }
    at[keys.at(-1)] = random.pick(values);
  }
  return config;
};

const applied = (random, at, config, manager = random.pick(MANAGERS)) => {
  const query = new URLSearchParams({ fieldManager: manager });
  if (random.chance(0.4)) query.set('force', 'true');
  if (random.chance(0.05)) query.set('dryRun', 'All');
  return patchStep(`${at}?${query}`, 'apply-patch+yaml', config);
};

const updater = (random) => random.pick(['web', 'm1', 'm2', 'controller']);

/** Fields taken, shared, lost and given back by several managers, over all forms of writing. */
export const stories = ({ random }) => {
  const content = random.pick(CONTENTS);
  const { path, base, status } = content;
  const at = `${path}/x`;
  const steps = [];
  const first = configuration(random, content, 0.7);
  const whole = { ...base, ...first, ...(base.spec && { spec: { ...base.spec, ...first.spec } }) };
  if (random.chance(0.5)) steps.push(post(`${path}?fieldManager=${updater(random)}`, whole));
  else steps.push(applied(random, at, whole));
  for (let i = 0; i < 5; i++) {
    const way = random.below(20);
    const config = configuration(random, content);
    if (way < 10) steps.push(applied(random, at, config));
    else if (way < 12)
      steps.push(applied(random, at, { ...base, ...config, ...(base.spec && { spec: { ...base.spec, ...config.spec } }) }));
    else if (way < 14) {
      const { apiVersion, kind, ...rest } = config;
      steps.push(
        patchStep(`${at}?fieldManager=${updater(random)}`, random.pick(['merge-patch+json', 'strategic-merge-patch+json']), {
          ...rest,
          metadata: withoutEmpty({ ...rest.metadata, name: undefined }),
        }),
      );
    } else if (way < 16)
      steps.push(
        put(`${at}?fieldManager=${updater(random)}`, { ...base, ...config, ...(base.spec && { spec: { ...base.spec, ...config.spec } }) }),
      );
    else if (way < 17 && status !== undefined) {
      const body = { apiVersion: content.apiVersion, kind: content.kind, metadata: { name: 'x' }, status: random.pick(status) };
      steps.push(
        random.chance(0.5) ? applied(random, `${at}/status`, body) : patchStep(`${at}/status`, 'merge-patch+json', { status: body.status }),
      );
    } else if (way < 18)
      steps.push(
        patchStep(at, 'merge-patch+json', {
          metadata: {
            managedFields: random.pick([
              [],
              [{}],
              null,
              [
                {
                  manager: 'm9',
                  operation: 'Apply',
                  apiVersion: content.apiVersion,
                  fieldsType: 'FieldsV1',
                  fieldsV1: { 'f:metadata': { 'f:labels': { 'f:a': {} } } },
                },
              ],
              [{ manager: 'm9', operation: 'Update', apiVersion: 'x/v9', fieldsType: 'FieldsV1', fieldsV1: {} }],
              [{ manager: 'm9', operation: 'X' }],
              [{ manager: 'm9', operation: 'Apply', fieldsType: 'FieldsV2' }],
              [{ operation: 'Update', manager: 'a'.repeat(129), fieldsType: 'FieldsV1' }],
            ]),
          },
        }),
      );
    else if (way < 19 && content.scaled)
      steps.push(
        random.chance(0.5)
          ? patchStep(`${at}/scale?fieldManager=${updater(random)}`, 'merge-patch+json', { spec: { replicas: random.below(4) } })
          : applied(random, `${at}/scale`, {
              apiVersion: 'autoscaling/v1',
              kind: 'Scale',
              metadata: { name: 'x' },
              spec: { replicas: random.below(4) },
            }),
      );
    else steps.push(applied(random, at, { apiVersion: content.apiVersion, kind: content.kind, metadata: { name: 'x' } }));
  }
  return sampleOf(base) === undefined ? steps : [...steps, get(at)];
};
