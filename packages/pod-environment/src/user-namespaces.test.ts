import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryDirectory } from './testing/as-root.js';
import { createUserNamespaces } from './user-namespaces.js';

const range = { firstId: 65_536, length: 3 * 65_536, idsPerPod: 65_536 };
let temporary: ReturnType<typeof temporaryDirectory>;
beforeEach(async () => {
  temporary = temporaryDirectory();
  for (const uid of ['a', 'b', 'c', 'd']) await mkdir(join(temporary.path, uid));
});
afterEach(() => temporary.remove());
const hostId = async (namespaces: ReturnType<typeof createUserNamespaces>, uid: string): Promise<number | undefined> =>
  (await namespaces.allocate(uid)).uidMappings[0]?.hostId;

describe('createUserNamespaces', () => {
  it('gives every pod a block of its own and the same one when asked again', async () => {
    const namespaces = createUserNamespaces(temporary.path, range);
    const ids = await Promise.all(['a', 'b', 'a'].map((uid) => hostId(namespaces, uid)));
    expect(ids).toEqual([65_536, 131_072, 65_536]);
    const mapping = { hostId: 65_536, containerId: 0, length: 65_536 };
    expect(JSON.parse(await readFile(join(temporary.path, 'a/userns'), 'utf8'))).toEqual({
      uidMappings: [mapping],
      gidMappings: [mapping],
    });
  });

  it('knows after a restart what is taken', async () => {
    await createUserNamespaces(temporary.path, range).allocate('b');
    const restarted = createUserNamespaces(temporary.path, range);
    expect(await hostId(restarted, 'a')).toBe(131_072);
    expect(await hostId(restarted, 'b')).toBe(65_536);
  });

  it('runs out, and takes up again what a finished pod had', async () => {
    const namespaces = createUserNamespaces(temporary.path, range);
    for (const uid of ['a', 'b', 'c']) await namespaces.allocate(uid);
    await expect(namespaces.allocate('d')).rejects.toMatchObject({ code: 'USER_NAMESPACE_UNAVAILABLE', retryable: true });
    await rm(join(temporary.path, 'b'), { recursive: true });
    await namespaces.release('b');
    expect(await hostId(namespaces, 'd')).toBe(131_072);
  });

  it.each(['', '{"uidMappings":[]}', '[null]', 'null'])('sets a record that holds %j aside and goes on', async (text) => {
    await writeFile(join(temporary.path, 'a/userns'), text);
    const namespaces = createUserNamespaces(temporary.path, range);
    expect(await hostId(namespaces, 'b')).toBe(65_536);
    expect(await hostId(namespaces, 'a')).toBe(131_072);
    expect(await readFile(join(temporary.path, 'a/userns.broken'), 'utf8')).toBe(text);
  });
});
