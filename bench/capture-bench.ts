import { run as readPages } from '../libs/webex/bench/pages.ts';
import type { Benchmark } from './measurement.ts';

const FLOOR_SHARE = 0.7;

/** Pages of ended tasks that capture's client reads and decodes. */
export const captureBench: Benchmark = {
  name: 'capture',
  async run({ quick }) {
    const { pagesPerSecond, floorPagesPerSecond, ratio, pageBytes } = await readPages({ rounds: quick ? 15 : 40 });
    return [
      {
        name: `capture, pages of 250 tasks (${(pageBytes / 1e6).toFixed(1)} MB)`,
        figure: `${pagesPerSecond.toFixed(1)} pages/s`,
        floor: `${floorPagesPerSecond.toFixed(1)} pages/s`,
        ratio,
        target: `≥ ${FLOOR_SHARE} of fetch + JSON.parse`,
        passed: ratio >= FLOOR_SHARE,
      },
    ];
  },
};
