import { mutate } from '../mutate.mjs';
import { post, sampleAndObject } from './steps.mjs';

/** Bodies that are no object of what they are sent to: texts that are damaged, fields given twice, YAML. */
export const text = (kit) => {
  const { random, pool } = kit;
  const { object, path: collection, at } = sampleAndObject(kit);
  const damage = (whole) => {
    const place = random.below(whole.length);
    const way = random.below(6);
    if (way < 2) return whole.slice(0, place) + whole.slice(place + 1 + random.below(3));
    if (way < 4)
      return (
        whole.slice(0, place) +
        random.pick(['"', ',', '{', '}', ':', '[', ']', '\\', '\u0000', 'x', '1', ' ', '\t', '\n', '/', 'é']) +
        whole.slice(place)
      );
    if (way < 5) return `${whole}${random.pick(['}', ' ', '{}', ',', 'x', '\n---\na: b'])}`;
    return whole.replace(/"([A-Za-z]+)":/, (all, key) => `"${key}":null,${all}`);
  };
  const query = random.pick(['', '?fieldValidation=Strict', '?fieldValidation=Warn']);
  return [
    { method: 'POST', path: `${collection}${query}`, text: damage(JSON.stringify(mutate(random, pool, object, random.below(2)))) },
    {
      method: 'PUT',
      path: `${at}${query}`,
      text: damage(JSON.stringify(object)),
      headers: random.chance(0.3) ? { 'Content-Type': 'application/yaml' } : {},
    },
    post(collection, object),
    {
      method: 'PATCH',
      path: `${at}${query}`,
      headers: {
        'Content-Type': `application/${random.pick(['merge-patch+json', 'json-patch+json', 'strategic-merge-patch+json', 'apply-patch+yaml'])}`,
      },
      text: damage(JSON.stringify({ metadata: { labels: { a: 'b' } } })),
    },
  ];
};
