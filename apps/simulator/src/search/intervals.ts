export interface IntervalArgument {
  interval: 'FIFTEEN_MINUTES' | 'THIRTY_MINUTES' | 'HOURLY' | 'DAILY' | 'WEEKLY' | 'MONTHLY';
  timezone?: string | null;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const fixed: Record<string, number> = {
  FIFTEEN_MINUTES: 15 * MINUTE_MS,
  THIRTY_MINUTES: 30 * MINUTE_MS,
  HOURLY: 60 * MINUTE_MS,
  DAILY: DAY_MS,
  WEEKLY: 7 * DAY_MS,
};
const EPOCH_WEEKDAY_MS = 4 * DAY_MS;

/** Reason why an interval does not suit a span, or undefined. */
export function refuseInterval(interval: IntervalArgument['interval'], spanMs: number): string | undefined {
  const smallest = spanMs <= DAY_MS ? 'FIFTEEN_MINUTES' : spanMs <= 7 * DAY_MS ? 'THIRTY_MINUTES' : 'DAILY';
  if (interval === 'MONTHLY' || fixed[interval]! >= fixed[smallest]!) return undefined;
  return `The interval ${interval} is too small for this time range; use ${smallest} or longer.`;
}

/** Start of the interval that a time falls into, in the given zone. */
export function intervalStart(timeMs: number, argument: IntervalArgument): number {
  const offsetMs = zoneOffset(timeMs, argument.timezone ?? 'UTC');
  const local = timeMs + offsetMs;
  if (argument.interval === 'MONTHLY') {
    const date = new Date(local);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) - offsetMs;
  }
  const size = fixed[argument.interval]!;
  const shift = argument.interval === 'WEEKLY' ? EPOCH_WEEKDAY_MS : 0;
  return Math.floor((local - shift) / size) * size + shift - offsetMs;
}

function zoneOffset(timeMs: number, timezone: string): number {
  if (timezone === 'UTC') return 0;
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(timeMs);
  const part = (type: string): number => Number(parts.find((one) => one.type === type)?.value ?? 0);
  const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return local - Math.floor(timeMs / 1_000) * 1_000;
}
