export { freePort } from './free-port.ts';
export * from './servers/index.ts';
