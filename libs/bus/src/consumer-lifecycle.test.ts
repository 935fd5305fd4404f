import { describeConsumerLifecycle } from './testing/index.ts';

describeConsumerLifecycle('the bus itself', new URL('./testing/fixtures/ledger-subject.ts', import.meta.url));
