/** What items of a list are told apart by. */
const IDENTITIES = ['name', 'mountPath', 'containerPort', 'devicePath', 'key', 'ip', 'topologyKey'];

/** By what an item of a list can be found again, such as `name=app`; undefined for one that has nothing of the kind. */
export const identityOf = (item: unknown): string | undefined => {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return undefined;
  const values = item as Readonly<Record<string, unknown>>;
  const field = IDENTITIES.find((name) => values[name] !== undefined);
  return field === undefined ? undefined : `${field}=${String(values[field])}`;
};
