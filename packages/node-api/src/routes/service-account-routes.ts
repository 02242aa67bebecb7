import type { NodeView } from '../node-view.js';
import { sendJson, sendText } from '../server/http-error.js';
import type { Route } from '../server/route.js';

/** What others verify tokens by, on the paths where an API server has it (pkg/routes/openidmetadata.go), and a new key to sign with (ours). */
export const serviceAccountRoutes = ({ serviceAccounts }: NodeView): readonly Route[] => {
  if (serviceAccounts === undefined) return [];
  const document = (path: string, show: () => object): Route => ({
    methods: ['GET', 'HEAD'],
    path,
    role: 'read',
    readOnly: true,
    handle: ({ response }) => sendJson(response, show()),
  });
  return [
    document('/.well-known/openid-configuration', () => serviceAccounts.discovery()),
    document('/openid/v1/jwks', () => serviceAccounts.jwks()),
    {
      methods: ['POST'],
      path: '/rotateServiceAccountKey',
      role: 'admin',
      handle: async ({ response }) => sendText(response, 200, `${await serviceAccounts.rotate()}\n`),
    },
  ];
};
