import type { Logger } from '../logger.ts';

/** Prints warnings and errors as JSON lines when BUS_TEST_LOG is set, else nothing. */
export const testLogger: Logger = (() => {
  const print = (level: string) => (o: object, message?: string) => {
    if (process.env.BUS_TEST_LOG) process.stderr.write(`${JSON.stringify({ level, message, ...o })}\n`);
  };
  return { debug: () => undefined, info: () => undefined, warn: print('warn'), error: print('error') };
})();
