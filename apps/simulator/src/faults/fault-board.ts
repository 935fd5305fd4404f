/** Every misbehaviour that can be switched on; README.md says what each does. */
export const faultKinds = [
  'rate-limit',
  'server-error',
  'slow',
  'hang-up',
  'cut-download',
  'truncate-download',
  'corrupt-download',
  'slow-download',
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
  'client-refused',
  'answer-lost',
  'answer-held',
  'clock-skew',
  'directory-empty-page',
  'directory-missing-pages',
  'directory-wrong-total',
  'directory-half',
  'directory-shift',
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
  /** Only lists of this resource of the configuration API: `user`, `team`, `contact-service-queue`, … */
  resource?: string;
  /** Only this page of such a list, from 0. */
  page?: number;
  /** HTTP status of `server-error` (503) and `refresh-refused` (400). */
  status?: number;
  retryAfterSeconds?: number;
  delayMs?: number;
  afterBytes?: number;
  /** `slow-download`: how fast the rest comes; without it nothing comes until the fault is switched off. */
  bytesPerSecond?: number;
  message?: string;
  /** `clock-skew`: how far the `Date` header runs ahead. */
  skewMs?: number;
  /** `directory-missing-pages`: the first page that is missing (1). */
  fromPage?: number;
  /** `directory-wrong-total`: what is added to the total (1); may be negative. */
  delta?: number;
  /** `directory-half`: which share of the records is left (0.5), totals agreeing. */
  share?: number;
  /** `directory-shift`: how many of the first records are deleted, how many are added at the end, before the page. */
  remove?: number;
  add?: number;
}

/** Where a request to a list of the configuration API wants to go. */
export interface StrikePlace {
  resource: string;
  /** Left out: any. */
  page?: number;
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
  strike(kind: FaultKind, route?: RouteKind, place?: StrikePlace): ActiveFault | undefined;
  /** Resolves when the fault is switched off. */
  untilOff(fault: ActiveFault): Promise<void>;
  /** False when there is none of this number. */
  remove(id: number): boolean;
  list(): ActiveFault[];
  reset(): void;
}

export function createFaultBoard(now: () => number): FaultBoard {
  let faults: ActiveFault[] = [];
  let nextId = 1;
  let waiting: { fault: ActiveFault; resolve: () => void }[] = [];
  const release = (off: ActiveFault[]): void => {
    const [go, stay] = [
      waiting.filter((one) => off.includes(one.fault)),
      waiting.filter((one) => !off.includes(one.fault)),
    ];
    waiting = stay;
    for (const one of go) one.resolve();
  };
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
    strike(kind, route, place) {
      const fault = faults.find(
        (one) =>
          one.kind === kind &&
          isLive(one) &&
          (route === undefined || !one.routes || one.routes.includes(route)) &&
          (one.resource === undefined || one.resource === place?.resource) &&
          (one.page === undefined || place?.page === undefined || one.page === place.page),
      );
      if (fault === undefined) return undefined;
      fault.struck += 1;
      if (fault.left !== undefined) fault.left -= 1;
      return fault;
    },
    untilOff: (fault) =>
      faults.includes(fault) ? new Promise((resolve) => waiting.push({ fault, resolve })) : Promise.resolve(),
    remove(id) {
      const off = faults.filter((fault) => fault.id === id);
      faults = faults.filter((fault) => fault.id !== id);
      release(off);
      return off.length > 0;
    },
    list: () => faults,
    reset() {
      const off = faults;
      faults = [];
      release(off);
    },
  };
}
