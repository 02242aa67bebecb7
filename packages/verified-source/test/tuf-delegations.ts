// The library's index leaves these out.
export { Delegations } from '@tufjs/models/dist/delegations.js';
export { DelegatedRole } from '@tufjs/models/dist/role.js';
