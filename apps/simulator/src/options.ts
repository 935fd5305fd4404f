/** Everything that shapes one simulated tenant. All have defaults. */
export interface SimulatorOptions {
  host: string;
  /** 0 takes a free port. */
  port: number;
  controlPort: number;
  /** Address under which clients reach the simulator, where that is not its own (a proxy in between). */
  publicUrl: string | undefined;
  seed: string;
  /** Seeded tasks at the start. */
  tasks: number;
  /** 0: all tasks have ended, spread over the past hour. Above 0: live, `speed` tasks end every second from now on. */
  speed: number;
  agents: number;
  talkScale: number;
  recordingDelayMs: number;
  /** False: the tenant keeps whole recordings only, no segment per agent. */
  segments: boolean;
  /** True: the tenant records consultations too, each as a recording of its own. */
  consultRecordings: boolean;
  clients: { id: string; secret: string }[];
  orgId: string;
  adminEmail: string;
  quotaPerMinute: number;
  /** Where a published webhook origin really is: `https://bridge.example.com` → `http://127.0.0.1:1234`. */
  resolve: Record<string, string>;
  accessTokenSeconds: number;
  refreshTokenSeconds: number;
  rotateRefreshTokens: boolean;
  subscriptionLimit: number;
  /** Deliveries that fail in a row before a subscription turns inactive. */
  webhookFailureLimit: number;
  /** Which of an agent's two ids Search shows; the published material does not say. */
  searchAgentId: 'id' | 'ciUserId';
  /**
   * Whether Search also knows `entryPoint` and `channelMetaData.email.metaData`, which the product guide's sample requests
   * ask for and the published data dictionary does not have.
   */
  searchSampleFields: boolean;
  now: () => number;
}

export const defaultOptions: SimulatorOptions = {
  host: '127.0.0.1',
  port: 0,
  controlPort: 0,
  publicUrl: undefined,
  seed: '1',
  tasks: 200,
  speed: 0,
  agents: 12,
  talkScale: 1,
  recordingDelayMs: 2_000,
  segments: true,
  consultRecordings: false,
  clients: [{ id: 'simulated-client', secret: 'simulated-secret' }],
  orgId: '6f1d2c3b-4a59-4e68-9c77-8b8695a4b3c2',
  adminEmail: 'admin@contactcentre.example',
  quotaPerMinute: 300,
  resolve: {},
  accessTokenSeconds: 1_209_599,
  refreshTokenSeconds: 7_775_999,
  rotateRefreshTokens: false,
  subscriptionLimit: 20,
  webhookFailureLimit: 10,
  searchAgentId: 'id',
  searchSampleFields: false,
  now: Date.now,
};

/** Options from environment variables; throws with every wrong variable named. */
export function optionsFromEnvironment(env: Record<string, string | undefined>): Partial<SimulatorOptions> {
  const problems: string[] = [];
  const number = (name: string, fallback: number): number => {
    const text = env[name];
    if (text === undefined || text === '') return fallback;
    const value = Number(text);
    if (Number.isFinite(value) && value >= 0) return value;
    problems.push(
      `${name} is "${text}", but must be a number from 0. Correct it or leave it out (default ${fallback}).`,
    );
    return fallback;
  };
  const base = defaultOptions;
  const client = {
    id: env.SIM_CLIENT_ID ?? base.clients[0]!.id,
    secret: env.SIM_CLIENT_SECRET ?? base.clients[0]!.secret,
  };
  const options: Partial<SimulatorOptions> = {
    host: env.SIM_HOST ?? base.host,
    port: number('SIM_PORT', base.port),
    controlPort: number('SIM_CONTROL_PORT', base.controlPort),
    publicUrl: env.SIM_PUBLIC_URL,
    seed: env.SIM_SEED ?? base.seed,
    tasks: number('SIM_TASKS', base.tasks),
    speed: number('SIM_SPEED', base.speed),
    agents: Math.max(4, number('SIM_AGENTS', base.agents)),
    talkScale: number('SIM_TALK_SCALE', base.talkScale),
    recordingDelayMs: number('SIM_RECORDING_DELAY_MS', base.recordingDelayMs),
    segments: env.SIM_SEGMENTS !== 'false',
    consultRecordings: env.SIM_CONSULT_RECORDINGS === 'true',
    searchSampleFields: env.SIM_SEARCH_SAMPLE_FIELDS === 'true',
    clients: [client],
    orgId: env.SIM_ORG_ID ?? base.orgId,
    adminEmail: env.SIM_ADMIN_EMAIL ?? base.adminEmail,
    quotaPerMinute: number('SIM_QUOTA_PER_MINUTE', base.quotaPerMinute),
    resolve: parseResolve(env.SIM_RESOLVE ?? '', problems),
  };
  if (problems.length > 0) throw new Error(`The simulator cannot start:\n- ${problems.join('\n- ')}`);
  return options;
}

function parseResolve(text: string, problems: string[]): Record<string, string> {
  const map: Record<string, string> = {};
  for (const entry of text.split(',').filter((part) => part.trim() !== '')) {
    const [from, to] = entry.split('=').map((part) => part.trim());
    if (from !== undefined && to !== undefined && URL.canParse(from) && URL.canParse(to)) {
      map[new URL(from).origin] = to.replace(/\/$/, '');
    } else {
      problems.push(`SIM_RESOLVE has "${entry}", but each entry is https://published.host=http://127.0.0.1:port.`);
    }
  }
  return map;
}
