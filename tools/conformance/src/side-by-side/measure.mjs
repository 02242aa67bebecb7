import { createClient } from './client.mjs';
import { LIST, pod, WRITTEN } from './objects.mjs';

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
};

const MERGE = 'application/strategic-merge-patch+json';
const APPLY = 'application/apply-patch+yaml';

/** One request of each kind; `i` makes each write one that changes something. Lists take long: there are fewer. */
const REQUESTS = {
  get: { ask: ({ ask }) => ask('GET', `${WRITTEN}/pods/one`) },
  post: { ask: ({ ask }, i) => ask('POST', `${WRITTEN}/pods`, pod(`new-${i}`)) },
  strategic: {
    ask: ({ ask }, i) =>
      ask(
        'PATCH',
        `${WRITTEN}/pods/one`,
        { metadata: { labels: { round: `${i}` } }, spec: { containers: [{ name: 'log', image: `registry.example/log:${i}` }] } },
        MERGE,
      ),
  },
  apply: {
    ask: ({ ask }, i) =>
      ask(
        'PATCH',
        `${WRITTEN}/configmaps/applied?fieldManager=bench&force=true`,
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'applied', labels: { a: 'b' } }, data: { round: `${i}`, other: 'x' } },
        APPLY,
      ),
  },
  list: { ask: ({ ask }) => ask('GET', LIST), every: 10 },
};

const timed = async (work) => {
  const start = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - start) / 1e6;
};

/** From a write being sent to its event being read on another connection. */
const watchEvent = async (client, follower, i) => {
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `seen-${i}` }, data: { a: 'b' } };
  return timed(async () => {
    const told = follower.next();
    const written = client.ask('POST', `${WRITTEN}/configmaps`, body);
    await told;
    await written;
  });
};

/**
 * The medians of each kind of request on each of the servers, ms. They are asked in turns, and who is first changes with each round, so that whatever else
 * the machine does hits them alike.
 */
export const measureRequests = async (clients, rounds) => {
  const times = Object.fromEntries([...Object.keys(REQUESTS), 'watch'].map((name) => [name, clients.map(() => [])]));
  const watchers = clients.map(({ url }) => createClient(url));
  const followers = [];
  for (const watcher of watchers)
    followers.push(await watcher.follow(`${WRITTEN}/configmaps?watch=1&resourceVersion=0&fieldSelector=metadata.name!=applied`));
  for (let i = 0; i < rounds; i++) {
    for (let turn = 0; turn < clients.length; turn++) {
      const at = (i + turn) % clients.length;
      for (const [name, { ask, every = 1 }] of Object.entries(REQUESTS)) {
        if (i % every === 0) times[name][at].push(await timed(() => ask(clients[at], i)));
      }
      times.watch[at].push(await watchEvent(clients[at], followers[at], i));
    }
  }
  for (const follower of followers) follower.close();
  for (const watcher of watchers) watcher.close();
  return Object.fromEntries(Object.entries(times).map(([name, each]) => [name, each.map(median)]));
};

const SLICE_MS = 1_000;

/** Asks as fast as the answers come, for a while; one in five is a write. */
const runSlice = async (crowd, until, names) => {
  let count = 0;
  const one = async () => {
    while (Date.now() < until) {
      const i = names.next++;
      if (i % 5 === 0) await REQUESTS.post.ask(crowd, `crowd-${i}`);
      else await REQUESTS.get.ask(crowd);
      count++;
    }
  };
  await Promise.all(Array.from({ length: crowd.size }, one));
  return count;
};

/** Of many clients at once, each with a connection of its own, in slices in turns: requests a second (median), and CPU time of each thousand requests, ms. */
export const measureCrowd = async (sides, { clients, slices }) => {
  const crowds = sides.map(({ url }) => ({ ...createClient(url, clients), size: clients }));
  const names = { next: 0 };
  const rates = sides.map(() => []);
  const costs = sides.map(() => []);
  for (let slice = 0; slice < slices; slice++) {
    for (let turn = 0; turn < crowds.length; turn++) {
      const at = (slice + turn) % crowds.length;
      const start = Date.now();
      const before = sides[at].cpuMs();
      const count = await runSlice(crowds[at], start + SLICE_MS, names);
      rates[at].push((count * 1000) / (Date.now() - start));
      costs[at].push(((sides[at].cpuMs() - before) * 1000) / count);
    }
  }
  for (const crowd of crowds) crowd.close();
  return { rates: rates.map(median), costs: costs.map(median) };
};
