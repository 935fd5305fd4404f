import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { freePort, isFree, unlessAborted, type Watchdog } from '@wxcc-wfo/testkit';
import { type ManagedProcess, manageProcess, waitUntilReady } from '../stack/managed-process.ts';

export interface SimulatorAddresses {
  baseUrl: string;
  controlUrl: string;
  clientId: string;
  clientSecret: string;
  orgId: string;
  adminEmail: string;
  process: ManagedProcess;
}

/** Published host names stand for the services; the simulator is told where they really are, as DNS would. */
export const PUBLIC_BASE = 'https://bridge.example.com';
export const MEDIA_PUBLIC_BASE = 'https://media.bridge.example.com';

interface Identity {
  port: number;
  controlPort: number;
  clientId: string;
  clientSecret: string;
  orgId: string;
  adminEmail: string;
}

/** The tenant is the same one at the next start with the same data folder, at the same ports if nobody has taken them. */
async function identityOf(file: string): Promise<Identity> {
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Identity) : undefined;
  if (kept && (await isFree(kept.port)) && (await isFree(kept.controlPort))) return kept;
  const identity: Identity = {
    clientId: `simulated-integration-${randomBytes(4).toString('hex')}`,
    clientSecret: randomBytes(24).toString('hex'),
    orgId: '3b0f7c52-8d1e-4a6f-9c24-5e7a1d2b3c4d',
    adminEmail: 'wfo-admin@contactcentre.example',
    ...kept,
    port: await freePort(),
    controlPort: await freePort(),
  };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(identity, null, 2), { mode: 0o600 });
  return identity;
}

/** Starts the simulated tenant as a process of its own. `environment` holds its SIM_ variables. */
export async function startSimulator(o: {
  dataFolder: string;
  watchdog: Watchdog;
  environment: Record<string, string>;
  /** Aborted, it ends what has been started. */
  signal?: AbortSignal;
}): Promise<SimulatorAddresses> {
  const { port, controlPort, orgId, adminEmail, ...client } = await identityOf(`${o.dataFolder}/simulator.json`);
  const process = manageProcess(
    {
      name: 'simulator',
      entry: 'apps/simulator/src/server.ts',
      nodeOptions: ['--disable-warning=ExperimentalWarning'],
      env: {
        SIM_PORT: String(port),
        SIM_CONTROL_PORT: String(controlPort),
        SIM_CLIENT_ID: client.clientId,
        SIM_CLIENT_SECRET: client.clientSecret,
        SIM_ORG_ID: orgId,
        SIM_ADMIN_EMAIL: adminEmail,
        ...o.environment,
      },
      logFile: `${o.dataFolder}/logs/simulator.log`,
    },
    o.watchdog,
  );
  process.start();
  const controlUrl = `http://127.0.0.1:${controlPort}`;
  try {
    await unlessAborted(waitUntilReady(process, `${controlUrl}/control/faults`, 30_000), o.signal);
  } catch (error) {
    await process.stop('SIGTERM', 2_000);
    throw error;
  }
  return { baseUrl: `http://127.0.0.1:${port}`, controlUrl, ...client, orgId, adminEmail, process };
}
