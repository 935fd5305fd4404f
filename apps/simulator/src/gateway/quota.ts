const MINUTE_MS = 60_000;

/** What one client asked for in one calendar minute. */
export interface MinuteCount {
  clientId: string;
  minuteMs: number;
  /** Requests that reached the gateway, refused ones included. */
  asked: number;
  refused: number;
  byKind: Record<string, number>;
}

export interface Quota {
  /** Counts one request; gives the seconds to wait where the minute's quota is used up, else undefined. */
  take(clientId: string, kind: string): number | undefined;
  log(): MinuteCount[];
  /** Most requests of one client within any 60 s, whatever the calendar says. */
  busiestMinute(clientId: string): number;
  setLimit(perMinute: number): void;
  reset(): void;
}

/** The gateway's limit of requests per calendar minute and OAuth client, and the log that tests read. */
export function createQuota(perMinute: number, now: () => number): Quota {
  let limit = perMinute;
  let minutes = new Map<string, MinuteCount>();
  let times = new Map<string, number[]>();
  return {
    take(clientId, kind) {
      const nowMs = now();
      const minuteMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
      const key = `${clientId} ${minuteMs}`;
      const count = minutes.get(key) ?? { clientId, minuteMs, asked: 0, refused: 0, byKind: {} };
      minutes.set(key, count);
      count.asked += 1;
      count.byKind[kind] = (count.byKind[kind] ?? 0) + 1;
      const list = times.get(clientId) ?? [];
      times.set(clientId, list);
      list.push(nowMs);
      if (list.length > 100_000) list.splice(0, 50_000);
      if (count.asked <= limit) return undefined;
      count.refused += 1;
      return Math.max(1, Math.ceil((minuteMs + MINUTE_MS - nowMs) / 1_000));
    },
    log: () => [...minutes.values()],
    busiestMinute(clientId) {
      const list = times.get(clientId) ?? [];
      let first = 0;
      let busiest = 0;
      for (const [index, timeMs] of list.entries()) {
        while (timeMs - list[first]! >= MINUTE_MS) first += 1;
        busiest = Math.max(busiest, index - first + 1);
      }
      return busiest;
    },
    setLimit(value) {
      limit = value;
    },
    reset() {
      minutes = new Map();
      times = new Map();
    },
  };
}
