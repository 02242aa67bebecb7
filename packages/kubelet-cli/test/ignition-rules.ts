type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
type JsonObject = { readonly [name: string]: Json };

const FIELDS: Readonly<Record<string, readonly string[]>> = {
  '': ['ignition', 'kernelArguments', 'passwd', 'storage', 'systemd'],
  ignition: ['version', 'config', 'proxy', 'security', 'timeouts'],
  storage: ['directories', 'disks', 'files', 'filesystems', 'links', 'luks', 'raid'],
  directory: ['path', 'overwrite', 'mode', 'user', 'group'],
  file: ['path', 'overwrite', 'mode', 'user', 'group', 'contents', 'append'],
  contents: ['source', 'compression', 'httpHeaders', 'verification'],
  verification: ['hash'],
  systemd: ['units'],
  unit: ['name', 'enabled', 'mask', 'contents', 'dropins'],
};

const isObject = (value: Json | undefined): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: Json | undefined): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);

/**
 * What is wrong with a configuration of Ignition by https://coreos.github.io/ignition/configuration-v3_3/, for the sections that the examples have. Fields that
 * the specification does not have are wrong as well, where Ignition itself only warns: a misspelled one does nothing.
 */
export const ignitionProblems = (config: unknown): readonly string[] => {
  const problems: string[] = [];
  const tell = (where: string, what: string): void => void problems.push(`${where}: ${what}`);
  const only = (value: JsonObject, kind: string, where: string): void => {
    for (const name of Object.keys(value)) if (!FIELDS[kind]?.includes(name)) tell(`${where}.${name}`, 'there is no such field');
  };
  const root = config as JsonObject;
  only(root, '', '$');
  const { ignition, storage = {}, systemd = {} } = root;
  if (!isObject(ignition) || !/^3\.[0-3]\.0$/.test(String(ignition['version']))) tell('$.ignition.version', 'want 3.0.0 to 3.3.0');
  else only(ignition, 'ignition', '$.ignition');

  const nodes: string[] = [];
  const checkNode = (node: JsonObject, kind: 'directory' | 'file', where: string): void => {
    only(node, kind, where);
    const { path, mode, contents } = node;
    if (typeof path !== 'string' || !/^\/(?!.*(\/\/|\/\.\.?(\/|$)))/.test(path)) tell(`${where}.path`, 'want an absolute path');
    else if (nodes.includes(path)) tell(`${where}.path`, 'it is there already');
    else nodes.push(path);
    // In decimal, as JSON has no octal numbers.
    if (mode !== undefined && !(Number.isInteger(mode) && (mode as number) >= 0 && (mode as number) <= 0o7777))
      tell(`${where}.mode`, 'want a number of at most 4095');
    if (isObject(contents)) checkContents(contents, `${where}.contents`);
  };
  const checkContents = (contents: JsonObject, where: string): void => {
    only(contents, 'contents', where);
    const { source, compression, verification } = contents;
    if (source !== undefined && !/^(data|https?|s3|arn|gs|tftp):/.test(String(source))) tell(`${where}.source`, 'want a URL');
    if (compression !== undefined && compression !== 'gzip') tell(`${where}.compression`, 'want gzip');
    if (!isObject(verification)) return;
    only(verification, 'verification', `${where}.verification`);
    const { hash } = verification;
    if (hash !== undefined && !/^(sha512-[0-9a-f]{128}|sha256-[0-9a-f]{64})$/.test(String(hash)))
      tell(`${where}.verification.hash`, 'want sha512-HEX or sha256-HEX');
  };
  if (isObject(storage)) {
    only(storage, 'storage', '$.storage');
    for (const [index, node] of listOf(storage['directories']).entries()) checkNode(node, 'directory', `$.storage.directories.${index}`);
    for (const [index, node] of listOf(storage['files']).entries()) checkNode(node, 'file', `$.storage.files.${index}`);
  }
  if (isObject(systemd)) {
    only(systemd, 'systemd', '$.systemd');
    const names: Json[] = [];
    for (const [index, unit] of listOf(systemd['units']).entries()) {
      const where = `$.systemd.units.${index}`;
      only(unit, 'unit', where);
      const { name, enabled, contents } = unit;
      if (!/^[\w@:.\\-]+\.(service|timer|socket|device|mount|automount|swap|target|path|snapshot|slice|scope)$/.test(String(name)))
        tell(`${where}.name`, 'want the name of a unit');
      else if (names.includes(name ?? null)) tell(`${where}.name`, 'it is there already');
      names.push(name ?? null);
      if (enabled !== undefined && typeof enabled !== 'boolean') tell(`${where}.enabled`, 'want true or false');
      // Ignition warns: it would be enabled in vain.
      if (enabled === true && typeof contents === 'string' && !/^\[Install\]$/m.test(contents))
        tell(`${where}.contents`, 'it is enabled and has no [Install]');
      if (typeof contents === 'string' && !/^\[\w+\]$/m.test(contents)) tell(`${where}.contents`, 'want a unit');
    }
  }
  return problems;
};
