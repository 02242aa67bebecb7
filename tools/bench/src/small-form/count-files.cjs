// Preloaded into a kubelet (NODE_OPTIONS=--require): counts the operations on files that it asks for, by name. SIGUSR2 has it write them to the file of
// COUNT_FILES, as JSON, and begin anew. Modules that import node:fs by name see what is counted, too.
const fs = require('node:fs');
const { syncBuiltinESMExports } = require('node:module');

/** Calls that are one operation each, or a fixed number of them. */
const PROMISES = [
  'open',
  'mkdir',
  'rename',
  'unlink',
  'rmdir',
  'rm',
  'stat',
  'lstat',
  'statfs',
  'readdir',
  'readlink',
  'symlink',
  'link',
  'chmod',
  'chown',
  'lchown',
  'access',
  'copyFile',
  'readFile',
  'writeFile',
  'appendFile',
  'utimes',
  'lutimes',
  'realpath',
  'truncate',
  'opendir',
  'mkdtemp',
  'cp',
];
const SYNC = PROMISES.map((name) => `${name}Sync`).filter((name) => typeof fs[name] === 'function');
const HANDLE = [
  'read',
  'write',
  'writev',
  'readv',
  'sync',
  'datasync',
  'stat',
  'chmod',
  'chown',
  'truncate',
  'close',
  'readFile',
  'writeFile',
  'appendFile',
];

let counts = {};
const count = (name) => {
  counts[name] = (counts[name] ?? 0) + 1;
};
/** Of an object's own methods; `this` and results are passed on as they are. */
const wrap = (target, names, prefix) => {
  for (const name of names) {
    const original = target[name];
    if (typeof original !== 'function') continue;
    target[name] = function (...args) {
      count(`${prefix}${name}`);
      return Reflect.apply(original, this, args);
    };
  }
};

wrap(fs.promises, PROMISES, '');
wrap(fs, SYNC, '');
syncBuiltinESMExports();
fs.promises.open(__filename).then(async (handle) => {
  wrap(Object.getPrototypeOf(handle), HANDLE, 'handle.');
  await handle.close();
});

process.on('SIGUSR2', () => {
  const path = process.env.COUNT_FILES;
  const told = JSON.stringify(counts);
  counts = {};
  if (path === undefined) return;
  fs.writeFileSync(`${path}.new`, told);
  fs.renameSync(`${path}.new`, path);
  counts = {};
});
