/** What the bus needs of a logger; pino fits. Payloads, keys and header values are never logged. */
export interface Logger {
  debug(o: object, m?: string): void;
  info(o: object, m?: string): void;
  warn(o: object, m?: string): void;
  error(o: object, m?: string): void;
}
