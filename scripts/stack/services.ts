import { fileURLToPath } from 'node:url';

/** The services of the product, in the order in which they start. */
export const SERVICES = [
  { name: 'oauth', worksForAcds: false },
  { name: 'media-import', worksForAcds: true },
  { name: 'capture', worksForAcds: true },
  { name: 'segmenter', worksForAcds: false },
  { name: 'sync', worksForAcds: true },
] as const;

export type ServiceName = (typeof SERVICES)[number]['name'];
export const SERVICE_NAMES: readonly ServiceName[] = SERVICES.map((service) => service.name);

/** The root of the repository. */
export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');

export function serviceFolder(name: ServiceName): string {
  return `${ROOT}/services/${name}`;
}
