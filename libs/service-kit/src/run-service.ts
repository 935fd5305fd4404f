import { renameSync, writeFileSync } from 'node:fs';
import type { Static, TObject } from 'typebox';
import { ConfigError, loadConfig } from './config.ts';
import { type Lifecycle, type StopStep, stopInOrder } from './lifecycle.ts';
import { createLogger, type Logger } from './logger.ts';
import { serveMetrics } from './metrics.ts';
import { telemetryHandle } from './telemetry-handle.ts';
import { tidyHeap } from './tidy-heap.ts';

/** What a service gets to start with. */
export interface ServiceStart<C> {
  name: string;
  config: C;
  logger: Logger;
  /** Give it to createApp: readiness follows it */
  lifecycle: Lifecycle;
  /** Ends the process in order with exit code 1, e.g. when a consumer has crashed for good */
  fail(error: unknown): void;
}

/** What runs, and how it ends: stop intake → drain → commit → flush → close. */
export interface RunningService {
  /** Where it listens */
  url: string;
  stop: StopStep[];
}

export interface ServiceDefinition<S extends TObject> {
  name: string;
  config: S;
  start(kit: ServiceStart<Static<S>>): Promise<RunningService>;
}

interface BaseValues {
  LOG_LEVEL?: string;
  SHUTDOWN_DEADLINE_MS?: number;
  METRICS_HOST?: string;
  METRICS_PORT?: number;
  LISTENING_FILE?: string;
}

const FLUSH_MS = 2_000;

/**
 * The life of a process, all of it: configuration → start → one line `{"event":"listening","service":…,"url":…}` →
 * SIGTERM or SIGINT → not ready → the service's own stop list → telemetry → exit 0. Exit code 1: configuration not
 * usable, start failed, an error nobody caught, a stop step failed or late, a second signal.
 */
export async function runService<S extends TObject>(definition: ServiceDefinition<S>): Promise<void> {
  const config = readConfig(definition);
  const base = config as BaseValues;
  const logger = createLogger({ service: definition.name, ...(base.LOG_LEVEL ? { level: base.LOG_LEVEL } : {}) });
  const lifecycle: Lifecycle = { phase: 'starting' };
  let running: RunningService | undefined;
  let exitCode = 0;

  process.on('uncaughtException', (error) => void die(error));
  process.on('unhandledRejection', (error) => void die(error));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => requestStop(signal));

  async function die(error: unknown): Promise<void> {
    logger.fatal({ err: error, event: 'crashed' }, 'an error that nobody caught ends the process');
    setTimeout(() => process.exit(1), FLUSH_MS).unref();
    await telemetryHandle()?.shutdown().catch(ignore);
    process.exit(1);
  }

  function requestStop(reason: string): void {
    if (lifecycle.phase === 'stopping') {
      logger.warn({ event: 'stop-forced', reason }, 'asked to stop a second time: ends at once');
      process.exit(1);
    }
    lifecycle.phase = 'stopping';
    logger.info({ event: 'stopping', reason }, 'stopping');
    // While it is still starting, the end of the start stops it; a start that hangs is cut short.
    if (running) void stop(running);
    else setTimeout(() => process.exit(1), base.SHUTDOWN_DEADLINE_MS ?? 10_000).unref();
  }

  async function stop(service: RunningService): Promise<void> {
    const report = await stopInOrder(
      [...service.stop, { name: 'telemetry', run: () => telemetryHandle()?.shutdown() }],
      {
        deadlineMs: base.SHUTDOWN_DEADLINE_MS ?? 10_000,
        onFailed: (step, error) => logger.error({ err: error, step }, 'a step of the stop failed'),
      },
    );
    const code = report.ok ? exitCode : 1;
    logger.info({ event: 'stopped', exitCode: code, failedSteps: report.failed }, 'stopped');
    process.exit(code);
  }

  try {
    running = await startWithMetrics(definition, base, {
      name: definition.name,
      config,
      logger,
      lifecycle,
      fail(error) {
        logger.fatal({ err: error, event: 'failed' }, 'the service cannot go on');
        exitCode = 1;
        if (lifecycle.phase !== 'stopping') requestStop('failure');
      },
    });
  } catch (error) {
    logger.fatal({ err: error, event: 'start-failed' }, 'the service could not start');
    await telemetryHandle()?.shutdown().catch(ignore);
    process.exit(1);
  }
  if (isStopping(lifecycle)) return await stop(running);
  lifecycle.phase = 'running';
  tidyHeap();
  announce(definition.name, running.url, base.LISTENING_FILE);
}

function readConfig<S extends TObject>(definition: ServiceDefinition<S>): Static<S> {
  try {
    return loadConfig(definition.config);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    createLogger({ service: definition.name }).fatal(
      { event: 'configuration-refused', problems: error.problems },
      error.message,
    );
    return process.exit(1);
  }
}

async function startWithMetrics<S extends TObject>(
  definition: ServiceDefinition<S>,
  base: BaseValues,
  kit: ServiceStart<Static<S>>,
): Promise<RunningService> {
  // The port first: if it is taken, nothing has begun yet.
  const metrics = base.METRICS_PORT
    ? await serveMetrics({ host: base.METRICS_HOST ?? '127.0.0.1', port: base.METRICS_PORT })
    : undefined;
  const service = await definition.start(kit);
  if (!metrics) return service;
  return { ...service, stop: [...service.stop, { name: 'metrics port', run: () => metrics.close() }] };
}

/** One line for whoever started the process, whatever the log level is, and a file for whoever can't read the line. */
function announce(service: string, url: string, file: string | undefined): void {
  process.stdout.write(`${JSON.stringify({ event: 'listening', service, url, pid: process.pid, time: Date.now() })}\n`);
  if (!file) return;
  // Renamed into place so that nobody reads half of it.
  writeFileSync(`${file}.${process.pid}`, JSON.stringify({ service, url, pid: process.pid }));
  renameSync(`${file}.${process.pid}`, file);
}

function isStopping(lifecycle: Lifecycle): boolean {
  return lifecycle.phase === 'stopping';
}

function ignore(): void {}
