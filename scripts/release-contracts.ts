// Writes what this version promises of every event to libs/contracts/released; later versions are compared with it (OPS-04).
import { readFileSync } from 'node:fs';
import { writeRelease } from './lib/released-contracts.ts';
import { ROOT } from './stack/services.ts';

const { version } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8')) as { version: string };
const file = `libs/contracts/released/${version}.json`;
writeRelease(`${ROOT}/${file}`);
console.log(`wrote ${file}`);
