// A device plugin as a process of its own: cameras that are really /dev/null. Arguments: the kubelet's plugin directory, and one of its own.
// Orders come on standard input, one JSON value a line: the list of devices from then on. What it is asked for goes to standard output.
import { mkdir, watch, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createFakeDevicePlugin } from '@solo-kubelet/device-plugins/testing';

const [directory, ownDirectory] = process.argv.slice(2);
const say = (what, devices) => process.stdout.write(`${JSON.stringify({ what, devices })}\n`);
let devices = [{ id: 'cam1' }, { id: 'cam2' }];
let plugin;

await mkdir(ownDirectory, { recursive: true });
for (const id of ['cam1', 'cam2']) await writeFile(join(ownDirectory, `${id}.conf`), `settings of ${id}\n`);

/** As real plugins do: serve, register, and do so again whenever a kubelet has made its socket anew. */
const serve = async () => {
  await plugin?.[Symbol.asyncDispose]();
  plugin = await createFakeDevicePlugin({
    directory,
    resourceName: 'example.com/camera',
    devices,
    allocate: (ids) => {
      say('allocate', ids);
      return {
        envs: { CAMERAS: ids.join(','), OWN: 'from the plugin' },
        devices: ids.map((id) => ({ hostPath: '/dev/null', containerPath: `/dev/${id}`, permissions: 'rw' })),
        mounts: [{ hostPath: join(ownDirectory, `${ids[0]}.conf`), containerPath: '/etc/camera.conf', readOnly: true }],
        annotations: { 'example.com/camera': ids.join(',') },
      };
    },
    preStart: (ids) => say('preStart', ids),
  });
  await plugin.register();
  say('registered', []);
};

const serveAgain = () => serve().catch(() => setTimeout(serveAgain, 200));

createInterface({ input: process.stdin })
  .on('line', (line) => {
    devices = JSON.parse(line);
    plugin.setDevices(devices);
  })
  .on('close', () => process.exit());
await serveAgain();
for await (const { filename, eventType } of watch(directory)) {
  if (filename === 'kubelet.sock' && eventType === 'rename') await serveAgain();
}
