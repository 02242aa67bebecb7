import type { ComponentFacts } from '../node-view.js';
import { HttpError, sendText } from '../server/http-error.js';
import type { RequestContext, Route } from '../server/route.js';

const NOT_FOR_MACHINES =
  'Warning: this page is for people who look for a fault. No program should read it: its form may change at any time.';

/** /statusz and /flagz, the plain pages of a component about itself (k8s.io/component-base/zpages). */
export const componentRoutes = (
  { version, startedAtMs, flags }: ComponentFacts,
  paths: readonly string[],
  now: () => number,
): readonly Route[] => {
  const page = (path: string, subresource: string, text: () => string): Route => ({
    methods: ['GET', 'HEAD'],
    path,
    role: 'read',
    subresources: [subresource],
    handle: ({ request, response }: RequestContext) => {
      if (!acceptsText(request.headers.accept)) throw new HttpError(406, 'media type not acceptable, must be: text/plain\n');
      sendText(response, 200, text());
    },
  });
  const listed = [...new Set(paths.map((path) => `/${path.split('/')[1]}`))].sort();
  return [
    page('/statusz', 'statusz', () =>
      [
        '',
        'kubelet statusz',
        NOT_FOR_MACHINES,
        '',
        `Started: ${new Date(startedAtMs).toUTCString()}`,
        `Up: ${upTime(now() - startedAtMs)}`,
        `Node.js version: ${process.version}`,
        `Binary version: ${version}`,
        `Paths: ${listed.join(' ')}`,
        '',
      ].join('\n'),
    ),
    page('/flagz', 'configz', () => {
      const lines = Object.entries(flags()).map(([name, value]) => `${name}=${value}`);
      return ['', 'kubelet flags', NOT_FOR_MACHINES, '', ...lines.sort(), ''].join('\n');
    }),
  ];
};

const acceptsText = (accept: string | undefined): boolean =>
  accept === undefined ||
  accept
    .split(',')
    .map((range) => range.split(';')[0]?.trim())
    .some((range) => range === '' || range === '*/*' || range === 'text/*' || range === 'text/plain');

const upTime = (ms: number): string => {
  const seconds = Math.floor(ms / 1_000);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(seconds / 3_600)} hr ${two(Math.floor(seconds / 60) % 60)} min ${two(seconds % 60)} sec`;
};
