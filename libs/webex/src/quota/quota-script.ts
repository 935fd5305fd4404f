/**
 * `take` of `quota-policy.ts`, atomically and on Redis's clock.
 * KEYS: bucket. ARGV: capacity, refill per ms, reserve, time in ms (tests only, else ''), server id (tests only, else '').
 * Answers {1, 0} or {0, ms to wait}.
 */
export const TAKE_SCRIPT = `
local now = tonumber(ARGV[4])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local server = ARGV[5]
if server == '' then
  local info = redis.pcall('INFO', 'server')
  server = type(info) == 'string' and string.match(info, 'run_id:(%x+)') or 'unknown'
end
local stored = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'server', 'blocked')
local blocked = tonumber(stored[4])
if blocked and blocked > now then
  return {0, math.min(blocked - now, 900000)}
end
local capacity, refill, reserve = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local tokens = 0
if stored[1] and stored[3] == server then
  local elapsed = math.max(0, now - tonumber(stored[2]))
  tokens = math.floor(math.min(capacity, tonumber(stored[1]) + elapsed * refill) * 1e6) / 1e6
end
local missing = reserve + 1 - tokens
local answer
if missing <= 0 then
  tokens = tokens - 1
  answer = {1, 0}
else
  answer = {0, refill > 0 and math.ceil(missing / refill) or 60000}
end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', string.format('%.0f', now), 'server', server)
redis.call('PEXPIRE', KEYS[1], 86400000)
return answer
`;

/** Stops a bucket for a while; a longer stop that is already there stays. KEYS: bucket. ARGV: ms. */
export const PENALISE_SCRIPT = `
local time = redis.call('TIME')
local untilMs = time[1] * 1000 + math.floor(time[2] / 1000) + math.min(tonumber(ARGV[1]), 900000)
local blocked = tonumber(redis.call('HGET', KEYS[1], 'blocked'))
if not blocked or blocked < untilMs then
  redis.call('HSET', KEYS[1], 'blocked', string.format('%.0f', untilMs))
  redis.call('PEXPIRE', KEYS[1], 86400000)
end
return 1
`;
