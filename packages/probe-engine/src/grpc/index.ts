export { grpcHandler } from './grpc-handler.js';
