/** Every misbehaviour that can be switched on; README.md says what each does. */
export const faultKinds = [
  'rate-limit',
  'server-error',
  'slow',
  'hang-up',
  'cut-download',
  'truncate-download',
  'corrupt-download',
  'late-tasks',
  'late-recordings',
  'webhook-lost',
  'webhook-double',
  'webhook-shuffle',
  'refresh-refused',
  'authorize-refused',
  'empty-page',
  'lost-page',
  'errors-with-200',
  'short-inner-page',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** Which part of the API a fault strikes. */
export type RouteKind = 'search' | 'captures' | 'config' | 'subscriptions' | 'oauth' | 'storage';

export interface FaultRequest {
  kind: FaultKind;
  /** Strikes so many times; without it until `forMs` or DELETE. */
  count?: number;
  /** Lasts so long from now. */
  forMs?: number;
  /** Only these parts of the API; without it all that the kind can strike. */
  routes?: RouteKind[];
  /** HTTP status of `server-error` (503) and `refresh-refused` (400). */
  status?: number;
  retryAfterSeconds?: number;
  delayMs?: number;
  afterBytes?: number;
  message?: string;
}

export interface ActiveFault extends FaultRequest {
  id: number;
  untilMs: number | undefined;
  left: number | undefined;
  struck: number;
}

export interface FaultBoard {
  add(request: FaultRequest): ActiveFault;
  /** Uses up one strike of the first matching fault. */
  strike(kind: FaultKind, route?: RouteKind): ActiveFault | undefined;
  list(): ActiveFault[];
  reset(): void;
}

export function createFaultBoard(now: () => number): FaultBoard {
  let faults: ActiveFault[] = [];
  let nextId = 1;
  const isLive = (fault: ActiveFault): boolean =>
    (fault.left === undefined || fault.left > 0) && (fault.untilMs === undefined || now() < fault.untilMs);
  return {
    add(request) {
      if (!faultKinds.includes(request.kind)) {
        throw new Error(`kind is "${request.kind}", which is no fault. Use one of: ${faultKinds.join(', ')}.`);
      }
      const untilMs = request.forMs === undefined ? undefined : now() + request.forMs;
      const fault = { ...request, id: nextId++, untilMs, left: request.count, struck: 0 };
      faults.push(fault);
      return fault;
    },
    strike(kind, route) {
      const fault = faults.find(
        (one) => one.kind === kind && isLive(one) && (route === undefined || !one.routes || one.routes.includes(route)),
      );
      if (fault === undefined) return undefined;
      fault.struck += 1;
      if (fault.left !== undefined) fault.left -= 1;
      return fault;
    },
    list: () => faults,
    reset() {
      faults = [];
    },
  };
}
