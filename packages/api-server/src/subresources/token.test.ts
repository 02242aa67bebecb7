import { expect, it } from 'vitest';
import { askCore } from '../testing/ask-core.js';

const TOKEN = 'serviceaccounts/s/token';
const withAccount = () => {
  const ask = askCore();
  ask('POST', 'serviceaccounts', { metadata: { name: 's' } });
  return ask;
};

it('a request for another account is refused as invalid, one for another namespace as bad', () => {
  const ask = withAccount();
  const { code, value } = ask('POST', TOKEN, { metadata: { name: 'other' }, spec: {} });
  expect([code, value.message]).toEqual([
    422,
    'TokenRequest.authentication.k8s.io "s" is invalid: metadata.name: Invalid value: "other": must match the service account name if specified',
  ]);
  expect(ask('POST', TOKEN, { metadata: { namespace: 'other' }, spec: {} }).code).toBe(400);
});

it('its fields are its sender’s', () => {
  const { value } = withAccount()('POST', `${TOKEN}?fieldManager=me`, { spec: { audiences: ['a'] } });
  expect(value.metadata.managedFields).toMatchObject([
    { manager: 'me', subresource: 'token', fieldsV1: { 'f:spec': { 'f:audiences': {}, 'f:expirationSeconds': {} } } },
  ]);
});

it('a token for an object that is another by now is refused with its kind', () => {
  const ask = withAccount();
  ask('POST', 'pods', { metadata: { name: 'x' }, spec: { serviceAccountName: 's', containers: [{ name: 'c', image: 'i' }] } });
  const boundObjectRef = { kind: 'Pod', apiVersion: 'v1', name: 'x', uid: 'y' };
  const { code, value } = ask('POST', TOKEN, { spec: { boundObjectRef } });
  expect([code, value.details.kind]).toEqual([409, 'Pod']);
});
