import { optionsFromEnvironment } from './options.ts';
import { createSimulator } from './simulator.ts';

const simulator = await createSimulator(optionsFromEnvironment(process.env));
const { baseUrl, controlUrl } = simulator;
const { orgId, adminEmail } = simulator.tenant.options;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    setTimeout(() => process.exit(0), 1_500).unref();
    void simulator.close().then(() => process.exit(0));
  });
}

process.stdout.write(`${JSON.stringify({ baseUrl, controlUrl, orgId, adminEmail, pid: process.pid })}\n`);
