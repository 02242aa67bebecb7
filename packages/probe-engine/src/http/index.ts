export { type CreatedRequest, createGetRequest, type GetRequest, type GetRequestInput } from '../core/get-request.js';
export type { GoUrl } from '../core/go-url.js';
export { asPlainHttp, getFollowingRedirects } from './get-following-redirects.js';
export type { GetAnswer } from './send-get.js';
